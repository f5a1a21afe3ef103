//! Forgetting: what of a lineage's past may go, and why. A certificate that ended long ago goes with its order, its
//! deployments and its private key; what somebody or something may still come back to stays, however old.
//!
//! A certificate that has not ended always stays, with the order that says where it was issued: that it is ours is known
//! while it is valid, and while it is valid it can be revoked. The event log is not history of a lineage: it has a time of
//! its own.

use std::collections::BTreeSet;

use notafter_cert::{Fingerprint, Span, Time};

use super::Action;
use crate::model::{
    Act, Deployment, DeploymentId, Finding, KeyId, Lineage, Mode, Order, OrderId, Origin, PlaceId, Step,
    Version, VersionId, VersionState,
};

/// One thing that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forget {
    /// A deployment that is closed.
    Deployment(DeploymentId),
    /// A version that ended.
    Version(VersionId),
    /// An order that is closed.
    Order(OrderId),
    /// A private key, to be destroyed.
    Key(KeyId),
}

/// What is known of a lineage's past.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// The lineage; nothing where it was removed from the inventory.
    pub lineage: Option<&'a Lineage>,
    /// The places that there are, among those of the deployments.
    pub places: &'a BTreeSet<PlaceId>,
    /// Every version of it.
    pub versions: &'a [Version],
    /// Its orders: at least the open ones, and whichever may go.
    pub orders: &'a [Order],
    /// Its deployments: at least the open ones, the newest to each place, and whichever may go.
    pub deployments: &'a [Deployment],
    /// The open findings about it and its places.
    pub findings: &'a [Finding],
    /// Those of its leaves that some address showed when it was last looked at.
    pub served: &'a BTreeSet<Fingerprint>,
    /// How long what is over is kept.
    pub keep: Span,
    /// The instant of judgement.
    pub now: Time,
}

/// What may go: deployments first, then versions, their orders, and the keys that nothing has any more. Whoever removes
/// all of it at once leaves nothing that points to what is gone.
#[must_use]
pub fn forget(past: &Past<'_>) -> Vec<Action<Forget>> {
    let told: Vec<String> = past.findings.iter().map(words).collect();
    let (old, deployments): (Vec<_>, Vec<_>) =
        past.deployments.iter().partition(|one| past.is_done_with(one, &told));
    let mut gone: Vec<_> = old.into_iter().filter_map(|one| past.deployment(one)).collect();
    let newest = past.newest_versions();
    let (old, versions): (Vec<_>, Vec<_>) = past
        .versions
        .iter()
        .partition(|one| !past.is_needed(one, &newest, &deployments) && !is_told(&told, one));
    gone.extend(old.iter().map(|one| past.version(one)));
    let (closed, orders): (Vec<_>, Vec<_>) =
        past.orders.iter().partition(|one| past.is_without_use(one, &versions, &told));
    gone.extend(closed.iter().filter_map(|one| past.order(one)));
    let kept: BTreeSet<KeyId> = versions
        .iter()
        .filter_map(|version| version.key_id)
        .chain(orders.iter().map(|order| order.key_id))
        .collect();
    let keys: BTreeSet<KeyId> = old
        .iter()
        .filter_map(|version| version.key_id)
        .chain(closed.iter().map(|order| order.key_id))
        .collect();
    gone.extend(keys.difference(&kept).map(|key| Action {
        what: Forget::Key(*key),
        why: "no certificate of it is kept, and no order".to_owned(),
        not_before: past.now,
    }));
    gone
}

impl Past<'_> {
    /// Whether something that was over at this instant was kept long enough.
    fn is_kept_long_enough(&self, over_at: Time) -> bool {
        over_at + self.keep <= self.now
    }

    /// Versions that a person may go back to: the newest, and as many before it as the lineage keeps. One at the least:
    /// it tells that the present one is not the first.
    fn newest_versions(&self) -> BTreeSet<VersionId> {
        let Some(lineage) = self.lineage else { return BTreeSet::new() };
        let earlier = match &lineage.mode {
            Mode::Managed(spec) => spec.keep_versions.max(1),
            Mode::WatchOnly(_) => 1,
        };
        let mut versions: Vec<&Version> = self.versions.iter().collect();
        versions.sort_by_key(|version| std::cmp::Reverse((version.obtained_at, version.id)));
        let kept = usize::try_from(earlier).unwrap_or(usize::MAX).saturating_add(1);
        versions.into_iter().take(kept).map(|version| version.id).collect()
    }

    /// Whether a version is the present one, valid, one to go back to, served or installed somewhere; or was until lately.
    fn is_needed(
        &self,
        version: &Version,
        newest: &BTreeSet<VersionId>,
        deployments: &[&Deployment],
    ) -> bool {
        let of_lineage = self.lineage.is_some_and(|Lineage { current, renewal, .. }| {
            let window = renewal.ari.as_ref().map(|window| window.version);
            let back = renewal.rolled_back.as_ref().map(|back| back.version);
            version.state == VersionState::Current || [*current, window, back].contains(&Some(version.id))
        });
        of_lineage
            || !self.is_kept_long_enough(over_at(version))
            || newest.contains(&version.id)
            || deployments.iter().any(|one| speaks_of(one, version))
            || self.served.contains(&version.fingerprint)
    }

    /// Whether a deployment is history and nothing else. Of each place there is, the newest stays, the newest that knows
    /// what was there before, and the newest whose files lie there.
    fn is_done_with(&self, deployment: &Deployment, told: &[String]) -> bool {
        let over = deployment.closed_at.is_some_and(|at| self.is_kept_long_enough(at));
        if !over || is_mentioned(told, &deployment.id.to_string()) {
            return false;
        }
        let later = || {
            let same_place = |one: &&Deployment| one.place_id == deployment.place_id;
            self.deployments.iter().filter(same_place).filter(|one| one.id > deployment.id)
        };
        let followed = later().any(|one| one.snapshot.is_some()) && later().any(is_installed);
        followed || !self.places.contains(&deployment.place_id)
    }

    /// Whether an order ended, and nothing came of it that is kept.
    fn is_without_use(&self, order: &Order, versions: &[&Version], told: &[String]) -> bool {
        let over = order.closed_at.is_some_and(|at| self.is_kept_long_enough(at));
        let under_way = self.lineage.is_some_and(|lineage| lineage.renewal.order == Some(order.id));
        let issued = |version: &&Version| version.origin == Origin::Order { order: order.id };
        over && !under_way && !versions.iter().any(issued) && !is_mentioned(told, &order.id.to_string())
    }

    fn deployment(&self, deployment: &Deployment) -> Option<Action<Forget>> {
        let closed_at = deployment.closed_at?;
        let since = match self.places.contains(&deployment.place_id) {
            true => "a later one is installed at its place",
            false => "its place is gone",
        };
        Some(Action {
            what: Forget::Deployment(deployment.id),
            why: format!("it was closed at {}, and {since}", closed_at.for_people()),
            not_before: closed_at + self.keep,
        })
    }

    fn version(&self, version: &Version) -> Action<Forget> {
        Action {
            what: Forget::Version(version.id),
            why: format!(
                "it ended at {}, is served nowhere, and nobody goes back to it",
                version.not_after.for_people()
            ),
            not_before: over_at(version) + self.keep,
        }
    }

    fn order(&self, order: &Order) -> Option<Action<Forget>> {
        let closed_at = order.closed_at?;
        Some(Action {
            what: Forget::Order(order.id),
            why: format!("it was closed at {}, and no certificate of it is kept", closed_at.for_people()),
            not_before: closed_at + self.keep,
        })
    }
}

/// What was found on a disk after its end is not over before it was found.
fn over_at(version: &Version) -> Time {
    version.not_after.max(version.obtained_at)
}

/// Whether this deployment's files lie where the product reads them, as far as nothing came later. One whose log does not
/// tell any more is taken for none.
fn is_installed(deployment: &Deployment) -> bool {
    let last = deployment.log.iter().rev().map(|record| record.act).find(|act| *act != Act::Other);
    matches!(deployment.step, Step::Activated | Step::Proven | Step::Retired)
        || deployment.proven_at.is_some()
        || last == Some(Act::Swapped)
}

fn speaks_of(deployment: &Deployment, version: &Version) -> bool {
    let leaf = Some(version.fingerprint);
    deployment.version_id == version.id
        || deployment.proofs.iter().any(|proof| proof.before == leaf || proof.now == leaf)
}

/// Everything that a finding says with an identity in it.
fn words(finding: &Finding) -> String {
    format!("{} {}", finding.violation.cause, finding.violation.evidence)
}

fn is_told(told: &[String], version: &Version) -> bool {
    is_mentioned(told, &version.id.to_string()) || is_mentioned(told, &version.fingerprint.to_string())
}

fn is_mentioned(told: &[String], identity: &str) -> bool {
    told.iter().any(|words| words.contains(identity))
}

#[cfg(test)]
mod tests;
