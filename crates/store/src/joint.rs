//! Reads of several kinds in one statement: each statement is a way to the database and back, and what one statement reads
//! is of one instant.

use notafter_cert::hex;
use notafter_inventory::code::{Manifest, Present};
use notafter_inventory::model::{Issuer, Lineage, LineageId, Order, OrderId, Place, Version, VersionId};

use crate::dialect::Both;
use crate::entity::{issuer, lineage};
use crate::sql::{Row, json, values};
use crate::{Scope, Store, StoreError};

/// Part, document, and a second one where the entity has two halves.
const INVENTORY: &str = "
    SELECT CAST(1 AS BIGINT) AS part, document, CAST(NULL AS TEXT) AS half FROM owners WHERE scope = $1
    UNION ALL SELECT CAST(2 AS BIGINT), document, NULL FROM channels WHERE scope = $1
    UNION ALL SELECT CAST(3 AS BIGINT), document, account FROM issuers WHERE scope = $1
    UNION ALL SELECT CAST(4 AS BIGINT), document, NULL FROM endpoints
        WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
    UNION ALL SELECT CAST(5 AS BIGINT), document, progress FROM lineages
        WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
    UNION ALL SELECT CAST(6 AS BIGINT), document, NULL FROM places
        WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
    UNION ALL SELECT CAST(7 AS BIGINT), document, NULL FROM criticalities WHERE scope = $1
    UNION ALL SELECT CAST(8 AS BIGINT), document, NULL FROM manifests WHERE scope = $1";

/// `$3` is a JSON array of versions, `$4` of orders, `$5` of lineages. The plus keeps SQLite from walking the index of the
/// whole scope instead of looking each identity up.
const AROUND: Both = Both {
    sqlite: "SELECT 1 AS part, document, account AS half FROM issuers WHERE scope = $1
    UNION ALL SELECT 2, document, NULL FROM versions WHERE +scope = $1
        AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2))
        AND id IN (SELECT unhex(value) FROM json_each($3))
    UNION ALL SELECT 3, document, NULL FROM orders WHERE +scope = $1
        AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2))
        AND id IN (SELECT unhex(value) FROM json_each($4))
    UNION ALL SELECT 4, document, NULL FROM places WHERE +scope = $1 AND ($2 IS NULL OR owner_id = $2)
        AND lineage_id IN (SELECT unhex(value) FROM json_each($5))",
    postgres: "SELECT 1::bigint AS part, document, account AS half FROM issuers WHERE scope = $1
    UNION ALL SELECT 2::bigint, document, NULL FROM versions WHERE scope = $1
        AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2))
        AND id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($3::jsonb) AS value)
    UNION ALL SELECT 3::bigint, document, NULL FROM orders WHERE scope = $1
        AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2))
        AND id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($4::jsonb) AS value)
    UNION ALL SELECT 4::bigint, document, NULL FROM places WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
        AND lineage_id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($5::jsonb) AS value)",
};

/// What a renewal of some lineages is decided from, beside the ledger.
#[derive(Debug, Default)]
pub struct Around {
    /// Every issuer, by name.
    pub issuers: Vec<Issuer>,
    /// The versions asked for that exist.
    pub versions: Vec<Version>,
    /// The orders asked for that exist.
    pub orders: Vec<Order>,
    /// The places of the lineages asked for, by lineage and name.
    pub places: Vec<Place>,
}

impl Store {
    /// The whole inventory as far as files describe it: everything by name, endpoints by identity, places by lineage and
    /// name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn inventory(&self, scope: &Scope) -> Result<Present, StoreError> {
        let mut found = Present::default();
        for row in self.pool.fetch(INVENTORY, values![scope.organisation, scope.owner]).await? {
            match row.int(0)? {
                1 => found.owners.push(row.document(1, "owner")?),
                2 => found.channels.push(row.document(1, "channel")?),
                3 => found.issuers.push(issuer::of_halves(&row, 1)?),
                4 => found.endpoints.push(row.document(1, "endpoint")?),
                5 => found.lineages.push(lineage::of_halves(&row, 1)?),
                6 => found.places.push(row.document(1, "place")?),
                7 => found.criticalities.push(row.document(1, "criticality")?),
                _ => found.manifest = row.document::<Manifest>(1, "manifest")?,
            }
        }
        found.owners.sort_by(|one, other| one.name.cmp(&other.name));
        found.channels.sort_by(|one, other| one.name.cmp(&other.name));
        found.issuers.sort_by(|one, other| one.name().cmp(other.name()));
        found.criticalities.sort_by(|one, other| one.label.cmp(&other.label));
        found.endpoints.sort_by_key(|endpoint| endpoint.id);
        found.lineages.sort_by(|one: &Lineage, other| one.name.cmp(&other.name));
        sort(&mut found.places);
        Ok(found)
    }

    /// Every issuer, these versions and orders, and the places of these lineages.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn around(
        &self,
        scope: &Scope,
        versions: &[VersionId],
        orders: &[OrderId],
        lineages: &[LineageId],
    ) -> Result<Around, StoreError> {
        let list = |ids: Vec<String>| json("identities", &ids);
        let values = values![
            scope.organisation,
            scope.owner,
            list(versions.iter().map(|id| hex(id.as_bytes())).collect())?,
            list(orders.iter().map(|id| hex(id.as_bytes())).collect())?,
            list(lineages.iter().map(|id| hex(id.as_bytes())).collect())?,
        ];
        let rows: Vec<Row> = self.pool.fetch(self.dialect().pick(AROUND), values).await?;
        let mut found = Around::default();
        for row in &rows {
            match row.int(0)? {
                1 => found.issuers.push(issuer::of_halves(row, 1)?),
                2 => found.versions.push(row.document(1, "version")?),
                3 => found.orders.push(row.document(1, "order")?),
                _ => found.places.push(row.document(1, "place")?),
            }
        }
        found.issuers.sort_by(|one, other| one.name().cmp(other.name()));
        sort(&mut found.places);
        Ok(found)
    }
}

fn sort(places: &mut [Place]) {
    places.sort_by(|one, other| (one.lineage_id, &one.name).cmp(&(other.lineage_id, &other.name)));
}
