//! Time-limited quiet for something that is known.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{Actor, Finding, OwnerId, SilenceId, Subject};

/// Nobody is told of what it covers until it ends; the findings stay open and visible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Identity.
    pub id: SilenceId,
    /// What it covers.
    pub scope: SilenceScope,
    /// From when.
    pub from: Time,
    /// Until when (exclusive).
    pub until: Time,
    /// Why; required, because the next person will ask.
    pub why: String,
    /// Who made it.
    pub by: Actor,
}

/// What a silence covers: findings that agree with everything that is named; at least one is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilenceScope {
    /// The code of the finding, or a whole area (`renewal.*`).
    pub code: Option<String>,
    /// What the finding is about, or what is behind it.
    pub subject: Option<Subject>,
    /// Whose it is.
    pub owner: Option<OwnerId>,
}

impl SilenceScope {
    /// Whether it names anything; a silence over everything is a switched-off smoke alarm.
    #[must_use]
    pub const fn names_something(&self) -> bool {
        self.code.is_some() || self.subject.is_some() || self.owner.is_some()
    }

    fn covers(&self, finding: &Finding, root: &Subject) -> bool {
        let code = self.code.as_deref().is_none_or(|code| match code.strip_suffix('*') {
            Some(area) => finding.violation.code.starts_with(area),
            None => finding.violation.code == code,
        });
        code && self
            .subject
            .as_ref()
            .is_none_or(|subject| *subject == finding.violation.subject || subject == root)
            && self.owner.is_none_or(|owner| owner == finding.owner_id)
    }
}

impl Silence {
    /// Whether `finding`, with `root` behind it, is not to be told at `now`.
    #[must_use]
    pub fn covers(&self, finding: &Finding, root: &Subject, now: Time) -> bool {
        self.from <= now
            && now < self.until
            && self.scope.names_something()
            && self.scope.covers(finding, root)
    }
}
