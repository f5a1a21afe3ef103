-- What people tell the public. Each write of one adds an update, and counts them: of two who write upon the same state, the later
-- one is told.

CREATE TABLE incidents (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  is_open INTEGER NOT NULL,
  updates INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX incidents_updated ON incidents (scope, updated_at);

CREATE TABLE maintenances (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  updates INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX maintenances_until ON maintenances (scope, until_at);
