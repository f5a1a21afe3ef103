//! The judgement of what a server sends: the nearest path, its problems, and until when that holds.

use std::cmp::Reverse;

use super::profile::DOTTED;
use super::verdict::Path;
use super::{
    APPLE, Anchors, Budget, CHROME, CaAtEnd, Chain, Constraint, Differs, FIREFOX, Fault, Judgement,
    PathError, Problem, Profile, Question, RFC5280, Step, Verification, validate_by,
};
use crate::{Certificate, Fingerprint, Time};

/// RFC 5280, and what most clients do: a CA's certificate does not serve, nor one of version 1 (Firefox, rustls and Java refuse
/// them), a CA's key has 2048 bits, and a constraint on host names may begin with a dot.
static SERVERS: Profile = Profile {
    name: "servers",
    title: "servers",
    ca_at_end: CaAtEnd::Refused,
    leaf_may_be_version_1: false,
    rsa_bits: 2048,
    name_reading: DOTTED,
    ..RFC5280
};

/// Chains of honest servers have two to five certificates.
const BUDGET: Budget =
    Budget { signatures: 100, steps: 1000, paths: 32, depth: 10, name_comparisons: 50_000 };

/// Those whose users come to public servers.
pub const BROWSERS: [&Profile; 3] = [&CHROME, &FIREFOX, &APPLE];

/// Judges a chain at one instant. The leaf's own dates are judged like those of every other step. Below an anchor of the
/// public programme what all browsers refuse is a problem, and what one of them refuses is told beside it; below others,
/// what RFC 5280 refuses.
#[must_use]
pub fn judge(chain: &Chain, anchors: &Anchors, at: Time) -> Judgement {
    let question = question(chain, anchors, at);
    let profiles: Vec<&'static Profile> = std::iter::once(&SERVERS).chain(BROWSERS).collect();
    let mut answers = validate_by(&question, &profiles).into_iter();
    let (Some(verification), browsers) = (answers.next(), answers.collect::<Vec<_>>()) else {
        return Judgement::nothing(chain, at);
    };
    let mut best: Option<Candidate> = None;
    for path in &verification.paths {
        let candidate = Candidate::of(path, chain, &browsers);
        if best.as_ref().is_none_or(|best| candidate.rank() < best.rank()) {
            best = Some(candidate);
        }
    }
    let Some(Candidate { steps: path, mut problems, differs }) = best else {
        return Judgement::nothing(chain, at);
    };
    if verification.exhausted.is_some() && !problems.is_empty() {
        let tangled = Fault::Refused(Constraint::TooDeep);
        problems.retain(|problem| !matches!(problem.fault, Fault::UntrustedRoot | Fault::IssuerMissing));
        problems.retain(|problem| problem.fault != tangled);
        problems.push(Problem { step: path.len().saturating_sub(1), fault: tangled });
    }
    let ends =
        verification.paths.iter().filter_map(|path| path.certificates.last().filter(|link| link.anchor));
    let anchors_met: Vec<Certificate> = ends.map(|link| link.certificate.clone()).collect();
    let (holds_from, holds_until) = window(chain, &anchors_met, at);
    Judgement { notes: chain.notes(&path, anchors), path, problems, differs, holds_from, holds_until }
}

/// A path that may be the one that is told.
struct Candidate {
    steps: Vec<Step>,
    problems: Vec<Problem>,
    differs: Vec<Differs>,
}

impl Candidate {
    fn of(path: &Path, chain: &Chain, browsers: &[Verification]) -> Self {
        let steps = steps(path, chain);
        let is_public =
            path.certificates.last().is_some_and(|link| link.anchor && Anchors::is_public(&link.certificate));
        if !is_public {
            return Self { problems: problems(path, &path.errors, steps.len()), steps, differs: Vec::new() };
        }
        let said: Vec<&[PathError]> = browsers.iter().map(|browser| errors_of(browser, path)).collect();
        let errors = agreed(&said);
        let mut differs = Vec::new();
        for (profile, by) in BROWSERS.iter().zip(&said) {
            for error in by.iter().filter(|error| !has(&errors, error)) {
                let (step, code, text) = (error.certificate, error.rule.code, error.text());
                differs.push(Differs { client: profile.name, step, code, text });
            }
        }
        Self { problems: problems(path, &errors, steps.len()), steps, differs }
    }

    /// The best first: a complete path; the fewest and mildest problems; then the one that lasts longest, then the shortest.
    /// Of those that lead nowhere, one with a wrong signature, then the longest.
    fn rank(&self) -> impl Ord + use<> {
        let weight = |problem: &Problem| match problem.fault {
            Fault::Expired | Fault::NotYetValid => 2,
            _ => 3,
        };
        let is_complete = self.steps.last().is_some_and(|step| step.anchor);
        let weight: usize = if is_complete { self.problems.iter().map(weight).sum() } else { usize::MAX };
        let forged = !is_complete && self.problems.iter().any(|problem| problem.fault == Fault::BadSignature);
        let above = self.steps.iter().skip(1).map(|step| step.certificate.not_after()).min();
        let lasts = above.or_else(|| self.steps.first().map(|step| step.certificate.not_after()));
        let lasts = lasts.filter(|_| is_complete);
        let length = if is_complete { self.steps.len() } else { usize::MAX - self.steps.len() };
        (!is_complete, weight, !forged, Reverse(lasts), self.differs.len(), length)
    }
}

/// What all say, in the words of the first.
pub(super) fn agreed(said: &[&[PathError]]) -> Vec<PathError> {
    let by_all = |error: &&PathError| said.iter().all(|by| has(by, error));
    said.first().into_iter().copied().flatten().filter(by_all).cloned().collect()
}

fn has(errors: &[PathError], error: &PathError) -> bool {
    let is_same =
        |other: &PathError| (other.certificate, other.rule.code) == (error.certificate, error.rule.code);
    errors.iter().any(is_same)
}

/// What a browser says of this very path.
fn errors_of<'v>(browser: &'v Verification, path: &Path) -> &'v [PathError] {
    let certificates = |path: &Path| -> Vec<Fingerprint> {
        path.certificates.iter().map(|link| link.certificate.fingerprint()).collect()
    };
    let wanted = certificates(path);
    let same = browser.paths.iter().find(|other| certificates(other) == wanted);
    same.map_or(&[], |path| &path.errors)
}

/// What is asked of a chain as sent: to be a server's, of whatever name.
pub(super) fn question(chain: &Chain, anchors: &Anchors, at: Time) -> Question {
    Question {
        profile: &SERVERS,
        budget: BUDGET,
        ..Question::of_server(
            chain.leaf().clone(),
            chain.rest().iter().map(|sent| sent.certificate.clone()).collect(),
            anchors.clone(),
            at,
        )
    }
}

/// The steps of a path: whoever bears the issuer's name and did not sign is none, nor is whoever may not have signed.
fn steps(path: &Path, chain: &Chain) -> Vec<Step> {
    let ends = path.errors.iter().filter(|error| is_stranger_above(error.rule.code));
    let count = ends.map(|error| error.certificate + 1).min().unwrap_or(path.certificates.len());
    let step = |link: &super::Link| {
        let sent = link.given.map(|given| given.checked_sub(1).map_or(0, |rest| chain.rest()[rest].index));
        Step { certificate: link.certificate.clone(), sent, anchor: link.anchor }
    };
    path.certificates.iter().take(count).map(step).collect()
}

fn is_stranger_above(code: &str) -> bool {
    matches!(code, "path.signature" | "path.unknown-signature")
}

fn problems(path: &Path, errors: &[PathError], steps: usize) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for error in errors {
        // A rule of the inventory tells of a weak key of a server by itself.
        let is_told = error.rule.code == "path.weak-key" && error.certificate == 0 && is_weak(path);
        if let Some(fault) = fault(error, steps).filter(|_| !is_told)
            && error.certificate < steps
        {
            let problem = Problem { step: error.certificate, fault };
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    // A path that leads nowhere is told by where it ends, and by dates.
    let is_complete = path.is_complete() && steps == path.certificates.len();
    if !is_complete {
        let tangled = |fault: &Fault| *fault == Fault::Refused(Constraint::TooDeep);
        let dates = |fault: &Fault| matches!(fault, Fault::Expired | Fault::NotYetValid);
        problems.retain(|problem| is_end(&problem.fault) || dates(&problem.fault) || tangled(&problem.fault));
    }
    // Whoever trusts this very certificate asks for nothing but its dates.
    if steps == 1 && is_complete {
        problems.retain(|problem| matches!(problem.fault, Fault::Expired | Fault::NotYetValid));
    }
    // That a signature cannot be checked says all that its kind would.
    if problems.iter().any(|problem| problem.fault == Fault::UnknownSignature) {
        problems.retain(|problem| problem.fault != Fault::Refused(Constraint::Signature));
    }
    // Where a path ends is told last.
    problems.sort_by_key(|problem| is_end(&problem.fault));
    problems
}

fn is_weak(path: &Path) -> bool {
    path.certificates.first().is_some_and(|leaf| leaf.certificate.key().weakness().is_some())
}

const fn is_end(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::IssuerMissing
            | Fault::UntrustedRoot
            | Fault::SelfSigned
            | Fault::BadSignature
            | Fault::UnknownSignature
    )
}

fn fault(error: &PathError, steps: usize) -> Option<Fault> {
    let constraint = match error.rule.code {
        "path.expired" => return Some(Fault::Expired),
        "path.not-yet-valid" => return Some(Fault::NotYetValid),
        "path.signature" => return Some(Fault::BadSignature),
        "path.unknown-signature" => return Some(Fault::UnknownSignature),
        "path.untrusted" if steps > 1 => return Some(Fault::UntrustedRoot),
        "path.untrusted" if error.found.starts_with("nobody") => return Some(Fault::IssuerMissing),
        "path.untrusted" => return Some(Fault::SelfSigned),
        "path.leaf-is-ca" => Constraint::CaAsLeaf,
        "path.not-ca" | "path.may-not-sign" => Constraint::NotCa,
        "path.path-length" => Constraint::PathLength,
        "path.name-constraint" | "path.name-incomparable" => Constraint::Name,
        "path.purpose" | "path.leaf-key-usage" => Constraint::Purpose,
        "path.critical-extension" => Constraint::CriticalExtension,
        "path.weak-signature" | "path.weak-key" => Constraint::Signature,
        "path.too-deep" | "path.not-followed" | "path.too-many-names" | "path.too-many-policies" => {
            Constraint::TooDeep
        }
        _ => Constraint::Other(error.text()),
    };
    Some(Fault::Refused(constraint))
}

/// The instants around `at` between which no first or last second lies.
fn window(chain: &Chain, anchors: &[Certificate], at: Time) -> (Time, Time) {
    let second = crate::Span::seconds(1);
    let (mut from, mut until) = (Time::from_micros(i64::MIN), Time::from_micros(i64::MAX));
    for certificate in chain.certificates().chain(anchors) {
        for edge in [certificate.not_before(), certificate.not_after() + second] {
            if edge <= at {
                from = from.max(edge);
            } else {
                until = until.min(edge);
            }
        }
    }
    (from, until)
}
