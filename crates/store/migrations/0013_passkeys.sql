-- Passkeys of accounts, and the challenges that were answered: which were given out is not kept, they are signed.

CREATE TABLE passkeys (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  user_id BLOB NOT NULL,
  credential BLOB NOT NULL,
  counter INTEGER NOT NULL, -- with used_at apart from the document, so that who signs in writes nothing else of it
  used_at INTEGER,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX passkeys_credential ON passkeys (scope, credential);
CREATE INDEX passkeys_user ON passkeys (user_id);

CREATE TABLE spent_challenges (
  hash BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  until_at INTEGER NOT NULL -- from then on it is worth nothing anyway
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX spent_challenges_until ON spent_challenges (scope, until_at);
