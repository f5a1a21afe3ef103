-- The ground floor. Integers, text and blobs only; times are UTC microseconds; identifiers 16 bytes; documents JSON.
-- BLOB and INTEGER are spelt BYTEA and BIGINT for PostgreSQL; what stands in /*sqlite: */ is for SQLite alone.

CREATE TABLE organisations (
  scope INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  event_sequence INTEGER NOT NULL, -- the head of the event log: taken and locked by each transaction that appends
  event_hash TEXT NOT NULL
);

CREATE TABLE owners (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX owners_name ON owners (scope, name);

CREATE TABLE channels (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX channels_name ON channels (scope, name);

CREATE TABLE issuers (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX issuers_name ON issuers (scope, name);

CREATE TABLE endpoints (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  owner_id BLOB NOT NULL,
  target TEXT NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX endpoints_target ON endpoints (scope, target);

CREATE TABLE lineages (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  owner_id BLOB NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX lineages_name ON lineages (scope, name);

CREATE TABLE versions (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  lineage_id BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX versions_lineage ON versions (lineage_id);
CREATE INDEX versions_fingerprint ON versions (fingerprint);

-- Private keys and account keys, sealed by `keys`; a destroyed key leaves its row without its content.
CREATE TABLE sealed_keys (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  kind TEXT NOT NULL,
  kek_id TEXT NOT NULL,
  sealed BLOB NOT NULL,
  made_at INTEGER NOT NULL,
  destroyed_at INTEGER
) /*sqlite: WITHOUT ROWID*/;

CREATE TABLE secrets (
  scope INTEGER NOT NULL,
  name TEXT NOT NULL,
  kek_id TEXT NOT NULL,
  sealed BLOB NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) /*sqlite: WITHOUT ROWID*/;

CREATE TABLE orders (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  lineage_id BLOB NOT NULL,
  is_open INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX orders_lineage ON orders (lineage_id);
CREATE INDEX orders_open ON orders (scope) WHERE is_open = 1;

CREATE TABLE places (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  owner_id BLOB NOT NULL,
  lineage_id BLOB NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX places_name ON places (lineage_id, name);

CREATE TABLE deployments (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  lineage_id BLOB NOT NULL,
  place_id BLOB NOT NULL,
  is_open INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX deployments_lineage ON deployments (lineage_id);
CREATE INDEX deployments_place ON deployments (place_id);
CREATE INDEX deployments_open ON deployments (scope) WHERE is_open = 1;

-- One open finding per (code, subject, cause); closed ones are history.
CREATE TABLE findings (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  owner_id BLOB NOT NULL,
  code TEXT NOT NULL,
  subject TEXT NOT NULL,
  cause TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE UNIQUE INDEX findings_open ON findings (scope, subject, code, cause) WHERE is_open = 1;
CREATE INDEX findings_subject ON findings (scope, subject);

CREATE TABLE alerts (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  owner_id BLOB NOT NULL,
  is_open INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX alerts_open ON alerts (scope) WHERE is_open = 1;

CREATE TABLE deliveries (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  owner_id BLOB NOT NULL,
  alert_id BLOB,
  is_open INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX deliveries_alert ON deliveries (alert_id) WHERE alert_id IS NOT NULL;
CREATE INDEX deliveries_open ON deliveries (scope) WHERE is_open = 1;

CREATE TABLE silences (
  id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  document TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;

-- What the last applied inventory file wrote.
CREATE TABLE manifests (
  scope INTEGER PRIMARY KEY,
  document TEXT NOT NULL
);

CREATE TABLE paths (
  scope INTEGER NOT NULL,
  channel_id BLOB NOT NULL,
  address TEXT NOT NULL, -- empty where the channel knows it itself
  owner_id BLOB NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (scope, channel_id, address)
) /*sqlite: WITHOUT ROWID*/;

-- What is to be done when. A claimed task has a holder, and its due time is the end of the lease; the epoch fences.
CREATE TABLE tasks (
  kind TEXT NOT NULL,
  subject BLOB NOT NULL,
  scope INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  holder TEXT,
  again_at INTEGER, -- asked for by somebody else while the task was claimed
  PRIMARY KEY (kind, subject)
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX tasks_due ON tasks (kind, due_at);

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY,
  scope INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX events_subject ON events (scope, subject, sequence);

-- Segments that retention cut from the log: what they were, and the hash that the rest hangs on.
CREATE TABLE event_segments (
  first_sequence INTEGER PRIMARY KEY,
  scope INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  last_hash TEXT NOT NULL,
  cut_at INTEGER NOT NULL
);

-- Not WITHOUT ROWID: large rows are appended, and only their fingerprints land at random.
CREATE TABLE certificates (
  fingerprint BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  der BLOB NOT NULL,
  first_seen INTEGER NOT NULL
);

-- One row per endpoint moves with every look; the rest only when something is different.
CREATE TABLE endpoint_states (
  endpoint_id BLOB PRIMARY KEY,
  scope INTEGER NOT NULL,
  looked_at INTEGER NOT NULL,
  digest BLOB NOT NULL, -- of the resolution and of every address's state
  since INTEGER NOT NULL,
  resolution TEXT NOT NULL
) /*sqlite: WITHOUT ROWID*/;

CREATE TABLE looks (
  endpoint_id BLOB NOT NULL,
  address TEXT NOT NULL,
  scope INTEGER NOT NULL,
  since INTEGER NOT NULL,
  digest BLOB NOT NULL,
  document TEXT NOT NULL, -- the observation; its chain as fingerprints
  PRIMARY KEY (endpoint_id, address)
) /*sqlite: WITHOUT ROWID*/;

CREATE TABLE look_changes (
  endpoint_id BLOB NOT NULL,
  at INTEGER NOT NULL,
  address TEXT NOT NULL,
  scope INTEGER NOT NULL,
  document TEXT, -- what began here and has ended; nothing where the address went away
  PRIMARY KEY (endpoint_id, at, address)
) /*sqlite: WITHOUT ROWID*/;
