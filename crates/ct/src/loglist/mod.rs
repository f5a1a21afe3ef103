//! Lists of logs (schema v3 of Google's lists), as a file.
//!
//! Chrome's list is a file for monitors and for those who submit certificates; whoever fetches it to enforce Certificate
//! Transparency without leave is served another, frozen, with two logs in it that are none ([`MIMICS`]). So nothing is fetched
//! here: somebody gives a file, and is told when it is too old or has been meant for others.

mod mimic;
mod read;
mod state;

pub use mimic::MIMICS;
pub use read::{ListError, Oddity, OddityKind};
pub use state::{Standing, State, StateKind};

use std::collections::BTreeMap;
use std::fmt;

use notafter_cert::{Span, Time};

use crate::{LogId, LogKey};

/// From this age on no browser enforces anything by a list (Chrome's CT policy, "CT Enforcement Timeout").
pub const STALE: Span = Span::days(70);

/// A log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Its identity.
    pub id: LogId,
    /// What it is called; safe to print.
    pub name: String,
    /// Who runs it now; safe to print.
    pub operator: String,
    /// Who ran it before, each with the instant of the end, in the list's order.
    pub previous_operators: Vec<(String, Time)>,
    /// The key by which it signs.
    pub key: LogKey,
    /// How it is talked to.
    pub api: Api,
    /// How long after its promise a certificate must be published.
    pub merge_delay: Span,
    /// What the list says of its life; nothing where it never applied.
    pub state: Option<State>,
    /// It takes certificates that end from the first instant on, and before the second.
    pub interval: Option<(Time, Time)>,
    /// What it is for.
    pub purpose: Purpose,
}

/// How a log is talked to; the addresses are as the list has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Api {
    /// RFC 6962 section 4.
    Rfc6962 {
        /// Where.
        url: String,
    },
    /// C2SP static-ct-api: read as tiles.
    Static {
        /// Where certificates are submitted.
        submission: String,
        /// Where tiles are read.
        monitoring: String,
    },
}

/// What a log is for (`log_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Certificates that people use; what is meant where nothing is said.
    Production,
    /// Tests.
    Test,
    /// Only to be watched.
    Monitoring,
}

impl Log {
    /// What a promise counts for at an instant, by what the list says now.
    #[must_use]
    pub fn standing(&self, at: Time) -> Standing {
        match (self.purpose, self.state) {
            (Purpose::Production, Some(state)) => state.standing(at),
            _ => Standing::Outside,
        }
    }

    /// Who ran it at an instant.
    #[must_use]
    pub fn operator_at(&self, time: Time) -> &str {
        let after = self.previous_operators.iter().filter(|(_, end)| time < *end);
        after.min_by_key(|(_, end)| *end).map_or(&self.operator, |(name, _)| name)
    }

    /// Whether it is talked to as RFC 6962 has it.
    #[must_use]
    pub const fn is_rfc6962(&self) -> bool {
        matches!(self.api, Api::Rfc6962 { .. })
    }
}

/// A list of logs, read once.
#[derive(Clone, Debug)]
pub struct LogList {
    /// Its version, where it has one; safe to print.
    pub version: Option<String>,
    /// When it was made, where it says so.
    pub made: Option<Time>,
    logs: Vec<Log>,
    oddities: Vec<Oddity>,
    by_id: BTreeMap<LogId, usize>,
}

/// What whoever relies on a list should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caution {
    /// It is so old, and nobody enforces anything by it.
    Old(Span),
    /// It was made later than the instant that is judged.
    Future(Time),
    /// It does not say of when it is.
    Undated,
    /// It has logs whose private keys are published: it is the one that Google serves to programs that should not use it, and
    /// new logs are no longer added to it.
    Frozen,
    /// So many entries are left out, since they cannot be what they say.
    LeftOut(usize),
}

impl LogList {
    /// Its logs, in its order.
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The entries that are no logs, with the reasons.
    #[must_use]
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }

    /// The log of this identity.
    #[must_use]
    pub fn find(&self, id: LogId) -> Option<&Log> {
        self.logs.get(*self.by_id.get(&id)?)
    }

    /// How old it is; negative at instants before it was made.
    #[must_use]
    pub fn age(&self, at: Time) -> Option<Span> {
        self.made.map(|made| at.since(made))
    }

    /// What should be known before it is relied upon at an instant.
    #[must_use]
    pub fn cautions(&self, at: Time) -> Vec<Caution> {
        let age = match self.age(at) {
            Some(age) if age >= STALE => Some(Caution::Old(age)),
            Some(age) if age < Span::ZERO => self.made.map(Caution::Future),
            Some(_) => None,
            None => Some(Caution::Undated),
        };
        let mimics = self.oddities.iter().filter(|oddity| oddity.is_mimic()).count();
        let others = self.oddities.len() - mimics;
        let frozen = (mimics > 0).then_some(Caution::Frozen);
        let left_out = (others > 0).then_some(Caution::LeftOut(others));
        [age, frozen, left_out].into_iter().flatten().collect()
    }
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Old(age) => {
                let days = age.as_seconds() / 86_400;
                write!(f, "the log list is {days} days old; browsers enforce nothing by one of 70 days or more")
            }
            Self::Future(made) => {
                write!(f, "the log list was made on {}, later than the instant that is judged", made.for_people())
            }
            Self::Undated => f.write_str("the log list does not say of when it is"),
            Self::Frozen => f.write_str(
                "the log list is the one that Google serves to programs that may not use it: it has logs whose private keys \
                 are published, and new logs are not added to it",
            ),
            Self::LeftOut(1) => f.write_str("one entry of the log list is left out"),
            Self::LeftOut(count) => write!(f, "{count} entries of the log list are left out"),
        }
    }
}
