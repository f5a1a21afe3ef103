//! Reads for many subjects at once: a scan of hundreds of endpoints asks twice, not hundreds of times.

use std::collections::BTreeSet;

use notafter_cert::{Time, hex};
use notafter_inventory::model::{
    Endpoint, EndpointId, Finding, Id, Kind, Lineage, LineageId, Order, OrderId, Place, PlaceId, Subject,
};
use notafter_tls::Target;
use serde::de::DeserializeOwned;

use crate::dialect::Both;
use crate::entity::lineage;
use crate::sql::{Row, json, values};
use crate::{Scope, Store, StoreError};

/// The plus keeps SQLite from walking the index of the whole scope instead of looking each identity up.
const ENDPOINTS: Both = Both {
    sqlite: "SELECT document FROM endpoints WHERE +scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND id IN (SELECT unhex(value) FROM json_each($3))",
    postgres: "SELECT document FROM endpoints WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($3::jsonb) AS value)",
};

const ENDPOINTS_AT: Both = Both {
    sqlite: "SELECT document FROM endpoints WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND target IN (SELECT value FROM json_each($3))",
    postgres: "SELECT document FROM endpoints WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND target IN (SELECT value FROM jsonb_array_elements_text($3::jsonb) AS value)",
};

const ORDERS: Both = Both {
    sqlite: "SELECT document FROM orders WHERE +scope = $1
             AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2))
             AND id IN (SELECT unhex(value) FROM json_each($3))",
    postgres: "SELECT document FROM orders WHERE scope = $1
             AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2))
             AND id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($3::jsonb) AS value)",
};

const PLACES: Both = Both {
    sqlite: "SELECT document FROM places WHERE +scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND lineage_id IN (SELECT unhex(value) FROM json_each($3)) ORDER BY lineage_id, name",
    postgres: "SELECT document FROM places WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND lineage_id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($3::jsonb) AS value)
             ORDER BY lineage_id, name",
};

/// Of these identities, or for an endpoint with one of these targets: few have one, and each has few.
const PLACES_FOR: Both = Both {
    sqlite: "SELECT document FROM places WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND (id IN (SELECT unhex(value) FROM json_each($3)) OR EXISTS (
                SELECT 1 FROM json_each(document, '$.endpoints') AS e
                WHERE e.value IN (SELECT value FROM json_each($4)))) ORDER BY lineage_id, name",
    postgres: "SELECT document FROM places WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND (id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($3::jsonb) AS value) OR EXISTS (
                SELECT 1 FROM jsonb_array_elements(document::jsonb -> 'endpoints') AS e
                WHERE e IN (SELECT jsonb_array_elements($4::jsonb)))) ORDER BY lineage_id, name",
};

const LINEAGES: Both = Both {
    sqlite: "SELECT document, progress FROM lineages WHERE +scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND id IN (SELECT unhex(value) FROM json_each($3)) ORDER BY name",
    postgres: "SELECT document, progress FROM lineages WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($3::jsonb) AS value)
             ORDER BY name",
};

const OPEN_FINDINGS: Both = Both {
    sqlite: "SELECT document FROM findings WHERE scope = $1 AND is_open = 1 AND ($2 IS NULL OR owner_id = $2)
             AND subject IN (SELECT value FROM json_each($3)) ORDER BY id",
    postgres:
        "SELECT document FROM findings WHERE scope = $1 AND is_open = 1 AND ($2 IS NULL OR owner_id = $2)
             AND subject IN (SELECT value FROM jsonb_array_elements_text($3::jsonb) AS value) ORDER BY id",
};

const CLOSED_FINDINGS: Both = Both {
    sqlite: "SELECT document FROM findings WHERE scope = $1 AND is_open = 0 AND ($2 IS NULL OR owner_id = $2)
             AND subject IN (SELECT value FROM json_each($3)) ORDER BY id DESC LIMIT $4",
    postgres:
        "SELECT document FROM findings WHERE scope = $1 AND is_open = 0 AND ($2 IS NULL OR owner_id = $2)
             AND subject IN (SELECT value FROM jsonb_array_elements_text($3::jsonb) AS value)
             ORDER BY id DESC LIMIT $4",
};

const SEEN: Both = Both {
    sqlite: "SELECT e.id, s.looked_at, (SELECT count(*) FROM looks AS l WHERE l.endpoint_id = e.id)
             FROM endpoints AS e LEFT JOIN endpoint_states AS s ON s.endpoint_id = e.id
             WHERE +e.scope = $1 AND ($2 IS NULL OR e.owner_id = $2)
             AND e.id IN (SELECT unhex(value) FROM json_each($3))",
    postgres: "SELECT e.id, s.looked_at, (SELECT count(*) FROM looks AS l WHERE l.endpoint_id = e.id)
             FROM endpoints AS e LEFT JOIN endpoint_states AS s ON s.endpoint_id = e.id
             WHERE e.scope = $1 AND ($2 IS NULL OR e.owner_id = $2)
             AND e.id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($3::jsonb) AS value)",
};

/// What was seen of an endpoint, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The endpoint.
    pub id: EndpointId,
    /// When it was last looked at.
    pub looked_at: Option<Time>,
    /// How many addresses it has, as far as they were seen.
    pub addresses: u64,
}

impl Store {
    /// What was seen of these endpoints, in no particular order.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn seen_of(&self, scope: &Scope, ids: &[EndpointId]) -> Result<Vec<Seen>, StoreError> {
        let ids: Vec<String> = ids.iter().map(|id| hex(id.as_bytes())).collect();
        let values = values![scope.organisation, scope.owner, json("identities", &ids)?];
        let rows = self.pool.fetch(self.dialect().pick(SEEN), values).await?;
        let seen = |row: &Row| {
            Ok(Seen {
                id: row.id(0)?,
                looked_at: row.maybe_int(1)?.map(Time::from_micros),
                addresses: u64::try_from(row.int(2)?).unwrap_or(0),
            })
        };
        rows.iter().map(seen).collect()
    }

    /// The closed findings about any of these subjects, newest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn findings_closed_among(
        &self,
        scope: &Scope,
        subjects: &[Subject],
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        let values = values![scope.organisation, scope.owner, json("subjects", &subjects)?, i64::from(limit)];
        self.documents("finding", self.dialect().pick(CLOSED_FINDINGS), values).await
    }

    /// The endpoints of these identities that exist, in no particular order.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoints_of(&self, scope: &Scope, ids: &[EndpointId]) -> Result<Vec<Endpoint>, StoreError> {
        self.among("endpoint", ENDPOINTS, scope, ids).await
    }

    /// The endpoints with these targets that exist, in no particular order.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoints_at(
        &self,
        scope: &Scope,
        targets: &BTreeSet<&Target>,
    ) -> Result<Vec<Endpoint>, StoreError> {
        let targets: Vec<String> =
            targets.iter().map(|target| json("target", target)).collect::<Result<_, _>>()?;
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let values = values![scope.organisation, scope.owner, json("targets", &targets)?];
        self.documents("endpoint", self.dialect().pick(ENDPOINTS_AT), values).await
    }

    /// The orders of these identities that exist, in no particular order.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn orders_among(&self, scope: &Scope, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        self.among("order", ORDERS, scope, ids).await
    }

    /// The places of these lineages, by lineage and name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn places_among(&self, scope: &Scope, ids: &[LineageId]) -> Result<Vec<Place>, StoreError> {
        self.among("place", PLACES, scope, ids).await
    }

    /// The places of these identities, and those with an endpoint among these targets, by lineage and name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn places_for(
        &self,
        scope: &Scope,
        ids: &[PlaceId],
        targets: &BTreeSet<&Target>,
    ) -> Result<Vec<Place>, StoreError> {
        if ids.is_empty() && targets.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = ids.iter().map(|id| hex(id.as_bytes())).collect();
        let values =
            values![scope.organisation, scope.owner, json("identities", &ids)?, json("targets", targets)?];
        self.documents("place", self.dialect().pick(PLACES_FOR), values).await
    }

    /// The lineages of these identities that exist, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineages_among(
        &self,
        scope: &Scope,
        ids: &BTreeSet<LineageId>,
    ) -> Result<Vec<Lineage>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = ids.iter().map(|id| hex(id.as_bytes())).collect();
        let values = values![scope.organisation, scope.owner, json("identities", &ids)?];
        let rows = self.pool.fetch(self.dialect().pick(LINEAGES), values).await?;
        rows.iter().map(|row| lineage::of_halves(row, 0)).collect()
    }

    async fn among<T: DeserializeOwned, K: Kind>(
        &self,
        what: &'static str,
        sql: Both,
        scope: &Scope,
        ids: &[Id<K>],
    ) -> Result<Vec<T>, StoreError> {
        let ids: Vec<String> = ids.iter().map(|id| hex(id.as_bytes())).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let values = values![scope.organisation, scope.owner, json("identities", &ids)?];
        self.documents(what, self.dialect().pick(sql), values).await
    }

    /// The open findings about any of these subjects, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn findings_open_among(
        &self,
        scope: &Scope,
        subjects: &[Subject],
    ) -> Result<Vec<Finding>, StoreError> {
        self.documents(
            "finding",
            self.dialect().pick(OPEN_FINDINGS),
            values![scope.organisation, scope.owner, json("subjects", &subjects)?],
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Location;

    #[tokio::test]
    async fn endpoints_are_looked_up_and_not_searched_for() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("database"));
        let store = Store::open(&location, Time::from_unix_seconds(0)).await.unwrap();
        let question: &'static str = format!("EXPLAIN QUERY PLAN {}", ENDPOINTS.sqlite).leak();
        let none: Option<i64> = None;
        let plan = store.pool.fetch(question, values![1_i64, none, "[]"]).await.unwrap();
        assert_eq!(plan[0].text(3).unwrap(), "SEARCH endpoints USING PRIMARY KEY (id=?)");
        for statement in [OPEN_FINDINGS, CLOSED_FINDINGS] {
            let question: &'static str = format!("EXPLAIN QUERY PLAN {}", statement.sqlite).leak();
            let plan = store.pool.fetch(question, values![1_i64, none, "[]", 1_i64]).await.unwrap();
            let step = plan[0].text(3).unwrap();
            assert!(step.contains("(scope=? AND subject=?)"), "{step}");
        }
    }
}
