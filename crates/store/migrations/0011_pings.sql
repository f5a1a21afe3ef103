-- Pings of other people's jobs: what came, of each lineage that expects them. Their addresses are signed, and not kept.

CREATE TABLE pings (
  lineage_id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
