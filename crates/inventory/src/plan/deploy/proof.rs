//! What one look at one address means for a deployment.

use notafter_cert::path::{self, Anchors, Chain};
use notafter_cert::{Certificate, Fingerprint, Identifier, Time};
use notafter_tls::Target;
use notafter_tls::observation::{FailureKind, Observation, Outcome, Possession, Served, Staple};

use crate::model::{AddressProof, ProofState};

/// What an address must serve.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The version's leaf.
    pub leaf: Fingerprint,
    /// The version's chain in DER, leaf first.
    pub chain: &'a [Vec<u8>],
    /// Whom clients of the place trust.
    pub anchors: &'a Anchors,
    /// A person insisted on this chain: that it is not trusted is no surprise, and undoes nothing.
    pub insisted: bool,
}

/// What was seen at one address, as far as deploying cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The leaf, when one was shown.
    leaf: Option<Fingerprint>,
    /// What is wrong with it for every client; `None` when nothing is.
    fault: Option<String>,
    /// Whether the chain leads to an anchor.
    trusted: bool,
    /// Whether what is wrong is a fact about the peer, as against something that could not be found out (law 6).
    certain: bool,
    /// Why the handshake was not completed although the certificate was seen.
    unfinished: Option<String>,
    serial: Option<String>,
    not_after: Option<Time>,
    key: Option<String>,
    /// The DER that followed the leaf.
    rest: Vec<Vec<u8>>,
}

impl Seen {
    /// Judges an observation for the name that the certificate must cover.
    #[must_use]
    pub fn of(observation: &Observation, name: &Identifier, anchors: &Anchors) -> Self {
        match &observation.outcome {
            Outcome::Served(served) => Self::served(served, name, anchors, observation.at),
            Outcome::Failed(failure) => Self {
                leaf: None,
                fault: Some(failure.detail.clone()),
                trusted: false,
                certain: is_fact(failure.kind),
                unfinished: None,
                serial: None,
                not_after: None,
                key: None,
                rest: Vec::new(),
            },
        }
    }

    fn served(served: &Served, name: &Identifier, anchors: &Anchors, at: Time) -> Self {
        let chain = Chain::read(&served.chain);
        let leaf = chain.as_ref().ok().map(Chain::leaf);
        let trusted = chain.as_ref().is_ok_and(|chain| path::judge(chain, anchors, at).is_trusted());
        let unreadable = || chain.as_ref().err().map(ToString::to_string);
        Self {
            leaf: served.leaf(),
            fault: unreadable().or_else(|| leaf.and_then(|leaf| fault(leaf, served.possession, name, at))),
            trusted,
            certain: served.possession != Possession::Unchecked && served.incomplete.is_none(),
            unfinished: served.incomplete.as_ref().map(|failure| failure.detail.clone()),
            serial: leaf.map(Certificate::serial_hex),
            not_after: leaf.map(Certificate::not_after),
            key: leaf.map(key_id),
            rest: served.chain.iter().skip(1).cloned().collect(),
        }
    }

    /// What an address will serve once the version is live there, as far as that is known beforehand.
    pub(super) fn foreseen(expected: Expected<'_>, name: &Identifier, at: Time) -> Self {
        let served = Served {
            chain: expected.chain.into(),
            version: 0,
            suite: 0,
            group: None,
            possession: Possession::Proven,
            incomplete: None,
            staple: Staple::Unknown,
        };
        Self::served(&served, name, expected.anchors, at)
    }

    /// The record of an address before anything was touched.
    #[must_use]
    pub fn baseline(self, target: &Target, observation: &Observation) -> AddressProof {
        let mut proof = AddressProof {
            before_good: self.fault.is_none(),
            before_trusted: self.fault.is_none() && self.trusted,
            before: self.leaf,
            before_not_after: self.not_after,
            resolved_at: Some(observation.at),
            ..empty(observation.address, target.clone())
        };
        self.note(&mut proof, observation.at);
        AddressProof { before_key: self.key, detail: self.fault.unwrap_or_default(), ..proof }
    }

    /// Writes down what was served at that time.
    pub(super) fn note(&self, proof: &mut AddressProof, at: Time) {
        proof.now = self.leaf;
        proof.now_serial.clone_from(&self.serial);
        proof.now_not_after = self.not_after;
        proof.at = Some(at);
    }

    /// What this means for an address with that history.
    #[must_use]
    pub fn judge(&self, before: &AddressProof, expected: Expected<'_>) -> (ProofState, String) {
        if !self.certain {
            return (ProofState::Unreachable, self.doubt());
        }
        match self.leaf {
            Some(leaf) if leaf == expected.leaf => self.judge_expected(before, expected),
            Some(leaf) => self.judge_other(leaf, before),
            None if before.before_good => (ProofState::Worse, self.words()),
            None => (ProofState::Unreachable, self.words()),
        }
    }

    fn judge_expected(&self, before: &AddressProof, expected: Expected<'_>) -> (ProofState, String) {
        let missing = expected.chain.iter().skip(1).filter(|der| !self.rest.contains(der)).count();
        let lost_trust = before.before_trusted && !self.trusted;
        if self.fault.is_none() && missing == 0 && (!lost_trust || expected.insisted) {
            let detail = match lost_trust {
                true => INSISTED.to_owned(),
                false => format!("serves certificate {}", expected.leaf.short()),
            };
            return (ProofState::Proven, detail);
        }
        let detail = match &self.fault {
            Some(fault) => format!("serves the new certificate, but {fault}"),
            None if missing > 0 && !self.trusted => {
                format!("serves the new certificate without {missing} of its intermediates")
            }
            None if lost_trust => {
                "serves the new certificate, whose chain leads to no trusted root".to_owned()
            }
            // Clients find another way to a root: nothing is worse.
            None => {
                let leaf = expected.leaf.short();
                return (ProofState::Proven, format!("serves certificate {leaf}, with other intermediates"));
            }
        };
        (if before.before_good { ProofState::Worse } else { ProofState::Stale }, detail)
    }

    fn judge_other(&self, leaf: Fingerprint, before: &AddressProof) -> (ProofState, String) {
        let same = before.before == Some(leaf);
        let which =
            if same { "still serves the certificate from before" } else { "serves another certificate" };
        let detail = match &self.fault {
            Some(fault) => format!("{which} ({}), and {fault}", leaf.short()),
            None => format!("{which} ({})", leaf.short()),
        };
        let lost = self.fault.is_some() || (before.before_trusted && !self.trusted);
        // What was served before can only have aged: putting it back would change nothing, unless its key is gone.
        let aged = same && self.key_works();
        let state = if before.before_good && lost && !aged { ProofState::Worse } else { ProofState::Stale };
        (state, detail)
    }

    fn key_works(&self) -> bool {
        self.fault.as_deref() != Some(WRONG_KEY)
    }

    fn doubt(&self) -> String {
        match (&self.unfinished, &self.fault) {
            (Some(why), _) => format!("the handshake was not completed: {why}"),
            (None, Some(fault)) => fault.clone(),
            (None, None) => "it could not be judged".to_owned(),
        }
    }

    fn words(&self) -> String {
        self.fault.clone().unwrap_or_default()
    }
}

/// How it is told that an address serves what it should, and is asked for another name.
pub(super) const UNCOVERED: &str = "serves the new certificate, but it does not cover ";

const INSISTED: &str =
    "serves the new certificate, whose chain leads to no trusted root, as it was insisted on";

const WRONG_KEY: &str = "the server's key does not match its certificate";

/// What every client would refuse.
fn fault(leaf: &Certificate, possession: Possession, name: &Identifier, at: Time) -> Option<String> {
    match possession {
        Possession::Wrong => return Some(WRONG_KEY.to_owned()),
        Possession::Unchecked => return Some("the server's signature was not checked".to_owned()),
        Possession::Proven => {}
    }
    if leaf.is_expired(at) {
        Some(format!("it expired at {}", leaf.not_after().for_people()))
    } else if leaf.is_not_yet_valid(at) {
        Some(format!("it is valid only from {}", leaf.not_before().for_people()))
    } else if !leaf.covers(name) {
        Some(format!("it does not cover {name}"))
    } else {
        None
    }
}

/// Whether a failure says something about the peer. A timeout or a missing route says that nothing is known.
const fn is_fact(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Refused
        | FailureKind::Reset
        | FailureKind::Alert
        | FailureKind::Malformed
        | FailureKind::NotTls
        | FailureKind::Starttls => true,
        FailureKind::Timeout | FailureKind::NoRoute | FailureKind::Unreachable | FailureKind::Forbidden => {
            false
        }
    }
}

/// SHA-256 of the SPKI, hexadecimal, as in `Renewal::blocked_keys`.
pub(super) fn key_id(certificate: &Certificate) -> String {
    Fingerprint::from_bytes(certificate.key().spki_sha256).to_string()
}

/// An address of which nothing is known yet.
pub(super) const fn empty(address: std::net::SocketAddr, target: Target) -> AddressProof {
    AddressProof {
        target,
        address,
        before: None,
        before_good: false,
        before_trusted: false,
        before_not_after: None,
        before_key: None,
        now: None,
        now_serial: None,
        now_not_after: None,
        state: ProofState::Pending,
        since: None,
        detail: String::new(),
        at: None,
        resolved_at: None,
        no_route: false,
        refused_rounds: 0,
        worse_rounds: 0,
        made_worse: false,
    }
}
