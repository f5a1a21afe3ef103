-- Who somebody is at a provider that people sign in through: one account here, and at each provider one identity of it.

CREATE TABLE identities (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  scope INTEGER NOT NULL,
  user_id BLOB NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (scope, issuer, subject)
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX identities_user ON identities (user_id, issuer);
