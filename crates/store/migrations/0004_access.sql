-- Who may sign in. Secrets of sessions, tokens and sign-in links are kept as SHA-256 alone.

CREATE TABLE users (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL,
  signed_in_at INTEGER -- apart from the document, so that who signs in writes nothing else of the account
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX users_name ON users (scope, name);

CREATE TABLE sessions (
  secret BLOB PRIMARY KEY,
  id BLOB NOT NULL,
  scope INTEGER NOT NULL,
  user_id BLOB NOT NULL,
  until_at INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX sessions_id ON sessions (id);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_until ON sessions (scope, until_at);

CREATE TABLE tokens (
  secret BLOB PRIMARY KEY,
  id BLOB NOT NULL,
  scope INTEGER NOT NULL,
  name TEXT NOT NULL,
  until_at INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX tokens_id ON tokens (id);
CREATE UNIQUE INDEX tokens_name ON tokens (scope, name);

-- A link leads in once: whoever takes it removes its row.
CREATE TABLE sign_in_links (
  secret BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  user_id BLOB NOT NULL,
  until_at INTEGER NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX sign_in_links_user ON sign_in_links (user_id);
