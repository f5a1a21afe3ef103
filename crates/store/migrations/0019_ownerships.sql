-- Owners that are asked whether they still answer for what they own: since when, and who said so last.

CREATE TABLE ownerships (
  owner_id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  since INTEGER NOT NULL,
  asked_at INTEGER, -- each beside the others, so that who answers and who asks undo nothing of each other
  given_at INTEGER,
  given_by TEXT
) /*sqlite: WITHOUT ROWID*/;
