//! Endpoints.

use std::collections::BTreeMap;

use notafter_inventory::model::{Endpoint, EndpointId, OwnerId, Subject};
use notafter_tls::Target;

use crate::dialect::{Both, Dialect};
use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, endpoint: &Endpoint) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO endpoints (id, scope, owner_id, target, document, labels) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id, target = excluded.target,
            document = excluded.document, labels = excluded.labels",
        values![
            endpoint.id,
            scope.organisation,
            endpoint.owner_id,
            json("target", &endpoint.target)?,
            json("endpoint", endpoint)?,
            json("labels", &endpoint.labels)?
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: EndpointId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM endpoints WHERE id = $1 AND scope = $2",
        "DELETE FROM endpoint_states WHERE endpoint_id = $1 AND scope = $2",
        "DELETE FROM looks WHERE endpoint_id = $1 AND scope = $2",
    ] {
        tx.execute(sql, values![id, scope.organisation]).await?;
    }
    Ok(())
}

/// `+severity`: for the highest SQLite would go through all open findings by severity until it meets one of the endpoint.
pub(super) const RESTATE: &str = "UPDATE endpoints SET standing = coalesce(
        (SELECT max(+severity) FROM findings WHERE scope = $2 AND subject = $3 AND is_open = 1),
        CASE WHEN EXISTS (SELECT 1 FROM endpoint_states WHERE endpoint_id = $1) THEN 0 ELSE 1 END)
     WHERE id = $1 AND scope = $2";

/// What its open findings say of an endpoint; where there are none, whether somebody has looked.
pub(crate) async fn restate(tx: &mut Tx, scope: &Scope, id: EndpointId) -> Result<(), StoreError> {
    let of_it = Subject::Endpoint(id).to_string();
    tx.execute(RESTATE, values![id, scope.organisation, of_it]).await?;
    Ok(())
}

/// Of every endpoint with open findings.
const RESTATE_AMISS: Both = Both {
    sqlite: "UPDATE endpoints SET standing = f.severity
        FROM (SELECT unhex(substr(subject, 13)) AS id, max(severity) AS severity FROM findings
              WHERE is_open = 1 AND subject LIKE 'endpoint:ep%' GROUP BY subject) AS f
        WHERE endpoints.id = f.id",
    postgres: "UPDATE endpoints SET standing = f.severity
        FROM (SELECT decode(substr(subject, 13), 'hex') AS id, max(severity) AS severity FROM findings
              WHERE is_open = 1 AND subject LIKE 'endpoint:ep%' GROUP BY subject) AS f
        WHERE endpoints.id = f.id",
};

pub(crate) async fn restate_amiss(tx: &mut Tx, dialect: Dialect) -> Result<(), StoreError> {
    tx.execute(dialect.pick(RESTATE_AMISS), values![]).await?;
    Ok(())
}

/// The labels of every endpoint, as its document has them.
const LABEL_ANEW: Both = Both {
    sqlite: "UPDATE endpoints SET labels = coalesce(json_extract(document, '$.labels'), '{}')",
    postgres: "UPDATE endpoints SET labels = coalesce((document::json -> 'labels')::text, '{}')",
};

pub(crate) async fn label_anew(tx: &mut Tx, dialect: Dialect) -> Result<(), StoreError> {
    tx.execute(dialect.pick(LABEL_ANEW), values![]).await?;
    Ok(())
}

// `+scope`: by it SQLite would find all of them, and put them in order.
pub(crate) const AFTER: &str = "SELECT document FROM endpoints
    WHERE +scope = $1 AND ($2 IS NULL OR owner_id = $2) AND id > $3 ORDER BY id LIMIT $4";

impl Store {
    /// Endpoints by identity after `after`, at most `limit`: a page of a list that may be a million long.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoints_after(
        &self,
        scope: &Scope,
        after: Option<EndpointId>,
        limit: u32,
    ) -> Result<Vec<Endpoint>, StoreError> {
        self.documents(
            "endpoint",
            AFTER,
            values![
                scope.organisation,
                scope.owner,
                after.map_or_else(Vec::new, |id| id.as_bytes().to_vec()),
                i64::from(limit)
            ],
        )
        .await
    }

    /// Every endpoint, by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoints(&self, scope: &Scope) -> Result<Vec<Endpoint>, StoreError> {
        self.endpoints_after(scope, None, u32::MAX).await
    }

    /// How many endpoints there are.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoint_count(&self, scope: &Scope) -> Result<i64, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT count(*) FROM endpoints WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)",
                values![scope.organisation, scope.owner],
            )
            .await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// How many endpoints of high or critical criticality each owner answers for. The document is searched for its member as it is
    /// written: a quotation mark within a text has a backslash before it there.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn critical_endpoints_by_owner(
        &self,
        scope: &Scope,
    ) -> Result<BTreeMap<OwnerId, u64>, StoreError> {
        let rows = self
            .pool
            .fetch(
                r#"SELECT owner_id, count(*) FROM endpoints
                   WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
                      AND (document LIKE '%"criticality":"high"%' OR document LIKE '%"criticality":"critical"%')
                   GROUP BY owner_id"#,
                values![scope.organisation, scope.owner],
            )
            .await?;
        rows.iter().map(|row| Ok((row.id(0)?, u64::try_from(row.int(1)?).unwrap_or(0)))).collect()
    }

    /// An endpoint by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoint(&self, scope: &Scope, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        self.document(
            "endpoint",
            "SELECT document FROM endpoints WHERE id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }

    /// The endpoint with this target.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoint_at(&self, scope: &Scope, target: &Target) -> Result<Option<Endpoint>, StoreError> {
        self.document(
            "endpoint",
            "SELECT document FROM endpoints WHERE scope = $1 AND target = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![scope.organisation, json("target", target)?, scope.owner],
        )
        .await
    }
}
