//! What has had its time is cut, in pieces that do not keep writers waiting; what is open never is.
//!
//! Every cut may be repeated and interrupted anywhere: it needs no lease.

use std::collections::BTreeSet;

use notafter_cert::{Span, Time, hex};
use notafter_inventory::ledger::Counted;
use notafter_inventory::model::{Alert, Finding, FindingId, Id, Kind};
use serde::de::DeserializeOwned;

use crate::dialect::Both;
use crate::past::first_kept;
use crate::sql::{Value, json, values};
use crate::{ANSWERS_KEPT, Scope, Store, StoreError};

/// Rows of one transaction.
const PIECE: i64 = 2000;

/// A row tells what began at an address; it is over when something else began there before the instant, when nothing was
/// there any more, or when the endpoint is gone. The oldest first, so that what shows the end of a row outlives it.
const CUT_LOOKS: &str = "DELETE FROM look_changes WHERE (endpoint_id, at, address) IN (
    SELECT c.endpoint_id, c.at, c.address FROM look_changes AS c WHERE c.scope = $1 AND c.at < $2 AND (
        c.document IS NULL
        OR EXISTS (SELECT 1 FROM look_changes AS n WHERE n.endpoint_id = c.endpoint_id
                   AND n.address = c.address AND n.at > c.at AND n.at < $2)
        OR EXISTS (SELECT 1 FROM looks AS l WHERE l.endpoint_id = c.endpoint_id
                   AND l.address = c.address AND l.since < $2)
        OR NOT EXISTS (SELECT 1 FROM endpoints AS e WHERE e.id = c.endpoint_id))
    ORDER BY c.at LIMIT $3)";

const CUT_DELIVERIES: &str = "DELETE FROM deliveries WHERE id IN (
    SELECT d.id FROM deliveries AS d WHERE d.scope = $1 AND d.is_open = 0 AND d.id < $2
    AND (d.alert_id IS NULL
         OR d.alert_id NOT IN (SELECT a.id FROM alerts AS a WHERE a.scope = $1 AND a.is_open = 1))
    ORDER BY d.id LIMIT $3)";

const CUT_CHARGES: &str = "DELETE FROM charges WHERE (issuer_id, counted, subject, at, source) IN (
    SELECT c.issuer_id, c.counted, c.subject, c.at, c.source FROM charges AS c
    WHERE c.scope = $1 AND c.at < $2 AND c.counted <> $4 LIMIT $3)";

const CUT_ANSWERS: &str = "DELETE FROM answers WHERE (scope, caller, key) IN (
    SELECT a.scope, a.caller, a.key FROM answers AS a WHERE a.scope = $1 AND a.at <= $2 LIMIT $3)";

const CUT_SPENT_LINKS: &str = "DELETE FROM spent_links WHERE (alert_id, delivery_id, does) IN (
    SELECT l.alert_id, l.delivery_id, l.does FROM spent_links AS l WHERE l.scope = $1 AND l.until_at <= $2 LIMIT $3)";

const CUT_DESTROYED_KEYS: &str = "DELETE FROM sealed_keys WHERE id IN (
    SELECT k.id FROM sealed_keys AS k WHERE k.scope = $1 AND k.destroyed_at < $2 LIMIT $3)";

// `+scope`: by it SQLite would find all of them, and put them in order.
pub(crate) const CLOSED_FINDINGS: &str = "SELECT document FROM findings
    WHERE +scope = $1 AND is_open = 0 AND id > $2 AND id < $3 ORDER BY id LIMIT $4";

const CLOSED_ALERTS: &str = "SELECT document FROM alerts
    WHERE scope = $1 AND is_open = 0 AND id > $2 AND id < $3 ORDER BY id LIMIT $4";

const REMOVE_FINDINGS: Both = Both {
    sqlite: "DELETE FROM findings WHERE scope = $1 AND is_open = 0
             AND id IN (SELECT unhex(value) FROM json_each($2))",
    postgres: "DELETE FROM findings WHERE scope = $1 AND is_open = 0
               AND id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($2::jsonb) AS value)",
};

const REMOVE_ALERTS: Both = Both {
    sqlite: "DELETE FROM alerts WHERE scope = $1 AND is_open = 0
             AND id IN (SELECT unhex(value) FROM json_each($2))",
    postgres: "DELETE FROM alerts WHERE scope = $1 AND is_open = 0
               AND id IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($2::jsonb) AS value)",
};

impl Store {
    /// The position up to which every entry of the log is older than `before`; 0 where the first one is not.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn events_end(&self, scope: &Scope, before: Time) -> Result<i64, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT sequence FROM events WHERE scope = $1 AND at >= $2 ORDER BY sequence LIMIT 1",
                values![scope.organisation, before],
            )
            .await?;
        if let Some(first_kept) = rows.first() {
            return Ok(first_kept.int(0)? - 1);
        }
        let rows = self
            .pool
            .fetch("SELECT event_sequence FROM organisations WHERE scope = $1", values![scope.organisation])
            .await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// Removes what addresses showed until before an instant. Gives the number of rows.
    ///
    /// # Errors
    /// A fault of the database; what was cut until then stays cut.
    pub async fn cut_look_changes(&self, scope: &Scope, before: Time) -> Result<u64, StoreError> {
        self.in_pieces(CUT_LOOKS, values![scope.organisation, before, PIECE]).await
    }

    /// Removes deliveries that were decided on before an instant and are over, and alerts that were closed before it.
    /// What belongs to an open alert stays. Gives the number of rows.
    ///
    /// # Errors
    /// As [`Store::cut_look_changes`].
    pub async fn cut_messages(&self, scope: &Scope, before: Time) -> Result<u64, StoreError> {
        let values = values![scope.organisation, first_kept(before), PIECE];
        let deliveries = self.in_pieces(CUT_DELIVERIES, values).await?;
        let judge = move |alert: &Alert| {
            let over = alert.closed_at.is_some_and(|at| at < before);
            (alert.id, over.then_some(alert.id))
        };
        let alerts = self.cut_closed(scope, before, (CLOSED_ALERTS, REMOVE_ALERTS), judge).await?;
        Ok(deliveries + alerts)
    }

    /// Removes findings that were closed before an instant. Those of an open alert stay. Gives the number of rows.
    ///
    /// # Errors
    /// As [`Store::cut_look_changes`].
    pub async fn cut_findings(&self, scope: &Scope, before: Time) -> Result<u64, StoreError> {
        let told: BTreeSet<FindingId> =
            self.alerts_open(scope).await?.into_iter().flat_map(|alert| alert.findings).collect();
        let judge = move |finding: &Finding| {
            let over = finding.closed_at.is_some_and(|at| at < before) && !told.contains(&finding.id);
            (finding.id, over.then_some(finding.id))
        };
        self.cut_closed(scope, before, (CLOSED_FINDINGS, REMOVE_FINDINGS), judge).await
    }

    /// Removes what CAs counted longer ago than any of their limits looks back. A row of failures stays until a success
    /// ends it.
    ///
    /// # Errors
    /// As [`Store::cut_look_changes`].
    pub async fn cut_charges(&self, scope: &Scope, now: Time) -> Result<u64, StoreError> {
        let before = now - Span::days(30);
        let kept = Counted::ConsecutiveFailure.name();
        self.in_pieces(CUT_CHARGES, values![scope.organisation, before, PIECE, kept]).await
    }

    /// Removes what is remembered of calls longer ago than anybody may ask for it again. Gives the number of rows.
    ///
    /// # Errors
    /// As [`Store::cut_look_changes`].
    pub async fn cut_answers(&self, scope: &Scope, now: Time) -> Result<u64, StoreError> {
        self.in_pieces(CUT_ANSWERS, values![scope.organisation, now - ANSWERS_KEPT, PIECE]).await
    }

    /// Removes links that were used, and would lead nowhere now without that. Gives the number of rows.
    ///
    /// # Errors
    /// As [`Store::cut_look_changes`].
    pub async fn cut_spent_links(&self, scope: &Scope, now: Time) -> Result<u64, StoreError> {
        self.in_pieces(CUT_SPENT_LINKS, values![scope.organisation, now, PIECE]).await
    }

    /// Removes what is left of keys that were destroyed before an instant. Gives the number of rows.
    ///
    /// # Errors
    /// As [`Store::cut_look_changes`].
    pub async fn cut_destroyed_keys(&self, scope: &Scope, before: Time) -> Result<u64, StoreError> {
        self.in_pieces(CUT_DESTROYED_KEYS, values![scope.organisation, before, PIECE]).await
    }

    async fn in_pieces(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let mut tx = self.pool.begin().await?;
            let rows = tx.execute(sql, values.clone()).await?;
            tx.commit().await?;
            removed += rows;
            if rows < PIECE.cast_unsigned() {
                return Ok(removed);
            }
        }
    }

    /// Walks the closed documents that are old enough to have been closed before the instant, and removes those that were;
    /// `judge` gives each one's identity, twice where it goes.
    async fn cut_closed<T: DeserializeOwned, K: Kind>(
        &self,
        scope: &Scope,
        before: Time,
        (read, remove): (&'static str, Both),
        judge: impl Fn(&T) -> (Id<K>, Option<Id<K>>) + Send + Sync,
    ) -> Result<u64, StoreError> {
        let (mut after, mut removed) = (Vec::new(), 0);
        loop {
            let values = values![scope.organisation, after.clone(), first_kept(before), PIECE];
            let page: Vec<T> = self.documents("closed document", read, values).await?;
            let judged: Vec<_> = page.iter().map(&judge).collect();
            let Some((last, _)) = judged.last() else { return Ok(removed) };
            after = last.as_bytes().to_vec();
            let over: Vec<String> =
                judged.into_iter().filter_map(|(_, over)| over.map(|id| hex(id.as_bytes()))).collect();
            if over.is_empty() {
                continue;
            }
            let mut tx = self.pool.begin().await?;
            removed += tx
                .execute(self.dialect().pick(remove), values![scope.organisation, json("identities", &over)?])
                .await?;
            tx.commit().await?;
        }
    }
}
