//! Certificates that nothing tells of any more: no address shows them, and that one did is history that was cut.

use notafter_cert::{Span, Time, hex};

use crate::dialect::{Both, Dialect};
use crate::sql::{json, values};
use crate::{Scope, Store, StoreError};

/// Certificates of one transaction.
const PIECE: usize = 5000;

/// A look is stored well within this time after it began.
const UNDER_WAY: Span = Span::days(1);

/// A walk over everything that addresses show and showed, which takes seconds where they are a million: beside writers, not
/// in their way.
const UNUSED: Both = Both {
    sqlite: "SELECT fingerprint FROM certificates WHERE scope = $1 AND lower(hex(fingerprint)) NOT IN (
                 SELECT c.value FROM looks AS l, json_each(l.document, '$.outcome.chain') AS c
                 UNION SELECT c.value FROM look_changes AS l, json_each(l.document, '$.outcome.chain') AS c)",
    postgres: "SELECT k.fingerprint FROM certificates AS k WHERE k.scope = $1
               AND NOT EXISTS (SELECT 1 FROM (
                   SELECT jsonb_array_elements_text(document::jsonb #> '{outcome,chain}') AS value FROM looks
                   UNION SELECT jsonb_array_elements_text(document::jsonb #> '{outcome,chain}') FROM look_changes
               ) AS c WHERE c.value = encode(k.fingerprint, 'hex'))",
};

/// Whatever began to show one of them since then keeps it: `$3` is an instant.
const REMOVE: Both = Both {
    sqlite: "DELETE FROM certificates WHERE scope = $1
             AND fingerprint IN (SELECT unhex(value) FROM json_each($2))
             AND lower(hex(fingerprint)) NOT IN (
                 SELECT c.value FROM looks AS l, json_each(l.document, '$.outcome.chain') AS c WHERE l.since >= $3
                 UNION SELECT c.value FROM look_changes AS l, json_each(l.document, '$.outcome.chain') AS c
                     WHERE l.scope = $1 AND l.at >= $3)",
    postgres: "DELETE FROM certificates AS k WHERE k.scope = $1
               AND k.fingerprint IN (SELECT decode(value, 'hex') FROM jsonb_array_elements_text($2::jsonb) AS value)
               AND NOT EXISTS (SELECT 1 FROM (
                   SELECT jsonb_array_elements_text(document::jsonb #> '{outcome,chain}') AS value
                       FROM looks WHERE since >= $3
                   UNION SELECT jsonb_array_elements_text(document::jsonb #> '{outcome,chain}')
                       FROM look_changes WHERE scope = $1 AND at >= $3
               ) AS c WHERE c.value = encode(k.fingerprint, 'hex'))",
};

/// Whoever is storing looks is waited for, and waits: what they refer to must not go in between.
const ALONE: &str = "LOCK TABLE certificates IN SHARE ROW EXCLUSIVE MODE";

impl Store {
    /// Removes the certificates that no look and no change of looks refers to. Gives the number of rows.
    ///
    /// # Errors
    /// A fault of the database; what was removed until then stays removed.
    pub async fn cut_certificates(&self, scope: &Scope, now: Time) -> Result<u64, StoreError> {
        let unused = self.unused_certificates(scope).await?;
        let mut removed = 0;
        for piece in unused.chunks(PIECE) {
            removed += self.remove_unused(scope, piece, now - UNDER_WAY).await?;
        }
        Ok(removed)
    }

    async fn unused_certificates(&self, scope: &Scope) -> Result<Vec<String>, StoreError> {
        let rows = self.pool.fetch(self.dialect().pick(UNUSED), values![scope.organisation]).await?;
        rows.iter().map(|row| Ok(hex(&row.blob(0)?))).collect()
    }

    /// Of those that nothing referred to, whichever nothing refers to still; `since` lies before any look that was not
    /// stored by then.
    async fn remove_unused(&self, scope: &Scope, unused: &[String], since: Time) -> Result<u64, StoreError> {
        let mut tx = self.pool.begin().await?;
        if self.dialect() == Dialect::Postgres {
            tx.execute(ALONE, values![]).await?;
        }
        let values = values![scope.organisation, json("certificates", &unused)?, since];
        let removed = tx.execute(self.dialect().pick(REMOVE), values).await?;
        tx.commit().await?;
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use notafter_cert::Fingerprint;
    use notafter_inventory::model::EndpointId;
    use notafter_tls::Resolution;
    use notafter_tls::observation::{Observation, Outcome, Possession, Served, Staple};

    use super::*;
    use crate::{Location, Looked};

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    async fn look(store: &Store, at: Time, leaf: u8) {
        let address = "192.0.2.1:443".parse().unwrap();
        let outcome = Outcome::Served(Served {
            chain: Arc::from(vec![vec![leaf; 40], vec![0xca; 60]]),
            version: 0x0304,
            suite: 0x1301,
            group: None,
            possession: Possession::Proven,
            incomplete: None,
            staple: Staple::Unknown,
        });
        let observation =
            Observation { at, vantage: "local".to_owned(), address, outcome, took: Span::millis(3) };
        let looked = Looked {
            lease: None,
            next_due: None,
            endpoint_id: EndpointId::from_bytes([1; 16]),
            at,
            resolution: Ok(Resolution::known(vec![address])),
            observations: vec![observation],
            changes: Vec::new(),
        };
        store.record_looks(&Scope::EVERYTHING, &[looked]).await.unwrap();
    }

    /// A look that is stored between the search for unused certificates and their removal.
    #[tokio::test]
    async fn a_certificate_that_is_shown_again_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("database"));
        let store = Store::open(&location, NOW).await.unwrap();
        for (days, leaf) in [(0, 1), (10, 2), (20, 3)] {
            look(&store, NOW + Span::days(days), leaf).await;
        }
        let now = NOW + Span::days(400);
        assert_eq!(store.cut_look_changes(&Scope::EVERYTHING, now - Span::days(100)).await.unwrap(), 2);
        let unused = store.unused_certificates(&Scope::EVERYTHING).await.unwrap();
        assert_eq!(unused.len(), 2, "the leaves that were shown before");
        // It began before the search, and is stored after it.
        look(&store, now - Span::minutes(1), 1).await;
        assert_eq!(store.remove_unused(&Scope::EVERYTHING, &unused, now - UNDER_WAY).await.unwrap(), 1);
        let there = async |leaf: u8| {
            let leaf = Fingerprint::of(&[leaf; 40]);
            store.certificate(&Scope::EVERYTHING, leaf).await.unwrap().is_some()
        };
        assert_eq!([there(1).await, there(2).await, there(3).await], [true, false, true]);
    }
}
