//! What an executed step means for the deployment. Whoever calls these stores the deployment before doing more.

use std::net::SocketAddr;

use notafter_cert::path::Anchors;
use notafter_cert::{Span, Time};
use notafter_tls::Target;
use notafter_tls::observation::{FailureKind, Observation, Outcome};

use super::proof::{Expected, Seen, UNCOVERED, empty};
use super::{Circumstances, SECOND_LOOK, SETTLING_ROUNDS, is_proven, is_restored, planned};
use crate::model::{Act, AddressProof, Deployment, Place, ProofState, Step, StepRecord};

/// The log keeps this many records.
const LONGEST_LOG: usize = 100;

/// Seconds between rounds of looking: quickly while the product reloads, patiently afterwards, never given up.
const ROUNDS: [i64; 12] = [1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 1800, 3600];

/// How the record of a restoration begins; why follows.
pub(super) const RESTORING: &str = "put back because ";

const A_MOMENT: Span = Span::seconds(5);

/// The first pause after a step that failed; it doubles.
const FIRST_PAUSE: Span = Span::seconds(10);
pub(super) const LONGEST_PAUSE: Span = Span::hours(1);

/// The reload reached what serves the other addresses.
const ANOTHER_NODE: &str = "Give the node at the address named the new certificate, or reload it there: the reload of the place \
     ended well, and other addresses serve the new certificate.";

/// It is served as it should be, and not what is asked for there.
const ANOTHER_NAME: &str = "The new certificate is served there and does not carry the name: put the name into the lineage's \
     identifiers, or take the endpoint out of the place.";

/// It reached nothing that is seen.
const ANOTHER_RELOAD: &str = "Reload the server at the address named by hand. The reload of the place ended well and changed \
     nothing there: is it the right one for the process that listens, and does that process read the files of the place?";

/// What was seen of one endpoint of the place in one round.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The endpoint.
    pub target: Target,
    /// The addresses that its name led to now, or why it led nowhere.
    pub resolved: Result<Vec<SocketAddr>, String>,
    /// A look at each of these, and at each address known from before.
    pub looks: Vec<Observation>,
}

/// The snapshot is taken, and every address was looked at.
pub fn staged(
    deployment: &mut Deployment,
    snapshot: serde_json::Value,
    sights: &[Sight],
    anchors: &Anchors,
    now: Time,
) {
    deployment.snapshot = Some(snapshot);
    deployment.proofs = Vec::new();
    for sight in sights {
        let name = sight.target.expected_name();
        let baseline = |look: &Observation| Seen::of(look, &name, anchors).baseline(&sight.target, look);
        deployment.proofs.extend(sight.looks.iter().map(baseline));
    }
    note_unresolved(deployment, sights);
    let serving = match deployment.proofs.len() {
        1 => "1 address serves".to_owned(),
        number => format!("{number} addresses serve"),
    };
    let what = format!("recorded what is installed, and what {serving}");
    enter(deployment, Step::Staged, what, now);
}

/// The new files lie beside the old ones.
pub fn validated(deployment: &mut Deployment, now: Time) {
    enter(deployment, Step::Validated, "laid the new files beside the old ones".to_owned(), now);
}

/// The new files are live on disk, and the product was told, or could not be told.
pub fn activated(deployment: &mut Deployment, told: Result<(), String>, now: Time) {
    let (what, ok) = match told {
        Ok(()) => ("swapped the files and told the product".to_owned(), true),
        Err(error) => (format!("swapped the files; {error}"), false),
    };
    if deployment.step == Step::Activated {
        // Told again: the rounds go on. What is only repeated would push what matters out of the log.
        let repeated = deployment.log.iter().rev().take(2).any(|last| last.what == what);
        if !repeated {
            record(deployment, what, ok, now).act = Act::Swapped;
        }
        return;
    }
    for proof in &mut deployment.proofs {
        proof.state = ProofState::Pending;
        proof.since = None;
        proof.worse_rounds = 0;
        proof.made_worse = false;
    }
    let swapped = enter(deployment, Step::Activated, what, now);
    (swapped.ok, swapped.act) = (ok, Act::Swapped);
}

/// What to look at where the product was told to read the new files, said so, and an address is stale all the same.
#[must_use]
pub fn told_in_vain(place: &Place, deployment: &Deployment) -> Option<&'static str> {
    let uncovered = |proof: &AddressProof| proof.detail.starts_with(UNCOVERED);
    if deployment.step == Step::Activated && deployment.proofs.iter().any(uncovered) {
        return Some(ANOTHER_NAME);
    }
    let last = deployment.log.iter().rev().find(|record| record.act == Act::Swapped);
    let told = tells(place) && deployment.step == Step::Activated && last.is_some_and(|record| record.ok);
    let any = |state: ProofState| deployment.proofs.iter().any(|proof| proof.state == state);
    if !told || !any(ProofState::Stale) {
        return None;
    }
    Some(if any(ProofState::Proven) { ANOTHER_NODE } else { ANOTHER_RELOAD })
}

/// Whether anything makes the product read the files again.
#[must_use]
pub fn tells(place: &Place) -> bool {
    place.deployer != "files" || place.settings.get("reload").is_some_and(|reload| !reload.is_null())
}

/// When settings of a place are used that have just been changed, where its latest deployment has not used them yet.
#[must_use]
pub fn changed_settings_wait(place: &Place, latest: Option<&Deployment>, lineage: &str, now: Time) -> String {
    let at_once = format!("at once with `notafter deploy {lineage}`");
    match latest {
        None => "used when the first certificate is installed".to_owned(),
        // Where nothing can prove it, the product is told once.
        Some(latest)
            if latest.step == Step::Activated
                && latest.closed_at.is_none()
                && !place.endpoints.is_empty() =>
        {
            format!("used the next time that the product is told to read its files; {at_once}")
        }
        Some(latest) if latest.closed_at.is_some() || latest.step >= Step::Activated => {
            format!("used when the next certificate is installed; {at_once}")
        }
        Some(latest) => match planned(latest, now) {
            at if at > now => format!("used at the next attempt, {}; {at_once}", at.for_people()),
            _ => "used at the next attempt, which is about to begin".to_owned(),
        },
    }
}

/// How the product last failed to read the new files again, if the last try failed: why an address may be stale.
#[must_use]
pub fn failed_reload(deployment: &Deployment) -> Option<&StepRecord> {
    let last = deployment.log.iter().rev().find(|record| record.act == Act::Swapped);
    last.filter(|record| !record.ok && deployment.step == Step::Activated)
}

/// What failed last, where that is why the deployment does not get on: the product did not read its files, or nothing was
/// touched.
#[must_use]
pub fn last_failure(deployment: &Deployment) -> Option<&StepRecord> {
    let stuck = deployment.log.last().filter(|last| !last.ok && deployment.step < Step::Activated);
    failed_reload(deployment).or(stuck)
}

/// The present step failed and changed nothing; it is tried again.
pub fn failed(deployment: &mut Deployment, why: String, now: Time) {
    record(deployment, why, false, now);
    let doublings = deployment.attempts.min(16);
    deployment.attempts = deployment.attempts.saturating_add(1);
    let pause = FIRST_PAUSE.share(1 << doublings, 1).min(LONGEST_PAUSE);
    deployment.next_at = Some(now + pause);
}

/// Nothing is touched, because an address would become worse; it is tried again, as what stands in the way may be mended.
pub fn refused(deployment: &mut Deployment, why: String, now: Time) {
    failed(deployment, why, now);
    if let Some(last) = deployment.log.last_mut() {
        last.act = Act::Refused;
    }
}

/// What a person can do about a deployment that did not get so far that anything was touched, with the command to type.
#[must_use]
pub fn stuck_hint(deployment: &Deployment, lineage: &str) -> Option<String> {
    let last = deployment.log.last()?;
    if last.ok || deployment.step >= Step::Activated || deployment.closed_at.is_some() {
        return None;
    }
    let again = format!("then install it: notafter deploy {lineage}");
    Some(match last.act {
        Act::Refused => format!(
            "get another certificate: notafter renew {lineage} --force; or mend what the address is judged by (`trust` of the \
             endpoint, or the setting `trust`, names a root that is missing), {again}"
        ),
        _ => format!("mend that, {again}"),
    })
}

/// The old pair is about to be put back: stored before it is touched, so that a crash in between is resumed.
pub fn restoring(deployment: &mut Deployment, why: &str, now: Time) {
    if deployment.step != Step::Restored {
        enter(deployment, Step::Restored, format!("{RESTORING}{why}"), now).act = Act::Restoring;
        for proof in &mut deployment.proofs {
            proof.worse_rounds = 0;
            proof.made_worse = proof.state == ProofState::Worse;
        }
    }
}

/// The old pair was put back, or could not be put back yet; either way every address is looked at next.
pub fn restored(deployment: &mut Deployment, put_back: Result<(), String>, now: Time) {
    let (what, ok) = match put_back {
        Ok(()) => ("put the old pair back".to_owned(), true),
        Err(error) => (format!("could not put the old pair back: {error}"), false),
    };
    deployment.next_at = None;
    record(deployment, what, ok, now);
}

/// The restored pair will not do much longer: from the snapshot again.
pub fn begun_again(deployment: &mut Deployment, now: Time) {
    deployment.snapshot = None;
    enter(deployment, Step::Issued, "began anew".to_owned(), now);
}

/// A newer deployment to the same place takes over.
pub fn superseded(deployment: &mut Deployment, now: Time) {
    enter(deployment, Step::Superseded, "a newer deployment to this place took over".to_owned(), now);
    deployment.closed_at = Some(now);
}

/// Nobody looks after its place any more.
pub fn dropped(deployment: &mut Deployment, now: Time) {
    enter(deployment, Step::Superseded, "the place is not looked after any more".to_owned(), now);
    deployment.closed_at = Some(now);
}

/// What is not to be proved at this place any more is no more of the case; where anything was, what is left is looked at now.
pub fn forget_others(deployment: &mut Deployment, place: &Place, now: Time) {
    let known = (deployment.proofs.len(), deployment.unresolved.len());
    let is_of_it = |target: &Target| place.endpoints.contains(target);
    deployment.proofs.retain(|proof| is_of_it(&proof.target));
    deployment.unresolved.retain(|(target, _)| is_of_it(target));
    if known != (deployment.proofs.len(), deployment.unresolved.len()) {
        deployment.next_at = deployment.next_at.map(|at| at.min(now));
    }
}

/// Every address was looked at after the activation, or after the restoration.
pub fn proved(
    deployment: &mut Deployment,
    facts: Circumstances<'_>,
    sights: &[Sight],
    expected: Expected<'_>,
    now: Time,
) {
    for sight in sights {
        take_in(deployment, sight, expected, now);
    }
    note_unresolved(deployment, sights);
    let done = match deployment.step {
        Step::Restored => is_restored(deployment),
        _ => is_proven(deployment, facts.place),
    };
    match (deployment.step, done) {
        (Step::Restored, true) => {
            record(deployment, "no address is worse than before any more".to_owned(), true, now);
            deployment.attempts = 0;
            deployment.next_at = None;
        }
        (Step::Proven, true) => {
            enter(deployment, Step::Retired, "every address was proven once more".to_owned(), now);
            deployment.closed_at = Some(now);
        }
        (_, true) => {
            let what = format!("every address serves it: {}", deployment.proofs.len());
            enter(deployment, Step::Proven, what, now);
            deployment.proven_at.get_or_insert(now);
            deployment.next_at = Some(now + SECOND_LOOK.min(facts.version.lifetime().share(1, 4)));
        }
        (step, false) => {
            if step == Step::Proven {
                enter(
                    deployment,
                    Step::Activated,
                    "an address that was proven is not any more".to_owned(),
                    now,
                );
            }
            look_again(deployment, now);
        }
    }
}

fn look_again(deployment: &mut Deployment, now: Time) {
    let count = |state: ProofState| deployment.proofs.iter().filter(|proof| proof.state == state).count();
    let names = if deployment.unresolved.len() == 1 { "name" } else { "names" };
    let what = format!(
        "looked: {} proven, {} stale, {} worse, {} unreachable, {} {names} unresolved",
        count(ProofState::Proven),
        count(ProofState::Stale),
        count(ProofState::Worse),
        count(ProofState::Unreachable),
        deployment.unresolved.len()
    );
    // The same again and again would push what matters out of the log.
    if deployment.log.last().is_none_or(|last| last.what != what) {
        record(deployment, what, false, now);
    }
    deployment.next_at = Some(now + pause_after(deployment.attempts));
    deployment.attempts = deployment.attempts.saturating_add(1);
}

/// A product that was told again gets a moment before the second look; only then the long pause begins.
fn pause_after(round: u32) -> Span {
    if tells_again(round) {
        return A_MOMENT;
    }
    let settled = round.saturating_sub(SETTLING_ROUNDS);
    let index = usize::try_from(round - settled + settled / 2).unwrap_or(usize::MAX);
    Span::seconds(ROUNDS[index.min(ROUNDS.len() - 1)])
}

/// After the settling, every second round tells the product again.
pub(super) const fn tells_again(round: u32) -> bool {
    round >= SETTLING_ROUNDS && (round - SETTLING_ROUNDS).is_multiple_of(2)
}

fn take_in(deployment: &mut Deployment, sight: &Sight, expected: Expected<'_>, now: Time) {
    let name = sight.target.expected_name();
    // Where the clock was ahead once, everything else would count as long gone from DNS.
    for proof in deployment.proofs.iter_mut().filter(|proof| proof.target == sight.target) {
        proof.resolved_at = proof.resolved_at.map(|at| at.min(now));
    }
    for look in &sight.looks {
        let known = |proof: &AddressProof| proof.target == sight.target && proof.address == look.address;
        let position = deployment.proofs.iter().position(known).unwrap_or_else(|| {
            deployment.proofs.push(empty(look.address, sight.target.clone()));
            deployment.proofs.len() - 1
        });
        let proof = &mut deployment.proofs[position];
        let seen = Seen::of(look, &name, expected.anchors);
        let (state, detail) = seen.judge(proof, expected);
        proof.worse_rounds = if state == ProofState::Worse { proof.worse_rounds + 1 } else { 0 };
        proof.since = proof.since.filter(|_| proof.state == state).or(Some(look.at));
        proof.state = state;
        proof.detail = detail;
        seen.note(proof, look.at);
        proof.no_route = failed_by(look, &[FailureKind::NoRoute]);
        let refused = failed_by(look, &[FailureKind::Refused, FailureKind::Reset]);
        proof.refused_rounds = if refused { proof.refused_rounds.saturating_add(1) } else { 0 };
        if sight.resolved.as_ref().is_ok_and(|addresses| addresses.contains(&look.address)) {
            proof.resolved_at = Some(now);
        }
    }
}

fn failed_by(look: &Observation, kinds: &[FailureKind]) -> bool {
    matches!(&look.outcome, Outcome::Failed(failure) if kinds.contains(&failure.kind))
}

fn note_unresolved(deployment: &mut Deployment, sights: &[Sight]) {
    let failed = |sight: &Sight| sight.resolved.as_ref().err().map(|why| (sight.target.clone(), why.clone()));
    deployment.unresolved = sights.iter().filter_map(failed).collect();
}

fn enter(deployment: &mut Deployment, step: Step, what: String, now: Time) -> &mut StepRecord {
    deployment.step = step;
    deployment.attempts = 0;
    deployment.next_at = None;
    record(deployment, what, true, now)
}

fn record(deployment: &mut Deployment, what: String, ok: bool, now: Time) -> &mut StepRecord {
    let Deployment { log, step, .. } = deployment;
    let surplus = (log.len() + 1).saturating_sub(LONGEST_LOG);
    log.drain(..surplus);
    log.push_mut(StepRecord { at: now, step: *step, what, ok, act: Act::Other })
}
