//! Findings.

use std::collections::HashSet;

use notafter_inventory::model::{Finding, FindingId, FindingState, Severity, Subject};

use super::endpoint;
use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, finding: &Finding) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO findings (id, scope, owner_id, code, subject, cause, is_open, severity, document)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id, is_open = excluded.is_open,
            severity = excluded.severity, document = excluded.document",
        values![
            finding.id,
            scope.organisation,
            finding.owner_id,
            finding.violation.code.as_str(),
            finding.violation.subject.to_string(),
            finding.violation.cause.as_str(),
            finding.state == FindingState::Open,
            rank(finding.violation.severity),
            json("finding", finding)?
        ],
    )
    .await?;
    match finding.violation.subject {
        Subject::Endpoint(id) => endpoint::restate(tx, scope, id).await,
        _ => Ok(()),
    }
}

/// A severity as it is stored: a place among the standings of endpoints.
pub(crate) const fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Ok => 0,
        Severity::Unknown => 2,
        Severity::Warning => 3,
        Severity::Critical => 4,
    }
}

const OPEN_OF: &str = "SELECT document FROM findings
    WHERE scope = $1 AND subject = $2 AND is_open = 1 AND ($3 IS NULL OR owner_id = $3) ORDER BY id";

const OF: &str = "SELECT document FROM findings
    WHERE scope = $1 AND subject = $2 AND ($3 IS NULL OR owner_id = $3) ORDER BY id DESC LIMIT $4";

impl Store {
    /// The open findings, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn findings_open(&self, scope: &Scope) -> Result<Vec<Finding>, StoreError> {
        self.documents(
            "finding",
            "SELECT document FROM findings WHERE scope = $1 AND is_open = 1 AND ($2 IS NULL OR owner_id = $2)
             ORDER BY id",
            values![scope.organisation, scope.owner],
        )
        .await
    }

    /// Which lineages and places something is open about, as findings name them.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineages_and_places_amiss(&self, scope: &Scope) -> Result<HashSet<String>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT DISTINCT subject FROM findings
                 WHERE scope = $1 AND is_open = 1 AND ($2 IS NULL OR owner_id = $2)
                    AND (subject LIKE 'lineage:%' OR subject LIKE 'place:%')",
                values![scope.organisation, scope.owner],
            )
            .await?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// The open findings about one subject, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn findings_open_of(
        &self,
        scope: &Scope,
        subject: &Subject,
    ) -> Result<Vec<Finding>, StoreError> {
        self.documents("finding", OPEN_OF, values![scope.organisation, subject.to_string(), scope.owner])
            .await
    }

    /// Every episode about one subject, newest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn findings_of(
        &self,
        scope: &Scope,
        subject: &Subject,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        self.documents(
            "finding",
            OF,
            values![scope.organisation, subject.to_string(), scope.owner, i64::from(limit)],
        )
        .await
    }

    /// A finding by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn finding(&self, scope: &Scope, id: FindingId) -> Result<Option<Finding>, StoreError> {
        self.document(
            "finding",
            "SELECT document FROM findings WHERE id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Location;
    use crate::entity::endpoint::RESTATE;
    use crate::sql::Value;
    use notafter_cert::Time;

    /// Each look at an endpoint went through all open findings of all endpoints: of 100,000 that were amiss, fifteen a second.
    #[tokio::test]
    async fn findings_of_one_subject_are_found_by_it_however_many_are_open() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("database"));
        let store = Store::open(&location, Time::from_unix_seconds(0)).await.unwrap();
        for (statement, parameters) in [(RESTATE, 3), (OPEN_OF, 3), (OF, 4)] {
            let explained: &'static str = format!("EXPLAIN QUERY PLAN {statement}").leak();
            let rows = store.pool.fetch(explained, vec![Value::Text(None); parameters]).await.unwrap();
            let steps: Vec<String> = rows.iter().map(|row| row.text(3).unwrap()).collect();
            let step = steps.iter().find(|step| step.contains(" findings ")).unwrap();
            assert!(step.contains("(scope=? AND subject=?)"), "{statement}\n{steps:#?}");
        }
    }
}
