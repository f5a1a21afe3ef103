//! One version on its way to one place: a durable state machine.

use std::net::SocketAddr;

use notafter_cert::{Fingerprint, Time};
use notafter_tls::Target;
use serde::{Deserialize, Serialize};

use super::{DeploymentId, LineageId, PlaceId, VersionId};

/// The case that only the wire closes (law 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Identity; also the operation id in logs.
    pub id: DeploymentId,
    /// What is installed.
    pub version_id: VersionId,
    /// The lineage of that version.
    pub lineage_id: LineageId,
    /// Where.
    pub place_id: PlaceId,
    /// How far it is.
    pub step: Step,
    /// What was there before, as the deployer described it, for `restore`.
    pub snapshot: Option<serde_json::Value>,
    /// What each address served before the installation, and since: the union of all addresses ever resolved.
    pub proofs: Vec<AddressProof>,
    /// What was done, newest last, at most 100.
    pub log: Vec<StepRecord>,
    /// Failed attempts at the present step.
    pub attempts: u32,
    /// Not before this instant.
    pub next_at: Option<Time>,
    /// When it began.
    pub opened_at: Time,
    /// Targets whose names did not resolve at the last look, and why.
    #[serde(default)]
    pub unresolved: Vec<(Target, String)>,
    /// When every address was proven the first time.
    pub proven_at: Option<Time>,
    /// When the case was closed, well or superseded.
    pub closed_at: Option<Time>,
}

impl Deployment {
    /// Whether its version lies where the product reads it, as far as is on record: it was swapped in, and nobody put the old
    /// one back. A newer deployment to the same place may have been swapped in since.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        match self.step {
            Step::Activated | Step::Proven | Step::Retired => true,
            Step::Issued | Step::Staged | Step::Validated | Step::Restored => false,
            Step::Superseded => {
                let swaps = self.log.iter().rev().map(|record| record.step);
                let mut swaps = swaps.filter(|step| (Step::Activated..=Step::Restored).contains(step));
                swaps.next().is_some_and(|last| last != Step::Restored)
            }
        }
    }

    /// An address as people are told it: with the endpoint that leads there, where the place has several. Two names may
    /// lead to one address.
    #[must_use]
    pub fn shown(&self, proof: &AddressProof) -> String {
        match self.proofs.iter().all(|other| other.target == proof.target) {
            true => proof.address.to_string(),
            false => proof.place(),
        }
    }
}

impl AddressProof {
    /// What it served while that deployment was the present one: `127.0.0.1:443 (shop.example): served it, seen 2026-11-30 10:02
    /// UTC`.
    #[must_use]
    pub fn past(&self) -> String {
        let did = match self.state {
            ProofState::Pending => "was not looked at",
            ProofState::Proven => "served it",
            ProofState::Stale => "did not serve it",
            ProofState::Worse => "became worse",
            ProofState::Unreachable => "was not reached",
        };
        let seen = self.at.filter(|_| self.state != ProofState::Pending);
        let seen = seen.map_or_else(String::new, |at| format!(", seen {}", at.for_people()));
        format!("{}: {did}{seen}", self.place())
    }

    /// The address, with the endpoint that leads there: its name, and where that is an address itself, the server name that
    /// is sent to it.
    #[must_use]
    pub fn place(&self) -> String {
        let Self { address, target, .. } = self;
        match &target.sni {
            None => format!("{address} ({target})"),
            Some(sni) if target.to_string() == address.to_string() => format!("{address} ({sni})"),
            Some(sni) => format!("{address} ({target}, {sni})"),
        }
    }
}

/// The steps in order; each is stored before its work begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The version exists; nothing was touched.
    Issued,
    /// The snapshot is stored; what every address serves now is recorded.
    Staged,
    /// The new files lie beside the old ones, key checked against certificate, configuration tested.
    Validated,
    /// Swapped and reloaded; not yet seen.
    Activated,
    /// Every address serves it; seen once more after 24 h before it is retired.
    Proven,
    /// Done: the case is closed.
    Retired,
    /// The old pair was put back because an address became worse, and the restoration was proved or is being proved.
    Restored,
    /// A newer deployment to the same place took over.
    Superseded,
}

impl Step {
    /// How far that is, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Issued => "not installed yet",
            Self::Staged => "what is served before is on record",
            Self::Validated => "written beside, not yet swapped",
            Self::Activated => "installed, not yet seen everywhere",
            Self::Proven => "proven",
            Self::Retired => "proven",
            Self::Restored => "the old pair was put back",
            Self::Superseded => "superseded",
        }
    }
}

/// What people read of how far a deployment is, and of one that another one took over from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeploymentStanding {
    /// How far it is.
    pub step: Step,
    /// When it began.
    pub opened_at: Time,
    /// When every address was proven.
    pub proven_at: Option<Time>,
    /// When the case was closed.
    pub closed_at: Option<Time>,
    /// When it is looked at or tried again.
    pub next_at: Option<Time>,
}

impl DeploymentStanding {
    /// How far it is now: `proven 2026-11-30 10:02 UTC; looked at once more in 23 h 57 min`.
    #[must_use]
    pub fn words(&self, now: Time) -> String {
        let proven = self.proven_at.unwrap_or(self.opened_at).for_people();
        let next = self.next_at.filter(|_| self.closed_at.is_none());
        let again = |verb: &str| {
            let next = next.map(|next| (next.since(now), next > now));
            match next {
                Some((left, true)) => format!("; {verb} in {left}"),
                Some((_, false)) => format!("; {verb} now"),
                None => String::new(),
            }
        };
        let begun = format!("{}, begun {}", self.step.words(), self.opened_at.for_people());
        match self.step {
            Step::Proven => format!("proven {proven}{}", again("looked at once more")),
            Step::Retired => match self.closed_at {
                Some(closed) => format!("proven {proven}, and once more {}", closed.for_people()),
                None => format!("proven {proven}"),
            },
            Step::Activated | Step::Restored => format!("{begun}{}", again("looked at again")),
            Step::Issued | Step::Staged | Step::Validated => format!("{begun}{}", again("tried again")),
            Step::Superseded => self.past(),
        }
    }

    /// What became of it, once another deployment to the same place has begun: `proven 2026-11-30 10:02 UTC; replaced
    /// 2026-11-30 10:07 UTC`.
    #[must_use]
    pub fn past(&self) -> String {
        let begun = self.opened_at.for_people();
        let was = match (self.proven_at, self.step) {
            (_, Step::Restored) => format!("begun {begun}, and undone: what was there before was put back"),
            (Some(proven), _) => format!("proven {}", proven.for_people()),
            (None, _) => format!("begun {begun}, and never proven"),
        };
        match (self.closed_at, self.step) {
            (Some(closed), Step::Superseded) => format!("{was}; replaced {}", closed.for_people()),
            _ => was,
        }
    }
}

/// What one address serves, judged against the version that it should serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressProof {
    /// The endpoint of the place.
    pub target: Target,
    /// One of its addresses.
    pub address: SocketAddr,
    /// The leaf before the installation; `None` when nothing was served.
    pub before: Option<Fingerprint>,
    /// Whether what was served before was good: possession proven, valid at that time, right name.
    pub before_good: bool,
    /// Whether its chain led to a trust anchor too.
    #[serde(default)]
    pub before_trusted: bool,
    /// The last instant of what was served before: it is only worth restoring while it is valid.
    #[serde(default)]
    pub before_not_after: Option<Time>,
    /// SHA-256 of its SPKI, hexadecimal: a blocked key is not restored.
    #[serde(default)]
    pub before_key: Option<String>,
    /// What is served now.
    pub now: Option<Fingerprint>,
    /// Its serial number: the bytes in hexadecimal.
    #[serde(default)]
    pub now_serial: Option<String>,
    /// Its last instant.
    #[serde(default)]
    pub now_not_after: Option<Time>,
    /// The judgement.
    pub state: ProofState,
    /// Since when it is judged like this; `None` before the first look.
    #[serde(default)]
    pub since: Option<Time>,
    /// In words, with the evidence.
    pub detail: String,
    /// When it was last looked at; `None` before the first look.
    pub at: Option<Time>,
    /// When the target's name last led here; an address that left DNS is not waited for for ever.
    #[serde(default)]
    pub resolved_at: Option<Time>,
    /// This machine has no route to its address family: says nothing about the address (a note, not a verdict).
    #[serde(default)]
    pub no_route: bool,
    /// Looks in a row at which it refused or reset the connection: a fact about it, not a doubt (law 6).
    #[serde(default)]
    pub refused_rounds: u32,
    /// Looks in a row that found it worse: one may be chance.
    #[serde(default)]
    pub worse_rounds: u32,
    /// It was worse when it was decided to put the old pair back.
    #[serde(default)]
    pub made_worse: bool,
}

/// How an address of a place ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofState {
    /// Not looked at since the installation.
    Pending,
    /// A full handshake with exactly the new certificate, the peer's signature checked.
    Proven,
    /// Still something else, as good as before.
    Stale,
    /// Worse than before the installation.
    Worse,
    /// Nobody answers; it did not answer before either, or cannot be judged.
    Unreachable,
}

impl ProofState {
    /// What is seen, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pending => "not looked at yet",
            Self::Proven => "proven",
            Self::Stale => "stale",
            Self::Worse => "worse than before",
            Self::Unreachable => "unreachable",
        }
    }
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// When.
    pub at: Time,
    /// At which step.
    pub step: Step,
    /// What happened.
    pub what: String,
    /// Whether it worked.
    pub ok: bool,
    /// What rules and pages look for among the records; records of before it was written down are `other`.
    #[serde(default)]
    pub act: Act,
}

/// What a record is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// The new files were swapped in, and the product was told, or could not be told (`ok` is false then).
    Swapped,
    /// It was decided to put the old pair back.
    Restoring,
    /// Nothing was touched: an address would have become worse.
    Refused,
    /// Something else.
    #[default]
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;

    use super::*;

    fn deployment(steps: &[Step]) -> Deployment {
        let at = Time::from_unix_seconds(1_796_000_000);
        let record =
            |step: &Step| StepRecord { at, step: *step, what: String::new(), ok: true, act: Act::Other };
        Deployment {
            id: DeploymentId::from_bytes([0; 16]),
            version_id: VersionId::from_bytes([0; 16]),
            lineage_id: LineageId::from_bytes([0; 16]),
            place_id: PlaceId::from_bytes([0; 16]),
            step: steps.last().copied().unwrap_or(Step::Issued),
            snapshot: None,
            proofs: Vec::new(),
            log: steps.iter().map(record).collect(),
            attempts: 0,
            next_at: None,
            opened_at: at,
            unresolved: Vec::new(),
            proven_at: None,
            closed_at: None,
        }
    }

    /// "Proven, to be seen once more since 2026-11-30 10:02 UTC, again in 23 h 57 min"; and what was superseded stood there as if it
    /// were still served.
    #[test]
    fn how_far_it_is_reads_as_a_sentence_and_what_was_replaced_lies_in_the_past() {
        let opened_at = Time::from_unix_seconds(1_796_000_000);
        let now = opened_at + Span::minutes(3);
        let said = |step: Step, proven: Option<Span>, closed: Option<Span>, next: Option<Span>| {
            let at = |after: Option<Span>| after.map(|after| opened_at + after);
            let (proven_at, closed_at, next_at) = (at(proven), at(closed), at(next));
            let standing = DeploymentStanding { step, opened_at, proven_at, closed_at, next_at };
            format!("{:<10} {}\n{:<10} {}", "now", standing.words(now), "later", standing.past())
        };
        let (soon, day) = (Some(Span::minutes(1)), Some(Span::hours(24)));
        insta::assert_snapshot!(
            [
                said(Step::Validated, None, None, Some(Span::minutes(5))),
                said(Step::Activated, None, None, Some(Span::minutes(4))),
                said(Step::Proven, soon, None, day),
                said(Step::Proven, soon, None, soon),
                said(Step::Retired, soon, day, None),
                said(Step::Restored, None, None, Some(Span::minutes(4))),
                said(Step::Superseded, soon, Some(Span::minutes(2)), None),
                said(Step::Superseded, None, Some(Span::minutes(2)), None),
            ]
            .join("\n\n")
        );
    }

    #[test]
    fn what_was_put_back_is_not_installed() {
        use Step::{Activated, Proven, Restored, Retired, Staged, Superseded, Validated};
        for (steps, installed) in [
            (&[][..], false),
            (&[Staged, Validated], false),
            (&[Staged, Validated, Activated], true),
            (&[Staged, Validated, Activated, Proven, Retired], true),
            (&[Staged, Validated, Activated, Restored], false),
            (&[Staged, Validated, Activated, Superseded], true),
            (&[Staged, Validated, Superseded], false),
            (&[Staged, Validated, Activated, Restored, Superseded], false),
            (&[Activated, Restored, Staged, Activated, Superseded], true),
        ] {
            assert_eq!(deployment(steps).is_installed(), installed, "{steps:?}");
        }
    }
}
