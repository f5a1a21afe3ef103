//! How endpoints stand: what their list is in order of.

use notafter_inventory::model::Severity;

/// How an endpoint stands: the worst of its open findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nothing is amiss.
    Sound,
    /// Nobody has looked yet.
    NotLookedAt,
    /// It could not be judged.
    Unknown,
    /// Somebody should act, soon.
    Warning,
    /// Somebody must act, now.
    Critical,
}

impl Standing {
    /// All of them, the worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::Warning, Self::Unknown, Self::NotLookedAt, Self::Sound];

    /// As an address has it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sound => "ok",
            Self::NotLookedAt => "not-looked-at",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotLookedAt => "not looked at yet",
            other => other.key(),
        }
    }

    pub(crate) const fn of(stored: i64) -> Self {
        match stored {
            0 => Self::Sound,
            2 => Self::Unknown,
            3 => Self::Warning,
            4.. => Self::Critical,
            _ => Self::NotLookedAt,
        }
    }

    pub(crate) const fn stored(self) -> i64 {
        match self {
            Self::Sound => 0,
            Self::NotLookedAt => 1,
            Self::Unknown => 2,
            Self::Warning => 3,
            Self::Critical => 4,
        }
    }

    /// How bad that is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Sound => Severity::Ok,
            Self::NotLookedAt | Self::Unknown => Severity::Unknown,
            Self::Warning => Severity::Warning,
            Self::Critical => Severity::Critical,
        }
    }
}
