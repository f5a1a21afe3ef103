//! Whether a certificate leads to an anchor, by which paths, and what is wrong with each.
//!
//! [`validate`] answers a [`Question`] with every path and every error (RFC 5280 section 6); [`judge`] says the same of what
//! a server sends, as whoever looks after it wants to hear it.

mod anchors;
mod bounds;
mod chain;
mod constraint;
mod horizon;
mod judge;
mod ledger;
mod names;
mod node;
mod order;
mod policy;
mod profile;
mod question;
pub mod rule;
mod search;
mod status;
pub mod stores;
mod terms;
mod validate;
mod verdict;

pub use anchors::Anchors;
pub use chain::{Chain, ChainReadError, Sent};
pub use constraint::Constraint;
pub use horizon::{Cliff, Ending, Horizon, Role, horizon};
pub use judge::{BROWSERS, judge};
pub use names::NameReading;
pub use order::{leaves, order};
pub use profile::{
    APPLE, ByAnchor, CHROME, CaAtEnd, FIREFOX, OPENSSL, ParseProfileError, Profile, RFC5280, STRICT,
};
pub use question::{
    Budget, Evidence, ParsePeerNameError, ParsePurposeError, PeerName, PolicyInput, Purpose, Question,
};
pub use terms::{Dated, Distrust, Terms};
pub use validate::{validate, validate_by};
pub use verdict::{Link, Path, PathError, Verdict, Verification};

use crate::{Certificate, Time};

/// The judgement of one chain against one set of anchors.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// From the leaf upwards; ends at the anchor when the path is complete, else where nothing leads on.
    pub path: Vec<Step>,
    /// What is wrong with the path; empty means trusted.
    pub problems: Vec<Problem>,
    /// What some browsers refuse, and others do not.
    pub differs: Vec<Differs>,
    /// What is odd about the chain as sent, without harm.
    pub notes: Vec<Note>,
    /// The judgement is the same at every instant from this one ...
    pub holds_from: Time,
    /// ... until just before this one: a first or last second of one of the certificates lies here.
    pub holds_until: Time,
}

/// One certificate of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The certificate.
    pub certificate: Certificate,
    /// Its position in the chain as sent; `None` where it came from the anchors.
    pub sent: Option<usize>,
    /// Whether it is a trust anchor.
    pub anchor: bool,
}

/// Something wrong at one step of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Position in [`Judgement::path`]; 0 is the leaf.
    pub step: usize,
    /// What it is.
    pub fault: Fault,
}

/// Why a path is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its last second has passed.
    Expired,
    /// Its first second has not come.
    NotYetValid,
    /// It was issued by a certificate that the server did not send, and that is no anchor.
    IssuerMissing,
    /// The path is complete, but the self-signed certificate at its end is no anchor; or it ends at a CA certificate
    /// whose issuer is neither sent nor an anchor (servers usually leave the root out).
    UntrustedRoot,
    /// The leaf signed itself, and is no anchor.
    SelfSigned,
    /// The certificate that names itself as issuer did not make the signature.
    BadSignature,
    /// The signature is of a kind that is not known here.
    UnknownSignature,
    /// A rule of RFC 5280 section 6 is broken.
    Refused(Constraint),
}

/// What one client refuses, where others do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs {
    /// Which: the name of its [`Profile`].
    pub client: &'static str,
    /// Position in [`Judgement::path`].
    pub step: usize,
    /// The code of the rule by which it refuses.
    pub code: &'static str,
    /// What it refuses.
    pub text: String,
}

/// Something odd about a chain that clients put up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Not part of the path.
    Unneeded(usize),
    /// A root: clients have it or do not trust it.
    RootSent(usize),
    /// The same certificate was sent before.
    Duplicate(usize),
    /// A certificate comes before the one that it issued (RFC 5246 section 7.4.2 demands the order; RFC 8446 section
    /// 4.4.2 asks for it).
    Misordered(usize),
    /// Not a certificate.
    Unreadable(usize),
}

impl Judgement {
    /// Of a chain of which no path could be begun.
    fn nothing(chain: &Chain, at: Time) -> Self {
        let leaf = Step { certificate: chain.leaf().clone(), sent: Some(0), anchor: false };
        let problem = Problem { step: 0, fault: Fault::IssuerMissing };
        let (path, problems) = (vec![leaf], vec![problem]);
        Self { path, problems, differs: Vec::new(), notes: Vec::new(), holds_from: at, holds_until: at }
    }

    /// Whether the path leads to an anchor and nothing is wrong with it at the instant of judgement.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether it leads to an anchor, whatever is wrong with it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.path.last().is_some_and(|step| step.anchor)
    }

    /// Whether this judgement is also the one at `at`.
    #[must_use]
    pub fn holds_at(&self, at: Time) -> bool {
        self.holds_from <= at && at < self.holds_until
    }
}

#[cfg(test)]
mod tests;
