//! Which certificate every endpoint shows, without what else is known of it: of a hundred thousand endpoints, reading all that
//! takes seconds.

use notafter_cert::{Fingerprint, hex};
use notafter_inventory::model::{EndpointId, Labels, OwnerId, Severity};
use notafter_tls::Target;

use crate::dialect::{self, Both};
use crate::sql::{Row, json, values};
use crate::standing::Standing;
use crate::{Scope, Store, StoreError};

/// An endpoint with one certificate that it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownLeaf {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Who answers for it.
    pub owner_id: OwnerId,
    /// Where it is.
    pub target: Target,
    /// Its marks.
    pub labels: Labels,
    /// The worst that is open about it.
    pub severity: Severity,
    /// The certificate; nothing where it shows none, or nobody has looked.
    pub leaf: Option<Fingerprint>,
}

/// `$1` scope, `$2` owner, `$3` an identity, `$4` how many. `+scope`: by it SQLite would find all endpoints for each page, and put
/// them in order.
macro_rules! leaves {
    ($labels:literal, $leaf:literal) => {
        concat!(
            "SELECT DISTINCT e.id, e.owner_id, e.target, coalesce(",
            $labels,
            ", '{}'), e.standing, ",
            $leaf,
            " FROM (SELECT * FROM endpoints WHERE +scope = $1 AND ($2 IS NULL OR owner_id = $2) AND id > $3
                    ORDER BY id LIMIT $4) AS e
              LEFT JOIN looks AS l ON l.endpoint_id = e.id ORDER BY e.id"
        )
    };
}

const LEAVES: Both = Both {
    sqlite: leaves!("json_extract(e.document, '$.labels')", "json_extract(l.document, '$.outcome.chain[0]')"),
    postgres: leaves!("(e.document::jsonb -> 'labels')::text", "l.document::jsonb #>> '{outcome,chain,0}'"),
};

impl Store {
    /// What endpoints after `after` show, at most so many endpoints, by identity: one for each certificate, and one for an
    /// endpoint that shows none.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn shown_leaves_after(
        &self,
        scope: &Scope,
        after: Option<EndpointId>,
        limit: u32,
    ) -> Result<Vec<ShownLeaf>, StoreError> {
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        let values = values![scope.organisation, scope.owner, after, i64::from(limit)];
        let rows = self.pool.fetch(self.dialect().pick(LEAVES), values).await?;
        rows.iter().map(leaf).collect()
    }

    /// These certificates, as far as they are stored.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn certificates(
        &self,
        scope: &Scope,
        fingerprints: &[Fingerprint],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let wanted: Vec<String> = fingerprints.iter().map(|one| hex(one.as_bytes())).collect();
        let values = values![scope.organisation, json("fingerprints", &wanted)?];
        let rows = self.pool.fetch(self.dialect().pick(dialect::CERTIFICATES), values).await?;
        rows.iter().map(|row| row.blob(1)).collect()
    }
}

fn leaf(row: &Row) -> Result<ShownLeaf, StoreError> {
    let fingerprint = |text: String| {
        serde_json::from_value(serde_json::Value::String(text))
            .map_err(|source| StoreError::Document { what: "observation", source })
    };
    Ok(ShownLeaf {
        endpoint_id: row.id(0)?,
        owner_id: row.id(1)?,
        target: row.document(2, "target")?,
        labels: row.document(3, "endpoint")?,
        severity: Standing::of(row.int(4)?).severity(),
        leaf: row.maybe_text(5)?.map(fingerprint).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use super::*;
    use crate::Location;
    use crate::entity::endpoint::AFTER;
    use crate::retention::CLOSED_FINDINGS;
    use crate::sql::Value;

    /// Every page of 2,000 of 100,000 endpoints put all of them in order: the first page of the day took a quarter of a minute.
    #[tokio::test]
    async fn pages_by_identity_are_read_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("database"));
        let store = Store::open(&location, Time::from_unix_seconds(0)).await.unwrap();
        for (statement, table) in
            [(LEAVES.sqlite, "endpoints"), (AFTER, "endpoints"), (CLOSED_FINDINGS, "findings")]
        {
            let explained: &'static str = format!("EXPLAIN QUERY PLAN {statement}").leak();
            let rows = store.pool.fetch(explained, vec![Value::Text(None); 4]).await.unwrap();
            let steps: Vec<String> = rows.iter().map(|row| row.text(3).unwrap()).collect();
            let read = format!("SEARCH {table} USING PRIMARY KEY (id>?");
            let at = steps.iter().position(|step| step.starts_with(&read));
            let at = at.unwrap_or_else(|| panic!("{statement}\n{steps:#?}"));
            assert!(
                steps.get(at + 1).is_none_or(|next| !next.contains("ORDER BY")),
                "{statement}\n{steps:#?}"
            );
        }
    }
}
