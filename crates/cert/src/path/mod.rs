//! Whether a chain leads from a server's certificate to an anchor, by which path, and if not, where it ends and why.
//!
//! The search follows names and signatures here, so that every dead end can be told; what a found path must also obey
//! (constraints, purposes, critical extensions) is `webpki`'s to say.

mod anchors;
mod build;
mod chain;
mod constraint;
mod order;

pub use anchors::Anchors;
pub use chain::{Chain, ChainReadError, Sent};
pub use constraint::Constraint;
pub use order::{leaves, order};

use crate::{Certificate, Time};

/// The judgement of one chain against one set of anchors.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// From the leaf upwards; ends at the anchor when the path is complete, else where nothing leads on.
    pub path: Vec<Step>,
    /// What is wrong with the path; empty means trusted.
    pub problems: Vec<Problem>,
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

/// Judges a chain at one instant. The leaf's own dates are judged like those of every other step.
#[must_use]
pub fn judge(chain: &Chain, anchors: &Anchors, at: Time) -> Judgement {
    let found = build::search(chain, anchors);
    let best = found
        .complete
        .into_iter()
        .map(|path| {
            let problems = constraint::problems(&path, at);
            (path, problems)
        })
        .min_by_key(|(path, problems)| rank(path, problems));
    let (path, problems) = best.unwrap_or_else(|| {
        let mut problems = constraint::dates(&found.dead_end.path, at);
        let step = found.dead_end.path.len() - 1;
        problems.push(Problem { step, fault: found.dead_end.fault });
        (found.dead_end.path, problems)
    });
    let (holds_from, holds_until) = window(chain, &found.anchors_met, at);
    Judgement { notes: chain.notes(&path, anchors), path, problems, holds_from, holds_until }
}

/// The best path: the fewest and mildest problems, then the one that lasts longest, then the shortest.
fn rank(path: &[Step], problems: &[Problem]) -> (usize, std::cmp::Reverse<Time>, usize) {
    let weight = |problem: &Problem| match problem.fault {
        Fault::Expired | Fault::NotYetValid => 2,
        _ => 3,
    };
    let lasts = path.iter().skip(1).map(|step| step.certificate.not_after()).min();
    let lasts = lasts.unwrap_or_else(|| path[0].certificate.not_after());
    (problems.iter().map(weight).sum(), std::cmp::Reverse(lasts), path.len())
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

#[cfg(test)]
mod tests;
