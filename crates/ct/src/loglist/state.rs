//! The life of a log (<https://googlechrome.github.io/CertificateTransparency/log_states.html>).

use std::fmt;

use notafter_cert::Time;

/// A state, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Which.
    pub kind: StateKind,
    /// Since when.
    pub since: Time,
}

/// The states of a log's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKind {
    /// It has applied.
    Pending,
    /// Browsers accept it; not all of them may know it yet.
    Qualified,
    /// All browsers know it.
    Usable,
    /// It promises nothing new, and keeps what it promised.
    ReadOnly,
    /// It is no longer relied upon: only promises from before count, and only in certificates.
    Retired,
    /// It counts for nothing.
    Rejected,
}

impl StateKind {
    /// All of them, in the order of a log's life.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Qualified, Self::Usable, Self::ReadOnly, Self::Retired, Self::Rejected];

    /// Its name in lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Qualified => "qualified",
            Self::Usable => "usable",
            Self::ReadOnly => "readonly",
            Self::Retired => "retired",
            Self::Rejected => "rejected",
        }
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What promises of a log count for at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Qualified, usable or read-only: they count.
    Admissible,
    /// Those from before this instant count in certificates, together with others.
    Retired(Time),
    /// For nothing.
    Outside,
}

impl State {
    /// A list says nothing of the time before a state; of a log that is retired later it is known that it was none of the
    /// states that count for nothing.
    pub(super) fn standing(self, at: Time) -> Standing {
        match self.kind {
            StateKind::Qualified | StateKind::Usable | StateKind::ReadOnly => Standing::Admissible,
            StateKind::Retired if at < self.since => Standing::Admissible,
            StateKind::Retired => Standing::Retired(self.since),
            StateKind::Pending | StateKind::Rejected => Standing::Outside,
        }
    }
}
