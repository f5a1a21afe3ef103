-- How much endpoints with a label matter, unless they say so themselves.

CREATE TABLE criticalities (
  scope INTEGER NOT NULL,
  label TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (scope, label)
) /*sqlite: WITHOUT ROWID*/;
