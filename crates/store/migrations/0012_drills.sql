-- Rehearsals. One of a lineage goes on at a time; what they showed stays as history.

CREATE TABLE drills (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  owner_id BLOB NOT NULL,
  lineage_id BLOB NOT NULL,
  is_open INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX drills_lineage ON drills (scope, lineage_id);
CREATE UNIQUE INDEX drills_open ON drills (lineage_id) WHERE is_open = 1;
