-- Who is told by mail what the status page tells, what was told, and the mails that are still to be sent. Of an address, the hash
-- is what it is found by.

CREATE TABLE subscribers (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  address_hash BLOB NOT NULL,
  is_confirmed INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX subscribers_address ON subscribers (scope, address_hash);
CREATE INDEX subscribers_asked ON subscribers (scope, is_confirmed, asked_at);

CREATE TABLE status_news (
  id TEXT NOT NULL,
  scope INTEGER NOT NULL,
  at INTEGER NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (scope, id)
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX status_news_at ON status_news (scope, at);

CREATE TABLE status_mails (
  subscriber_id BLOB NOT NULL,
  news_id TEXT NOT NULL, -- empty: it asks to confirm
  scope INTEGER NOT NULL,
  is_begun INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  PRIMARY KEY (subscriber_id, news_id)
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX status_mails_due ON status_mails (scope, is_begun, due_at);
