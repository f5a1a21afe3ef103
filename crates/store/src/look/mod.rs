//! What the endpoints serve: one row per endpoint that moves with every look, and rows that move only when something is
//! different.

mod leaf;
mod reduce;
mod unused;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use notafter_cert::{Fingerprint, Span, Time, hex};
use notafter_inventory::model::{Actor, EndpointId};
use notafter_tls::observation::{Failure, Observation, Outcome, Possession, Served, Staple};
use notafter_tls::{Family, Resolution, ResolveError};
use serde::{Deserialize, Serialize};

use crate::apply::{Deadlocks, write};
use crate::dialect;
use crate::event::Log;
use crate::sql::{Row, Tx, json, values};
use crate::{Change, Lease, Scope, Store, StoreError};
pub use leaf::ShownLeaf;
use reduce::{Reduced, Seen, reduce, stored};

/// One scan of one endpoint, to be stored.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The task it was done for; nothing is stored when the lease was lost.
    pub lease: Option<Lease>,
    /// When that task is due again; without it the lease is kept.
    pub next_due: Option<Time>,
    /// What was looked at.
    pub endpoint_id: EndpointId,
    /// When the scan began.
    pub at: Time,
    /// What its name resolved to.
    pub resolution: Result<Resolution, ResolveError>,
    /// What each address showed.
    pub observations: Vec<Observation>,
    /// What follows from it: findings, events. In the same transaction.
    pub changes: Vec<Change>,
}

/// What is known of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointState {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// When it was last looked at.
    pub looked_at: Time,
    /// Since when every look gave the same.
    pub since: Time,
    /// What its name resolved to, last.
    pub resolution: Result<Resolution, ResolveError>,
    /// Every address, in order of address.
    pub looks: Vec<Look>,
}

/// What one address shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Since when it shows this.
    pub since: Time,
    /// The observation as it was made when this began; its `at` is that of the last look at this address.
    pub observation: Observation,
}

/// One change of what an address shows.
#[derive(Clone, Debug, PartialEq)]
pub struct LookChange {
    /// When it was seen first.
    pub at: Time,
    /// The address.
    pub address: SocketAddr,
    /// What began; `None` where the name does not lead to the address any more.
    pub observation: Option<Observation>,
}

/// An observation as it is stored: its chain as fingerprints, the certificates once for all endpoints.
#[derive(Serialize, Deserialize)]
struct Stored {
    vantage: String,
    took: Span,
    outcome: StoredOutcome,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
enum StoredOutcome {
    Served {
        chain: Vec<Fingerprint>,
        version: u16,
        suite: u16,
        group: Option<u16>,
        possession: Possession,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incomplete: Option<Failure>,
    },
    Failed(Failure),
}

/// What is kept of an endpoint's state beside its rows.
#[derive(Serialize, Deserialize)]
struct StoredState {
    #[serde(flatten)]
    resolution: StoredResolution,
    /// Addresses that the last look did not come to, because the name servers did not name them: when each was looked at.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    earlier: BTreeMap<String, Time>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredResolution {
    Known(Resolution),
    Failed(ResolveError),
}

impl Store {
    /// Stores scans in bulk: one transaction for all, on the disk when this returns. Gives for each whether it was
    /// stored; it was not where its lease is lost.
    ///
    /// A scan that saw what the one before saw moves one row and adds none.
    ///
    /// # Errors
    /// A fault of the database; then nothing was stored.
    pub async fn record_looks(&self, scope: &Scope, scans: &[Looked]) -> Result<Vec<bool>, StoreError> {
        let reduced: Vec<Reduced<'_>> = scans.iter().map(reduce).collect();
        let mut deadlocks = Deadlocks::default();
        loop {
            match self.record_once(scope, scans, &reduced).await {
                Err(error) if deadlocks.again(&error) => {}
                outcome => return outcome,
            }
        }
    }

    async fn record_once(
        &self,
        scope: &Scope,
        scans: &[Looked],
        reduced: &[Reduced<'_>],
    ) -> Result<Vec<bool>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let held = self.release(&mut tx, scans).await?;
        let kept: Vec<&Reduced<'_>> =
            reduced.iter().zip(&held).filter(|(_, held)| **held).map(|(reduced, _)| reduced).collect();
        let same = self.unchanged(&mut tx, &kept).await?;
        let mut certificates = BTreeSet::new();
        let actor = Actor::Engine;
        let mut log = Log::new(self.dialect(), scope, Time::from_micros(0), &actor);
        for Reduced { looked, seen, digest } in kept {
            if !same.contains(looked.endpoint_id.as_bytes().as_slice()) {
                changed(&mut tx, scope, looked, (seen, digest), &mut certificates).await?;
            }
            log.at(looked.at);
            for change in &looked.changes {
                write(&mut tx, scope, looked.lease.as_ref(), looked.at, change).await?;
                if let Some(audit) = change.audit() {
                    log.append(&mut tx, audit).await?;
                }
            }
        }
        log.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(held)
    }

    /// Ends the leases of the scans that say when they are due again; says which scans may be stored.
    async fn release(&self, tx: &mut Tx, scans: &[Looked]) -> Result<Vec<bool>, StoreError> {
        let entries: Vec<serde_json::Value> = scans
            .iter()
            .filter_map(|looked| looked.lease.as_ref().zip(looked.next_due))
            .map(|(lease, due_at)| {
                serde_json::json!([lease.subject.hex(), lease.epoch, due_at.as_micros(), lease.kind])
            })
            .collect();
        let rows = tx.fetch(self.dialect().pick(dialect::RELEASE), values![json("batch", &entries)?]).await?;
        let released: BTreeSet<(String, Vec<u8>)> =
            rows.iter().map(|row| Ok((row.text(0)?, row.blob(1)?))).collect::<Result<_, StoreError>>()?;
        let mut held = Vec::with_capacity(scans.len());
        for looked in scans {
            held.push(match (&looked.lease, looked.next_due) {
                (None, _) => true,
                (Some(lease), Some(_)) => {
                    released.contains(&(lease.kind.to_owned(), lease.subject.bytes().to_vec()))
                }
                (Some(lease), None) => crate::task::fence(tx, self.dialect(), lease).await.is_ok(),
            });
        }
        Ok(held)
    }

    async fn unchanged(&self, tx: &mut Tx, scans: &[&Reduced<'_>]) -> Result<BTreeSet<Vec<u8>>, StoreError> {
        let entries: Vec<serde_json::Value> = scans
            .iter()
            .map(|Reduced { looked, digest, .. }| {
                serde_json::json!([hex(looked.endpoint_id.as_bytes()), looked.at.as_micros(), hex(digest)])
            })
            .collect();
        let rows =
            tx.fetch(self.dialect().pick(dialect::UNCHANGED), values![json("batch", &entries)?]).await?;
        rows.iter().map(|row| row.blob(0)).collect()
    }

    /// What is known of an endpoint; `None` before its first look.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoint_state(
        &self,
        scope: &Scope,
        endpoint: EndpointId,
    ) -> Result<Option<EndpointState>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT endpoint_id, looked_at, since, resolution FROM endpoint_states
                 WHERE endpoint_id = $1 AND scope = $2
                 AND ($3 IS NULL OR endpoint_id IN (SELECT id FROM endpoints WHERE owner_id = $3))",
                values![endpoint, scope.organisation, scope.owner],
            )
            .await?;
        Ok(self.states(scope, &rows).await?.pop())
    }

    /// What is known of the endpoints after `after`, by identity, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn endpoint_states_after(
        &self,
        scope: &Scope,
        after: Option<EndpointId>,
        limit: u32,
    ) -> Result<Vec<EndpointState>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT endpoint_id, looked_at, since, resolution FROM endpoint_states
                 WHERE scope = $1 AND endpoint_id > $3
                 AND ($2 IS NULL OR endpoint_id IN (SELECT id FROM endpoints WHERE owner_id = $2))
                 ORDER BY endpoint_id LIMIT $4",
                values![
                    scope.organisation,
                    scope.owner,
                    after.map_or_else(Vec::new, |id| id.as_bytes().to_vec()),
                    i64::from(limit)
                ],
            )
            .await?;
        self.states(scope, &rows).await
    }

    /// What changed at an endpoint, newest first, at most `limit`; where an instant is given, nothing of after it.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn look_changes(
        &self,
        scope: &Scope,
        endpoint: EndpointId,
        until: Option<Time>,
        limit: u32,
    ) -> Result<Vec<LookChange>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT address, at, document FROM look_changes WHERE endpoint_id = $1 AND scope = $2
                 AND ($3 IS NULL OR endpoint_id IN (SELECT id FROM endpoints WHERE owner_id = $3))
                 AND ($4 IS NULL OR at <= $4)
                 UNION ALL SELECT address, since, document FROM looks WHERE endpoint_id = $1 AND scope = $2
                 AND ($3 IS NULL OR endpoint_id IN (SELECT id FROM endpoints WHERE owner_id = $3))
                 AND ($4 IS NULL OR since <= $4)
                 ORDER BY 2 DESC, 1 LIMIT $5",
                values![endpoint, scope.organisation, scope.owner, until, i64::from(limit)],
            )
            .await?;
        let mut certificates = HashMap::new();
        let mut changes = Vec::with_capacity(rows.len());
        for row in &rows {
            let (address, at) = (parse_address(&row.text(0)?)?, row.time(1)?);
            let observation = match row.maybe_text(2)? {
                None => None,
                Some(text) => {
                    let stored: Stored = serde_json::from_str(&text)
                        .map_err(|source| StoreError::Document { what: "observation", source })?;
                    Some(self.observation(stored, (address, at), &mut certificates).await?)
                }
            };
            changes.push(LookChange { at, address, observation });
        }
        Ok(changes)
    }

    /// A certificate that is shown, or was as long ago as history is kept, DER.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn certificate(
        &self,
        scope: &Scope,
        fingerprint: Fingerprint,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT der FROM certificates WHERE fingerprint = $1 AND scope = $2",
                values![fingerprint, scope.organisation],
            )
            .await?;
        rows.first().map(|row| row.blob(0)).transpose()
    }

    async fn states(&self, scope: &Scope, rows: &[Row]) -> Result<Vec<EndpointState>, StoreError> {
        let mut certificates = HashMap::new();
        let mut looks = self.looks(scope, rows, &mut certificates).await?;
        let mut states = Vec::with_capacity(rows.len());
        for row in rows {
            let looked_at = row.time(1)?;
            let endpoint_id: EndpointId = row.id(0)?;
            let StoredState { resolution, earlier } = row.document(3, "resolution")?;
            let mut state = EndpointState {
                endpoint_id,
                looked_at,
                since: row.time(2)?,
                resolution: match resolution {
                    StoredResolution::Known(resolution) => Ok(resolution),
                    StoredResolution::Failed(error) => Err(error),
                },
                looks: Vec::new(),
            };
            for (address, since, stored) in looks.remove(&endpoint_id).unwrap_or_default() {
                let at = earlier.get(&address.to_string()).copied().unwrap_or(looked_at);
                let observation = self.observation(stored, (address, at), &mut certificates).await?;
                state.looks.push(Look { since, observation });
            }
            state.looks.sort_by_key(|look| look.observation.address);
            states.push(state);
        }
        Ok(states)
    }

    /// The looks at these endpoints, and their certificates, with one question each however many endpoints there are.
    async fn looks(
        &self,
        scope: &Scope,
        states: &[Row],
        certificates: &mut HashMap<Fingerprint, Vec<u8>>,
    ) -> Result<HashMap<EndpointId, Vec<(SocketAddr, Time, Stored)>>, StoreError> {
        let ids: Vec<EndpointId> = states.iter().map(|row| row.id(0)).collect::<Result<_, StoreError>>()?;
        let endpoints: Vec<String> = ids.iter().map(|id| hex(id.as_bytes())).collect();
        let rows = self
            .pool
            .fetch(
                self.dialect().pick(dialect::LOOKS),
                values![scope.organisation, json("identities", &endpoints)?],
            )
            .await?;
        let mut looks: HashMap<EndpointId, Vec<(SocketAddr, Time, Stored)>> = HashMap::new();
        let mut wanted: BTreeSet<Fingerprint> = BTreeSet::new();
        for row in &rows {
            let stored: Stored = row.document(3, "observation")?;
            if let StoredOutcome::Served { chain, .. } = &stored.outcome {
                wanted.extend(chain.iter().copied().filter(|one| !certificates.contains_key(one)));
            }
            looks.entry(row.id(0)?).or_default().push((parse_address(&row.text(1)?)?, row.time(2)?, stored));
        }
        let wanted: Vec<String> = wanted.iter().map(|one| hex(one.as_bytes())).collect();
        let rows = self
            .pool
            .fetch(
                self.dialect().pick(dialect::CERTIFICATES),
                values![scope.organisation, json("fingerprints", &wanted)?],
            )
            .await?;
        for row in &rows {
            let fingerprint = <[u8; 32]>::try_from(row.blob(0)?)
                .map_err(|_| StoreError::Damaged("a fingerprint has no 32 bytes".to_owned()))?;
            certificates.insert(Fingerprint::from_bytes(fingerprint), row.blob(1)?);
        }
        Ok(looks)
    }

    async fn observation(
        &self,
        stored: Stored,
        (address, at): (SocketAddr, Time),
        certificates: &mut HashMap<Fingerprint, Vec<u8>>,
    ) -> Result<Observation, StoreError> {
        let outcome = match stored.outcome {
            StoredOutcome::Failed(failure) => Outcome::Failed(failure),
            StoredOutcome::Served { chain, version, suite, group, possession, incomplete } => {
                let mut ders = Vec::with_capacity(chain.len());
                for fingerprint in chain {
                    ders.push(self.cached(fingerprint, certificates).await?);
                }
                Outcome::Served(Served {
                    chain: Arc::from(ders),
                    version,
                    suite,
                    group,
                    possession,
                    incomplete,
                    // Left out: it changes every few days, and a row would begin with each.
                    staple: Staple::Unknown,
                })
            }
        };
        Ok(Observation { at, vantage: stored.vantage, address, outcome, took: stored.took })
    }

    async fn cached(
        &self,
        fingerprint: Fingerprint,
        certificates: &mut HashMap<Fingerprint, Vec<u8>>,
    ) -> Result<Vec<u8>, StoreError> {
        if let Some(der) = certificates.get(&fingerprint) {
            return Ok(der.clone());
        }
        let der = self
            .certificate(&Scope::EVERYTHING, fingerprint)
            .await?
            .ok_or_else(|| StoreError::Damaged(format!("certificate {fingerprint} is missing")))?;
        certificates.insert(fingerprint, der.clone());
        Ok(der)
    }
}

/// Stores what is different, address by address.
async fn changed(
    tx: &mut Tx,
    scope: &Scope,
    looked: &Looked,
    (seen, digest): (&[Seen<'_>], &[u8]),
    certificates: &mut BTreeSet<Fingerprint>,
) -> Result<(), StoreError> {
    let known: BTreeMap<String, Vec<u8>> = tx
        .fetch("SELECT address, digest FROM looks WHERE endpoint_id = $1", values![looked.endpoint_id])
        .await?
        .iter()
        .map(|row| Ok((row.text(0)?, row.blob(1)?)))
        .collect::<Result<_, StoreError>>()?;
    for address in seen.iter().filter(|seen| known.get(&seen.address) != Some(&seen.digest)) {
        if known.contains_key(&address.address) {
            keep_as_history(tx, looked, &address.address).await?;
        }
        put_certificates(tx, scope, looked, address, certificates).await?;
        put_look(tx, scope, looked, address).await?;
    }
    for gone in known.keys().filter(|address| is_gone(address, looked, seen)) {
        keep_as_history(tx, looked, gone).await?;
        tx.execute(
            "DELETE FROM looks WHERE endpoint_id = $1 AND address = $2",
            values![looked.endpoint_id, gone.as_str()],
        )
        .await?;
        tx.execute(
            "INSERT INTO look_changes (endpoint_id, at, address, scope) VALUES ($1, $2, $3, $4)
             ON CONFLICT (endpoint_id, at, address) DO NOTHING",
            values![looked.endpoint_id, looked.at, gone.as_str(), scope.organisation],
        )
        .await?;
    }
    let not_named = known.keys().filter(|address| {
        !is_gone(address, looked, seen) && !seen.iter().any(|seen| seen.address == **address)
    });
    let earlier = earlier(tx, scope, looked, not_named.cloned().collect()).await?;
    let resolution = match &looked.resolution {
        Ok(resolution) => StoredResolution::Known(resolution.clone()),
        Err(error) => StoredResolution::Failed(error.clone()),
    };
    let state = StoredState { resolution, earlier };
    tx.execute(
        "INSERT INTO endpoint_states (endpoint_id, scope, looked_at, digest, since, resolution)
         VALUES ($1, $2, $3, $4, $3, $5)
         ON CONFLICT (endpoint_id) DO UPDATE SET looked_at = excluded.looked_at, digest = excluded.digest,
            since = excluded.since, resolution = excluded.resolution",
        values![looked.endpoint_id, scope.organisation, looked.at, digest, json("resolution", &state)?],
    )
    .await?;
    // Somebody has looked now; what follows from it is written with its findings.
    tx.execute(
        "UPDATE endpoints SET standing = 0 WHERE id = $1 AND scope = $2 AND standing = 1",
        values![looked.endpoint_id, scope.organisation],
    )
    .await?;
    Ok(())
}

/// When these addresses were looked at, which this look does not come to.
async fn earlier(
    tx: &mut Tx,
    scope: &Scope,
    looked: &Looked,
    addresses: Vec<String>,
) -> Result<BTreeMap<String, Time>, StoreError> {
    if addresses.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = tx
        .fetch(
            "SELECT looked_at, resolution FROM endpoint_states WHERE endpoint_id = $1 AND scope = $2",
            values![looked.endpoint_id, scope.organisation],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(BTreeMap::new()) };
    let (looked_at, before) = (row.time(0)?, row.document::<StoredState>(1, "resolution")?);
    let at = |address: &String| before.earlier.get(address).copied().unwrap_or(looked_at);
    Ok(addresses.into_iter().map(|address| (address.clone(), at(&address))).collect())
}

/// An address is gone when the name was resolved without it. A family that gave no answer takes nothing away (law 6).
fn is_gone(address: &str, looked: &Looked, seen: &[Seen<'_>]) -> bool {
    let Ok(resolution) = &looked.resolution else { return false };
    let family = match address.parse::<SocketAddr>() {
        Ok(SocketAddr::V6(_)) => Family::IPv6,
        _ => Family::IPv4,
    };
    let answered = resolution.failures.iter().all(|failure| failure.family != family);
    answered
        && !seen.iter().any(|seen| seen.address == address)
        && !resolution.addresses.iter().any(|known| known.to_string() == address)
}

/// Every certificate once; those of this transaction are not even asked for again.
async fn put_certificates(
    tx: &mut Tx,
    scope: &Scope,
    looked: &Looked,
    seen: &Seen<'_>,
    put: &mut BTreeSet<Fingerprint>,
) -> Result<(), StoreError> {
    let Outcome::Served(served) = &seen.observation.outcome else { return Ok(()) };
    for (fingerprint, der) in seen.fingerprints.iter().zip(served.chain.iter()) {
        if put.insert(*fingerprint) {
            tx.execute(
                "INSERT INTO certificates (fingerprint, scope, der, first_seen) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (fingerprint) DO NOTHING",
                values![*fingerprint, scope.organisation, der.as_slice(), looked.at],
            )
            .await?;
        }
    }
    Ok(())
}

async fn put_look(tx: &mut Tx, scope: &Scope, looked: &Looked, seen: &Seen<'_>) -> Result<(), StoreError> {
    let document = json("observation", &stored(seen))?;
    tx.execute(
        "INSERT INTO looks (endpoint_id, address, scope, since, digest, document) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (endpoint_id, address) DO UPDATE SET
            since = excluded.since, digest = excluded.digest, document = excluded.document",
        values![
            looked.endpoint_id,
            seen.address.as_str(),
            scope.organisation,
            looked.at,
            seen.digest.clone(),
            document.as_str()
        ],
    )
    .await?;
    Ok(())
}

/// What an address showed until now becomes history; what it shows now is history only when it ends.
async fn keep_as_history(tx: &mut Tx, looked: &Looked, address: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO look_changes (endpoint_id, at, address, scope, document)
         SELECT endpoint_id, since, address, scope, document FROM looks WHERE endpoint_id = $1 AND address = $2
         ON CONFLICT (endpoint_id, at, address) DO UPDATE SET document = excluded.document",
        values![looked.endpoint_id, address],
    )
    .await?;
    Ok(())
}

fn parse_address(text: &str) -> Result<SocketAddr, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged(format!("{text:?} is stored as an address")))
}
