-- Links in messages that did their one thing. Which links there are is not kept: they are signed.

CREATE TABLE spent_links (
  alert_id BLOB NOT NULL,
  delivery_id BLOB NOT NULL,
  does TEXT NOT NULL,
  scope INTEGER NOT NULL,
  until_at INTEGER NOT NULL, -- from then on the link leads nowhere anyway
  document TEXT NOT NULL, -- who used it, and when
  PRIMARY KEY (alert_id, delivery_id, does)
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX spent_links_until ON spent_links (scope, until_at);
