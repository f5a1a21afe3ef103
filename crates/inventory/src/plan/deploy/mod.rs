//! Deploying: the next step of a deployment, and what an executed step means for it.
//!
//! `next` says what to do; whoever did it reports with one of the functions of `progress`, and stores the deployment
//! before anything else is done. Law 4 lives here: only the wire closes the case, and the old pair comes back only where
//! an address became worse and the old pair is still worth having.

mod progress;
mod proof;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use notafter_cert::{Fingerprint, Span, Time, pem};
use notafter_tls::Target;

use super::Action;
use super::ahead::within;
use crate::model::{
    Act, AddressProof, Deployment, DeploymentId, Place, ProofState, Step, Version, VersionState,
};

pub use progress::{
    Sight, activated, begun_again, changed_settings_wait, dropped, failed, failed_reload, forget_others,
    last_failure, proved, refused, restored, restoring, staged, stuck_hint, superseded, tells, told_in_vain,
    validated,
};
pub use proof::{Expected, Seen};

/// Rounds of looking after an activation in which other findings than proof are normal: products reload in their own
/// time. About half a minute.
pub const SETTLING_ROUNDS: u32 = 5;

/// Looks in a row that must find an address worse before the old pair is put back.
pub const ROUNDS_TO_RESTORE: u32 = 3;

/// Looks in a row at which an address must refuse before that is told, and its endpoints are looked at ahead of their turn:
/// a product that is restarted refuses for a moment.
const ROUNDS_REFUSED: u32 = 2;

/// Every address is looked at once more this long after it was proven: a node may come back with an old image.
const SECOND_LOOK: Span = Span::hours(24);

/// An address that the name no longer leads to is waited for this long.
const FORGET_UNRESOLVED: Span = Span::hours(24);

/// What the plan is told besides the deployment itself.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Where it goes.
    pub place: &'a Place,
    /// What is installed.
    pub version: &'a Version,
    /// Every version of the lineage: some may be revoked.
    pub versions: &'a [Version],
    /// Keys that must not be served (SHA-256 of the SPKI, hexadecimal).
    pub blocked_keys: &'a [String],
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Look at every address, and record what is installed.
    Snapshot,
    /// Lay the new files beside the old ones.
    Stage,
    /// Swap them and tell the product.
    Activate,
    /// Look at every address.
    Prove,
    /// Tell the product again, then look at every address.
    ActivateAgain,
    /// Put the old pair back, then look at every address.
    Restore,
    /// Begin anew from the snapshot: what was restored will not do much longer.
    BeginAgain,
    /// Nothing, until a person or a newer version changes something.
    Rest,
}

/// A deployment of this version to this place, about to begin.
#[must_use]
pub fn open(id: DeploymentId, version: &Version, place: &Place, now: Time) -> Deployment {
    Deployment {
        id,
        version_id: version.id,
        lineage_id: version.lineage_id,
        place_id: place.id,
        step: Step::Issued,
        snapshot: None,
        proofs: Vec::new(),
        log: Vec::new(),
        attempts: 0,
        next_at: None,
        opened_at: now,
        unresolved: Vec::new(),
        proven_at: None,
        closed_at: None,
    }
}

/// The next step. Whatever is due now has `not_before <= now`.
#[must_use]
pub fn next(deployment: &Deployment, facts: Circumstances<'_>, now: Time) -> Action<What> {
    let planned = planned(deployment, now);
    let act = |what: What, why: &str| Action { what, why: why.to_owned(), not_before: planned };
    let rest = |why: &str| Action { what: What::Rest, why: why.to_owned(), not_before: now };
    if deployment.closed_at.is_some() {
        return rest("the case is closed");
    }
    if let Some(why) = may_not_be_installed(facts, now)
        && deployment.step < Step::Activated
    {
        return rest(&why);
    }
    match deployment.step {
        Step::Issued => act(What::Snapshot, "the version is new to this place"),
        Step::Staged => act(What::Stage, "what was there is recorded"),
        Step::Validated => act(What::Activate, "the new files lie ready"),
        Step::Activated if facts.place.endpoints.is_empty() => {
            rest("the place names no endpoint: nothing can prove it")
        }
        Step::Activated => match worth_restoring(deployment, facts, now) {
            Some(proof) => Action {
                what: What::Restore,
                why: format!("{} became worse: {}", deployment.shown(proof), proof.detail),
                not_before: now,
            },
            None if progress::tells_again(deployment.attempts) && may_need_telling(deployment) => {
                act(What::ActivateAgain, "an address still serves something else")
            }
            None => act(What::Prove, "only the wire shows what is served"),
        },
        Step::Proven => act(What::Prove, "every address is looked at once more a day later"),
        Step::Restored => after_restoration(deployment, facts, now),
        Step::Retired | Step::Superseded => rest("the case is closed"),
    }
}

/// When the next step is due. What a clock that was ahead put off is not waited for.
fn planned(deployment: &Deployment, now: Time) -> Time {
    let longest = if deployment.step == Step::Proven { SECOND_LOOK } else { progress::LONGEST_PAUSE };
    deployment.next_at.map_or(now, |next| within(next, longest, now))
}

/// Why this version must not be installed now, if so.
#[must_use]
pub fn may_not_be_installed(facts: Circumstances<'_>, now: Time) -> Option<String> {
    let version = facts.version;
    match version.state {
        VersionState::Revoked => Some("the version is revoked".to_owned()),
        VersionState::Retired => Some("the version's key was destroyed".to_owned()),
        _ if version.key_id.is_none() => Some("the version's key is not ours".to_owned()),
        _ if now > version.not_after => {
            Some(format!("the version expired at {}", version.not_after.for_people()))
        }
        _ if key_of(version).is_some_and(|key| facts.blocked_keys.contains(&key)) => {
            Some("the version's key is blocked".to_owned())
        }
        _ => None,
    }
}

fn key_of(version: &Version) -> Option<String> {
    let leaf = pem::chain_from(version.chain_pem.as_bytes()).ok()?.into_iter().next()?;
    notafter_cert::Certificate::parse(&leaf).ok().map(|leaf| proof::key_id(&leaf))
}

/// Why an address would become worse with this version, where that is known before a file is touched: the old pair, which
/// would only be put back, is served on. Once that ends soon, even a doubtful new pair is worth a try.
#[must_use]
pub fn foreseen_worse(
    deployment: &Deployment,
    facts: Circumstances<'_>,
    expected: Expected<'_>,
    now: Time,
) -> Option<String> {
    let worse = deployment.proofs.iter().find_map(|proof| {
        let is_due = proof.before_not_after.is_none_or(|end| now >= last_try(end, facts.version));
        if is_due || !old_is_usable(proof, facts, now) {
            return None;
        }
        let seen = Seen::foreseen(expected, &proof.target.expected_name(), now);
        let (state, detail) = seen.judge(proof, expected);
        (state == ProofState::Worse).then(|| (deployment.shown(proof), detail, proof.before_not_after))
    });
    let (address, detail, end) = worse?;
    let which = detail.strip_prefix("serves the new certificate").unwrap_or(&detail);
    let kept = end.map_or_else(String::new, |end| format!(" (until {})", end.for_people()));
    Some(format!(
        "{address} would become worse with the new certificate{which}: nothing was touched, and what is served stays{kept}"
    ))
}

/// Until then the old pair is the better one.
fn last_try(end: Time, version: &Version) -> Time {
    end - version.lifetime().share(1, 8).min(Span::hours(24))
}

/// An address that became worse and stayed so, whose old certificate is valid, not revoked, its key not blocked. What
/// breaks after every address was proven once was not broken by the deployment.
fn worth_restoring<'a>(
    deployment: &'a Deployment,
    facts: Circumstances<'_>,
    now: Time,
) -> Option<&'a AddressProof> {
    if deployment.snapshot.is_none() || deployment.proven_at.is_some() {
        return None;
    }
    deployment.proofs.iter().find(|proof| {
        proof.state == ProofState::Worse
            && proof.worse_rounds >= ROUNDS_TO_RESTORE
            && old_is_usable(proof, facts, now)
    })
}

fn old_is_usable(proof: &AddressProof, facts: Circumstances<'_>, now: Time) -> bool {
    let revoked = |leaf: Fingerprint| {
        facts
            .versions
            .iter()
            .any(|version| version.fingerprint == leaf && version.state == VersionState::Revoked)
    };
    let blocked = |key: &String| facts.blocked_keys.contains(key);
    proof.before_not_after.is_some_and(|end| now <= end)
        && !proof.before.is_some_and(revoked)
        && !proof.before_key.as_ref().is_some_and(blocked)
}

fn after_restoration(deployment: &Deployment, facts: Circumstances<'_>, now: Time) -> Action<What> {
    let planned = planned(deployment, now);
    if !is_restored(deployment) {
        let why = "the old pair is not served again everywhere".to_owned();
        return Action { what: What::Restore, why, not_before: planned };
    }
    if let Some(why) = may_not_be_installed(facts, now) {
        return Action { what: What::Rest, why, not_before: now };
    }
    let ends = deployment.proofs.iter().filter_map(|proof| proof.before_not_after).min();
    let Some(end) = ends else {
        let why = "the old pair is served again; a person must look".to_owned();
        return Action { what: What::Rest, why, not_before: now };
    };
    // After it, even a doubtful new pair is worth another try.
    Action {
        what: What::BeginAgain,
        why: format!("the old pair, served again, expires at {}", end.for_people()),
        not_before: last_try(end, facts.version).max(planned),
    }
}

/// Whether no address is worse than before any more.
#[must_use]
pub fn is_restored(deployment: &Deployment) -> bool {
    !deployment.proofs.iter().any(|proof| matches!(proof.state, ProofState::Worse | ProofState::Pending))
}

/// Whether what an address became is still being mended: too few looks in a row found it worse for the old pair to be put
/// back, or that was put back and is not seen everywhere yet. Whoever waits sees it to its end; after the settling it is for
/// the retries.
#[must_use]
pub fn is_being_mended(deployment: &Deployment) -> bool {
    let undecided =
        |proof: &AddressProof| proof.state == ProofState::Worse && proof.worse_rounds < ROUNDS_TO_RESTORE;
    match deployment.step {
        Step::Activated => {
            deployment.snapshot.is_some()
                && deployment.proven_at.is_none()
                && deployment.proofs.iter().any(undecided)
        }
        Step::Restored => !is_restored(deployment) && deployment.attempts <= SETTLING_ROUNDS,
        _ => false,
    }
}

/// Why the old pair was put back, where it was.
#[must_use]
pub fn put_back_because(deployment: &Deployment) -> Option<&str> {
    let begun = deployment.log.iter().rev().find(|record| record.act == Act::Restoring);
    let begun = begun.filter(|_| deployment.step == Step::Restored)?;
    Some(begun.what.strip_prefix(progress::RESTORING).unwrap_or(&begun.what))
}

/// Why an address stays worse than it was and the old pair is not put back, where that is so.
#[must_use]
pub fn not_put_back_because(deployment: &Deployment, now: Time) -> Option<&'static str> {
    let worse = deployment.proofs.iter().find(|proof| proof.state == ProofState::Worse)?;
    if deployment.step != Step::Activated || is_being_mended(deployment) {
        return None;
    }
    Some(match worse.before_not_after {
        _ if deployment.proven_at.is_some() => {
            "every address had served the new certificate before: what broke it came later"
        }
        None => "what was served before is not known",
        Some(end) if now > end => "what was served before has expired",
        Some(_) => "what was served before is revoked, or its key is blocked",
    })
}

/// The addresses that refuse: what the endpoints of the place are known to answer is out of date when these change.
#[must_use]
pub fn refusing(deployment: &Deployment) -> BTreeSet<SocketAddr> {
    deployment.proofs.iter().filter(|proof| refuses(proof)).map(|proof| proof.address).collect()
}

/// Whether it refuses or resets connections, and not by chance.
#[must_use]
pub const fn refuses(proof: &AddressProof) -> bool {
    proof.refused_rounds >= ROUNDS_REFUSED
}

fn may_need_telling(deployment: &Deployment) -> bool {
    awaited(deployment).any(|proof| matches!(proof.state, ProofState::Stale | ProofState::Worse))
}

/// The addresses that must be proven: all that were ever resolved, but for those that left DNS a day ago, and those of a
/// family that this machine has no route to (where another address of the same target can be looked at).
pub fn awaited(deployment: &Deployment) -> impl Iterator<Item = &AddressProof> {
    deployment.proofs.iter().filter(move |proof| {
        let of_target = || deployment.proofs.iter().filter(|other| other.target == proof.target);
        let latest = of_target().filter_map(|other| other.resolved_at).max();
        let gone = match (proof.resolved_at, latest) {
            (Some(at), Some(latest)) => latest.since(at) >= FORGET_UNRESOLVED,
            _ => false,
        };
        let unseeable = proof.no_route && of_target().any(|other| !other.no_route);
        !gone && !unseeable
    })
}

/// Whether every endpoint of the place has an address, and every awaited address is proven.
#[must_use]
pub fn is_proven(deployment: &Deployment, place: &Place) -> bool {
    let of_target = |target: &Target| awaited(deployment).any(|proof| proof.target == *target);
    !place.endpoints.is_empty()
        && place.endpoints.iter().all(of_target)
        && awaited(deployment).all(|proof| proof.state == ProofState::Proven)
}

#[cfg(test)]
mod tests;
