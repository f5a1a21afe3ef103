-- What CAs count against us, one row for each event and bucket: what a limit is predicted from.
CREATE TABLE charges (
  issuer_id BLOB NOT NULL,
  counted TEXT NOT NULL,
  subject TEXT NOT NULL,
  at INTEGER NOT NULL,
  source BLOB NOT NULL, -- the order, or the lineage whose attempt failed
  scope INTEGER NOT NULL,
  exemption INTEGER NOT NULL, -- limits that exempt one of these bits do not count the row
  PRIMARY KEY (issuer_id, counted, subject, at, source)
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX charges_at ON charges (scope, at);

CREATE INDEX look_changes_at ON look_changes (scope, at);

-- How a key-encryption key is made from a passphrase: salt and parameters, none of it secret.
CREATE TABLE key_derivations (
  kek_id TEXT PRIMARY KEY,
  scope INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
