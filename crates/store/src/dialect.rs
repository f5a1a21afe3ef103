//! Where SQLite and PostgreSQL differ: spelling of types, transactions, row locks, batches.

use crate::sql::{Pool, claims};

/// One of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A statement that cannot be written once for both.
#[derive(Clone, Copy)]
pub(crate) struct Both {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Dialect {
    pub(crate) const fn of(pool: &Pool) -> Self {
        match pool {
            Pool::Sqlite { .. } => Self::Sqlite,
            Pool::Postgres { .. } => Self::Postgres,
        }
    }

    pub(crate) const fn pick(self, both: Both) -> &'static str {
        match self {
            Self::Sqlite => both.sqlite,
            Self::Postgres => both.postgres,
        }
    }

    /// A migration, as this database spells it.
    pub(crate) fn ddl(self, migration: &str) -> String {
        match self {
            Self::Sqlite => migration.replace("/*sqlite: ", "").replace("*/", ""),
            Self::Postgres => migration.replace("BLOB", "BYTEA").replace("INTEGER", "BIGINT"),
        }
    }
}

/// Takes the head of the event log, and keeps other appenders out until the transaction ends.
pub(crate) const EVENT_HEAD: Both = Both {
    sqlite: "SELECT event_sequence, event_hash FROM organisations WHERE scope = $1",
    postgres: "SELECT event_sequence, event_hash FROM organisations WHERE scope = $1 FOR UPDATE",
};

/// Takes the tasks that are due longest. `SKIP LOCKED`: two workers never wait for each other.
pub(crate) const CLAIM: Both = claims!(
    "UPDATE tasks SET holder = $4, epoch = epoch + 1, due_at = $5, again_at = NULL
        WHERE kind = $1 AND subject IN
            (SELECT subject FROM tasks WHERE kind = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3)
        RETURNING subject, epoch",
    // Materialized, so that the planner cannot run the locking part more than once and take more than was asked for.
    "WITH picked AS MATERIALIZED
            (SELECT subject FROM tasks WHERE kind = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3
             FOR UPDATE SKIP LOCKED)
        UPDATE tasks AS t SET holder = $4, epoch = epoch + 1, due_at = $5, again_at = NULL
        FROM picked WHERE t.kind = $1 AND t.subject = picked.subject
        RETURNING t.subject, t.epoch",
);

/// Moves `looked_at` of every endpoint in the batch whose state is what it was. `$1` is a JSON array of
/// `[endpoint, looked_at, digest]`.
pub(crate) const UNCHANGED: Both = Both {
    sqlite: "UPDATE endpoint_states AS s SET looked_at = b.at
        FROM (SELECT unhex(value ->> 0) AS id, value ->> 1 AS at, unhex(value ->> 2) AS digest FROM json_each($1)) AS b
        WHERE s.endpoint_id = b.id AND s.digest = b.digest RETURNING endpoint_id",
    postgres: "UPDATE endpoint_states AS s SET looked_at = b.at
        FROM (SELECT decode(value ->> 0, 'hex') AS id, (value ->> 1)::bigint AS at,
                     decode(value ->> 2, 'hex') AS digest FROM jsonb_array_elements($1::jsonb)) AS b
        WHERE s.endpoint_id = b.id AND s.digest = b.digest RETURNING s.endpoint_id",
};

/// What every address of these endpoints shows. `$1` is the scope, `$2` a JSON array of identities.
pub(crate) const LOOKS: Both = Both {
    sqlite: "SELECT endpoint_id, address, since, document FROM looks
             WHERE scope = $1 AND endpoint_id IN (SELECT unhex(value) FROM json_each($2))",
    postgres: "SELECT endpoint_id, address, since, document FROM looks WHERE scope = $1
             AND endpoint_id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($2::jsonb) AS value)",
};

/// `$1` is the scope, `$2` a JSON array of fingerprints.
pub(crate) const CERTIFICATES: Both = Both {
    sqlite: "SELECT fingerprint, der FROM certificates
             WHERE scope = $1 AND fingerprint IN (SELECT unhex(value) FROM json_each($2))",
    postgres: "SELECT fingerprint, der FROM certificates WHERE scope = $1
             AND fingerprint IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($2::jsonb) AS value)",
};

/// Releases every task of the batch whose lease still holds. `$1` is a JSON array of `[subject, epoch, due_at, kind]`: the
/// kind stands in it too, so that SQLite walks the batch and not every task of the kind.
pub(crate) const RELEASE: Both = Both {
    sqlite: "UPDATE tasks AS t SET due_at = min(b.due_at, coalesce(t.again_at, b.due_at)), holder = NULL, again_at = NULL
        FROM (SELECT unhex(value ->> 0) AS subject, value ->> 1 AS epoch, value ->> 2 AS due_at, value ->> 3 AS kind
              FROM json_each($1)) AS b
        WHERE t.kind = b.kind AND t.subject = b.subject AND t.epoch = b.epoch AND t.holder IS NOT NULL
        RETURNING kind, subject",
    postgres: "UPDATE tasks AS t SET due_at = least(b.due_at, coalesce(t.again_at, b.due_at)), holder = NULL, again_at = NULL
        FROM (SELECT decode(value ->> 0, 'hex') AS subject, (value ->> 1)::bigint AS epoch,
                     (value ->> 2)::bigint AS due_at, value ->> 3 AS kind FROM jsonb_array_elements($1::jsonb)) AS b
        WHERE t.kind = b.kind AND t.subject = b.subject AND t.epoch = b.epoch AND t.holder IS NOT NULL
        RETURNING t.kind, t.subject",
};
