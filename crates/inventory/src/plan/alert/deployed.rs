//! Findings about deployments as a message tells them: in a few words, how many addresses of which place are amiss; then
//! one line for each of these addresses.

use serde::Deserialize;

use crate::code::endpoint_name;
use crate::model::{Act, AddressProof, Finding, ProofState};
use crate::plan::deploy::refuses;
use crate::rule::{DeploymentEvidence, ExpectedServed, doing};
use crate::words::one_line;

/// Addresses told one by one; the others are counted.
const SHOWN: usize = 8;
/// A detail may quote what a peer said.
const LINE_CHARS: usize = 500;
/// The finding that an installation was undone.
const RESTORED: &str = "deployment.worse-restored";

/// What several findings of one code say of deployments, in a few words.
pub(super) struct Summary {
    parts: Vec<Part>,
    /// What follows them, and may be cut.
    tail: String,
}

/// One thing that is said of one or more places.
struct Part {
    word: &'static str,
    count: Count,
    places: Vec<String>,
}

/// What is counted.
#[derive(Clone, Copy)]
enum Count {
    Addresses { some: usize, all: usize },
    Names(usize),
    Attempts(u32),
}

impl Summary {
    /// `None` where these are no findings about deployments, or where one of them has no evidence of that kind.
    pub(super) fn of(alike: &[&Finding]) -> Option<Self> {
        let mut summary = Self { parts: Vec::new(), tail: String::new() };
        for finding in alike {
            let evidence = evidence(finding)?;
            for (word, count) in counted(&finding.violation.code, &evidence) {
                summary.add(word, count, &evidence.place);
            }
            if let Some(last) = evidence.log.last().filter(|_| is_failing(finding) && summary.tail.is_empty())
            {
                summary.tail = format!(": {}", last.what);
            }
        }
        (!summary.parts.is_empty()).then_some(summary)
    }

    fn add(&mut self, word: &'static str, count: Count, place: &str) {
        let Some(known) = self.parts.iter_mut().find(|part| part.word == word) else {
            self.parts.push(Part { word, count, places: vec![place.to_owned()] });
            return;
        };
        known.count = known.count.and(count);
        if !known.places.iter().any(|known| known == place) {
            known.places.push(place.to_owned());
        }
    }

    /// For whoever knows the place: `1 of 4 addresses stale`.
    pub(super) fn alone(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(Part::text).collect();
        parts.join(", ") + &self.tail
    }

    /// `1 of 4 addresses stale at web`.
    pub(super) fn with_places(&self) -> String {
        let parts: Vec<String> =
            self.parts.iter().map(|part| format!("{} at {}", part.text(), part.places())).collect();
        parts.join(", ") + &self.tail
    }
}

impl Part {
    fn text(&self) -> String {
        let Self { word, count, .. } = self;
        match count {
            Count::Addresses { some: 0, .. } => (*word).to_owned(),
            Count::Addresses { some, all } => format!("{some} of {all} addresses {word}"),
            Count::Names(1) => format!("1 name {word}"),
            Count::Names(names) => format!("{names} names {word}"),
            Count::Attempts(attempts) => format!("{word} failed {attempts} times"),
        }
    }

    fn places(&self) -> String {
        match self.places.as_slice() {
            [one] => one.clone(),
            [one, other] => format!("{one} and {other}"),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
            [] => String::new(),
        }
    }
}

impl Count {
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Addresses { some, all }, Self::Addresses { some: more, all: others }) => {
                Self::Addresses { some: some + more, all: all + others }
            }
            (Self::Names(names), Self::Names(more)) => Self::Names(names + more),
            (Self::Attempts(attempts), Self::Attempts(more)) if more > attempts => Self::Attempts(more),
            (first, _) => first,
        }
    }
}

/// One line for each address that a finding is about; `None` for a finding about something else.
pub(super) fn lines(finding: &Finding) -> Option<Vec<String>> {
    let evidence = evidence(finding)?;
    let undone = finding.violation.code == RESTORED;
    let DeploymentEvidence { expected, proofs, unresolved, .. } = &evidence;
    let mut lines: Vec<String> = proofs.iter().map(|proof| address(proof, expected, undone)).collect();
    lines.extend(unresolved.iter().map(|(target, why)| format!("{target}: no address: {why}")));
    let more = lines.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.truncate(SHOWN - 1);
        lines.push(format!("and {} more", more + 1));
    }
    Some(lines.iter().map(|line| one_line(line, LINE_CHARS)).collect())
}

fn evidence(finding: &Finding) -> Option<DeploymentEvidence> {
    let violation = &finding.violation;
    let about = violation.code.starts_with("deployment.");
    about.then(|| DeploymentEvidence::deserialize(&violation.evidence).ok()).flatten()
}

fn is_failing(finding: &Finding) -> bool {
    finding.violation.code == "deployment.failing"
}

/// What a finding of this code counts, each with the word for it.
fn counted(code: &str, evidence: &DeploymentEvidence) -> Vec<(&'static str, Count)> {
    let DeploymentEvidence { step, attempts, addresses, proofs, unresolved, .. } = evidence;
    let some = |some: usize| Count::Addresses { some, all: *addresses };
    let those = |of: fn(&AddressProof) -> bool| some(proofs.iter().filter(|proof| of(proof)).count());
    match code {
        "deployment.stale" => vec![("stale", some(proofs.len()))],
        "deployment.worse" => vec![("worse than before", some(proofs.len()))],
        "deployment.unreachable" => {
            let word = if proofs.iter().all(refuses) { "refused" } else { "unreachable" };
            let silent = (!proofs.is_empty()).then(|| (word, some(proofs.len())));
            let names =
                (!unresolved.is_empty()).then_some(("without an address", Count::Names(unresolved.len())));
            silent.into_iter().chain(names).collect()
        }
        RESTORED => {
            let amiss = |proof: &AddressProof| matches!(proof.state, ProofState::Worse | ProofState::Pending);
            let word = match proofs.iter().any(amiss) {
                true => "became worse, old pair being put back",
                false => "became worse, old pair put back",
            };
            vec![(word, those(|proof| proof.made_worse))]
        }
        "deployment.failing" if evidence.log.last().is_some_and(|last| last.act == Act::Refused) => {
            vec![("not installed", some(0))]
        }
        "deployment.failing" => vec![(doing(*step), Count::Attempts(*attempts))],
        _ => Vec::new(),
    }
}

/// Name, address, what it serves, what it should serve, and since when it is like that.
fn address(proof: &AddressProof, expected: &ExpectedServed, undone: bool) -> String {
    let mut parts = vec![format!("{} at {}: {}", endpoint_name(&proof.target), proof.address, served(proof))];
    if proof.now != Some(expected.fingerprint) {
        let serial = expected.serial.as_ref().map_or_else(String::new, |serial| format!(", serial {serial}"));
        let (leaf, until) = (expected.fingerprint.short(), expected.not_after.for_people());
        let which = if undone { "the new one is" } else { "expected" };
        parts.push(format!("{which} {leaf}{serial}, until {until}"));
    }
    let since = state(proof, undone).zip(proof.since);
    parts.extend(since.map(|(state, at)| format!("{state} since {}", at.for_people())));
    parts.join("; ")
}

fn served(proof: &AddressProof) -> String {
    let detail = match (proof.detail.as_str(), proof.now) {
        ("", Some(leaf)) => format!("serves {}", leaf.short()),
        ("", None) => "nothing is known of it yet".to_owned(),
        (detail, _) => detail.to_owned(),
    };
    let serial = proof.now_serial.as_ref().map(|serial| format!(", serial {serial}"));
    let until = proof.now_not_after.map(|end| format!(", until {}", end.for_people()));
    detail + &serial.unwrap_or_default() + &until.unwrap_or_default()
}

/// Nothing is said of what was not looked at since the new files are live. What was put back is not stale.
const fn state(proof: &AddressProof, undone: bool) -> Option<&'static str> {
    match proof.state {
        ProofState::Pending => None,
        ProofState::Proven => Some("proven"),
        ProofState::Stale if undone => Some("like this"),
        ProofState::Stale => Some("stale"),
        ProofState::Worse => Some("worse"),
        ProofState::Unreachable if refuses(proof) => Some("refused"),
        ProofState::Unreachable => Some("unreachable"),
    }
}
