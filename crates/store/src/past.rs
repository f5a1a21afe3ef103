//! The past of lineages: what may be forgotten is decided from it.

use std::collections::BTreeSet;

use notafter_cert::{Fingerprint, Time, hex};
use notafter_inventory::model::{Deployment, LineageId, Order, PlaceId, Version};

use crate::dialect::Both;
use crate::sql::{json, values};
use crate::{Scope, Store, StoreError};

/// What is old is found by its identity, which begins with the instant at which it was made. The pluses keep SQLite from
/// walking an index of lineages instead.
const WITH_A_PAST: Both = Both {
    sqlite: "SELECT +lineage_id FROM versions WHERE +scope = $1 AND id < $2
             UNION SELECT +lineage_id FROM orders WHERE +scope = $1 AND id < $2 AND is_open = 0
             UNION SELECT +lineage_id FROM deployments WHERE +scope = $1 AND id < $2 AND is_open = 0 ORDER BY 1",
    postgres: "SELECT lineage_id FROM versions WHERE scope = $1 AND id < $2
               UNION SELECT lineage_id FROM orders WHERE scope = $1 AND id < $2 AND is_open = 0
               UNION SELECT lineage_id FROM deployments WHERE scope = $1 AND id < $2 AND is_open = 0 ORDER BY 1",
};

/// Part and document.
const PAST: &str = "
    SELECT CAST(1 AS BIGINT) AS part, document FROM versions WHERE lineage_id = $2 AND scope = $1
    UNION ALL SELECT CAST(2 AS BIGINT), document FROM orders
        WHERE lineage_id = $2 AND scope = $1 AND (is_open = 1 OR id < $3)
    UNION ALL SELECT CAST(3 AS BIGINT), document FROM deployments WHERE id IN (
        SELECT id FROM (SELECT id, is_open, row_number() OVER (PARTITION BY place_id ORDER BY id DESC) AS age
                        FROM deployments WHERE lineage_id = $2 AND scope = $1) AS aged
        WHERE is_open = 1 OR id < $3 OR age <= 3)";

const PLACES: &str = "SELECT id FROM places WHERE scope = $1
    AND id IN (SELECT place_id FROM deployments WHERE lineage_id = $2 AND scope = $1)";

/// Most leaves that are asked for are long gone from everything that addresses ever showed, which their index tells.
const SHOWN: Both = Both {
    sqlite: "SELECT fingerprint FROM certificates
             WHERE scope = $1 AND fingerprint IN (SELECT unhex(value) FROM json_each($2))",
    postgres: "SELECT fingerprint FROM certificates WHERE scope = $1
             AND fingerprint IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($2::jsonb) AS value)",
};

const SERVED: Both = Both {
    sqlite: "SELECT DISTINCT document ->> '$.outcome.chain[0]' FROM looks WHERE scope = $1
             AND document ->> '$.outcome.chain[0]' IN (SELECT value FROM json_each($2))",
    postgres: "SELECT DISTINCT document::jsonb #>> '{outcome,chain,0}' FROM looks WHERE scope = $1
             AND document::jsonb #>> '{outcome,chain,0}' IN
                 (SELECT value FROM jsonb_array_elements_text($2::jsonb) AS value)",
};

/// What is known of a lineage's past.
#[derive(Debug, Default)]
pub struct Past {
    /// Every version of it, in no particular order.
    pub versions: Vec<Version>,
    /// Its orders that are open, or old.
    pub orders: Vec<Order>,
    /// Its deployments that are open, or old, or among the newest to their place.
    pub deployments: Vec<Deployment>,
    /// The places that there are, among those that it was ever deployed to.
    pub places: BTreeSet<PlaceId>,
}

impl Store {
    /// Lineages, removed ones among them, of which something was over before an instant.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineages_with_a_past(
        &self,
        scope: &Scope,
        before: Time,
    ) -> Result<Vec<LineageId>, StoreError> {
        let values = values![scope.organisation, first_kept(before)];
        let rows = self.pool.fetch(self.dialect().pick(WITH_A_PAST), values).await?;
        rows.iter().map(|row| row.id(0)).collect()
    }

    /// The past of one lineage, removed or not; what began before an instant is old.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn past_of(&self, scope: &Scope, lineage: LineageId, before: Time) -> Result<Past, StoreError> {
        let mut past = Past::default();
        let values = values![scope.organisation, lineage, first_kept(before)];
        for row in self.pool.fetch(PAST, values).await? {
            match row.int(0)? {
                1 => past.versions.push(row.document(1, "version")?),
                2 => past.orders.push(row.document(1, "order")?),
                _ => past.deployments.push(row.document(1, "deployment")?),
            }
        }
        let places = self.pool.fetch(PLACES, values![scope.organisation, lineage]).await?;
        past.places = places.iter().map(|row| row.id(0)).collect::<Result<_, _>>()?;
        Ok(past)
    }

    /// Those of these leaves that some address showed when it was last looked at.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn served_among(
        &self,
        scope: &Scope,
        leaves: impl IntoIterator<Item = Fingerprint> + Send,
    ) -> Result<BTreeSet<Fingerprint>, StoreError> {
        let leaves: Vec<String> = leaves.into_iter().map(|leaf| hex(leaf.as_bytes())).collect();
        let shown = match leaves.is_empty() {
            true => Vec::new(),
            false => {
                let values = values![scope.organisation, json("leaves", &leaves)?];
                self.pool.fetch(self.dialect().pick(SHOWN), values).await?
            }
        };
        let shown: Vec<String> =
            shown.iter().map(|row| Ok(hex(&row.blob(0)?))).collect::<Result<_, StoreError>>()?;
        if shown.is_empty() {
            return Ok(BTreeSet::new());
        }
        let values = values![scope.organisation, json("leaves", &shown)?];
        let rows = self.pool.fetch(self.dialect().pick(SERVED), values).await?;
        rows.iter()
            .map(|row| {
                let text = row.text(0)?;
                text.parse().map_err(|_| StoreError::Damaged(format!("{text:?} is stored as a fingerprint")))
            })
            .collect()
    }
}

/// The first bytes of every identity that was made at this instant or later.
pub(crate) fn first_kept(before: Time) -> Vec<u8> {
    LineageId::new(before, [0; 10]).as_bytes()[..6].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Location;

    #[tokio::test]
    async fn what_is_old_is_found_without_a_walk_over_what_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("database"));
        let store = Store::open(&location, Time::from_unix_seconds(0)).await.unwrap();
        let question: &'static str = format!("EXPLAIN QUERY PLAN {}", WITH_A_PAST.sqlite).leak();
        let plan = store.pool.fetch(question, values![1_i64, Vec::new()]).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.text(3).unwrap()).collect();
        for table in ["versions", "orders", "deployments"] {
            let step = format!("SEARCH {table} USING PRIMARY KEY (id<?)");
            assert!(steps.contains(&step), "{steps:?}");
        }
    }
}
