//! The one way to write.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_cert::Time;
use notafter_inventory::model::Actor;

use crate::entity::lineage::advance;
use crate::event::Log;
use crate::sql::Tx;
use crate::{Change, Lease, Scope, Store, StoreError, clock, entity, revision, task};

/// Each time somebody else got on instead.
const MOST_DEADLOCKS: u32 = 10;

impl Store {
    /// Writes all the changes, or none: one transaction, on the disk when this returns. What a task writes of its judgement
    /// alone, and that it is due again, does not wait for the disk: where a power cut loses it, the task is due again at the
    /// next start and judges anew.
    ///
    /// With a lease, everything fails unless the lease still holds (its epoch is the task's): a worker that was believed
    /// dead cannot overwrite what its successor did.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::Overtaken`], [`StoreError::Duplicate`] for a name that is taken, or a fault of the database.
    pub async fn apply(
        &self,
        scope: &Scope,
        lease: Option<&Lease>,
        at: Time,
        actor: &Actor,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        if let (Some(lease), [only]) = (lease, changes)
            && let Some(put_back) = self.put_back(scope, lease, only).await
        {
            return put_back;
        }
        let mut deadlocks = Deadlocks::default();
        loop {
            match self.apply_once(scope, lease, at, actor, changes).await {
                Err(error) if deadlocks.again(&error) => {}
                outcome => return outcome,
            }
        }
    }

    /// Boxed, so that it is compiled here once, and not in every crate that writes.
    fn apply_once<'a>(
        &'a self,
        scope: &'a Scope,
        lease: Option<&'a Lease>,
        at: Time,
        actor: &'a Actor,
        changes: &'a [Change],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let waits_for_disk = !changes.iter().all(Change::is_judged_anew);
            let mut tx = match lease {
                Some(lease) => self.pool.begin_under(lease, waits_for_disk).await?,
                None => self.pool.begin().await?,
            };
            revision::advance(&mut tx, scope, changes).await?;
            let mut log = Log::new(self.dialect(), scope, at, actor);
            for change in changes {
                write(&mut tx, scope, lease, at, change).await?;
                let by_hand = actor.is_by_hand().then(|| change.audit_by_hand()).flatten();
                if let Some(audit) = change.audit().or(by_hand) {
                    log.append(&mut tx, audit).await?;
                }
            }
            log.finish(&mut tx).await?;
            tx.commit().await
        }
        .boxed()
    }
}

/// Counts how often PostgreSQL ended a transaction because it waited for others that waited for it. Whoever is asked to write
/// has all that he writes at hand, and writes it again.
#[derive(Default)]
pub(crate) struct Deadlocks(u32);

impl Deadlocks {
    /// Whether what failed so is written again.
    pub(crate) fn again(&mut self, error: &StoreError) -> bool {
        self.0 += 1;
        error.is_deadlock() && self.0 < MOST_DEADLOCKS
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "a line for each change; two functions could not be seen to miss none"
)]
pub(crate) async fn write(
    tx: &mut Tx,
    scope: &Scope,
    lease: Option<&Lease>,
    at: Time,
    change: &Change,
) -> Result<(), StoreError> {
    match change {
        Change::PutOwner(owner) => entity::owner::put(tx, scope, owner).await,
        Change::RemoveOwner(id) => entity::owner::remove(tx, scope, *id).await,
        Change::PutChannel(channel) => entity::channel::put(tx, scope, channel).await,
        Change::RemoveChannel(id) => entity::channel::remove(tx, scope, *id).await,
        Change::PutIssuer(_)
        | Change::PutAccount(..)
        | Change::PutAuthority { .. }
        | Change::RemoveIssuer(_) => entity::issuer::write(tx, scope, change).await,
        Change::PutCriticality(rule) => entity::criticality::put(tx, scope, rule).await,
        Change::RemoveCriticality(label) => entity::criticality::remove(tx, scope, label).await,
        Change::PutEndpoint(endpoint) => entity::endpoint::put(tx, scope, endpoint).await,
        Change::RemoveEndpoint(id) => entity::endpoint::remove(tx, scope, *id).await,
        Change::PutLineage(lineage) => entity::lineage::put(tx, scope, lineage).await,
        Change::Advance { lineage, before, after } => advance(tx, scope, *lineage, (before, after)).await,
        Change::RemoveLineage(id) => entity::lineage::remove(tx, scope, *id).await,
        Change::PutVersion(version) => entity::version::put(tx, scope, version).await,
        Change::RemoveVersion(id) => entity::version::remove(tx, scope, *id).await,
        Change::PutKey { id, holds, kek_id, sealed } => {
            entity::key::put(tx, scope, at, (*id, *holds), (kek_id, sealed)).await
        }
        Change::PutDerivation(derived) => entity::derivation::put(tx, scope, derived.as_ref()).await,
        Change::DestroyKey(id) => entity::key::destroy(tx, scope, at, *id).await,
        Change::PutOrder(order) => entity::order::put(tx, scope, order).await,
        Change::RemoveOrder(id) => entity::order::remove(tx, scope, *id).await,
        Change::PutCharge(charge) => entity::charge::put(tx, scope, std::slice::from_ref(charge)).await,
        Change::PutPlace(place) => entity::place::put(tx, scope, place).await,
        Change::RemovePlace(id) => entity::place::remove(tx, scope, *id).await,
        Change::PutDeployment(deployment) => entity::deployment::put(tx, scope, deployment).await,
        Change::RemoveDeployment(id) => entity::deployment::remove(tx, scope, *id).await,
        Change::PutFinding(finding) => entity::finding::put(tx, scope, finding).await,
        Change::PutSecret { name, kek_id, sealed } => {
            entity::key::put_secret(tx, scope, at, name, (kek_id, sealed)).await
        }
        Change::MakeSecret { name, kek_id, sealed } => {
            entity::key::make_secret(tx, scope, at, name, (kek_id, sealed)).await
        }
        Change::RemoveSecret(name) => entity::key::remove_secret(tx, scope, name).await,
        Change::PutManifest(manifest) => entity::manifest::put(tx, scope, manifest).await,
        Change::PutAlert(alert) => entity::alert::put(tx, scope, alert).await,
        Change::PutDelivery(delivery) => entity::delivery::put(tx, scope, delivery).await,
        Change::PutPath(path) => entity::path::put(tx, scope, path).await,
        Change::PutPings { before, after } => entity::ping::put(tx, scope, before.as_ref(), after).await,
        Change::PutSilence(silence) => entity::silence::put(tx, scope, silence).await,
        Change::RemoveSilence(id) => entity::silence::remove(tx, scope, *id).await,
        Change::PutIncident(incident) => entity::incident::put(tx, scope, incident).await,
        Change::PutMaintenance(maintenance) => entity::maintenance::put(tx, scope, maintenance).await,
        Change::PutDrill(drill) => entity::drill::put(tx, scope, drill).await,
        Change::SpendLink(spent) => entity::link::spend(tx, scope, spent).await,
        Change::Subscription(change) => entity::subscriber::write(tx, scope, change).await,
        Change::Public(public) => entity::public::write(tx, scope, public).await,
        Change::Acknowledging(change) => entity::ownership::write(tx, scope, change).await,
        Change::Access(access) => entity::access::write(tx, scope, at, access).await,
        Change::Answering(answering) => entity::answer::write(tx, scope, at, answering).await,
        Change::SetBackClock(by) => clock::set_back(tx, scope, at, *by).await,
        Change::Schedule { .. } | Change::Unschedule { .. } | Change::BringForward { .. } => {
            task::write(tx, scope, (lease, at), change).await
        }
        Change::PutTrust { anchors, .. } => entity::trust::put(tx, scope, *anchors).await,
        // Looked at before anything is written.
        Change::Upon(_) | Change::Event { .. } => Ok(()),
    }
}
