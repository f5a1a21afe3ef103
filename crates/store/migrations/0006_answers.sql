-- What was answered to calls that carry a key, so that asking again does nothing again.

CREATE TABLE answers (
  scope INTEGER NOT NULL,
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  asked BLOB NOT NULL, -- SHA-256 of what was asked for
  at INTEGER NOT NULL,
  document TEXT, -- nothing while the call is under way
  PRIMARY KEY (scope, caller, key)
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX answers_at ON answers (scope, at);
