//! What the line of a message begins with.

use crate::model::{Finding, Severity};

/// What a subject line begins with: that something ended, then that something ends, then why nothing will replace it, then
/// the rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Ended,
    Ends,
    Fails,
    Other,
}

impl Rank {
    pub(super) fn of(finding: &Finding) -> Self {
        match finding.violation.code.as_str() {
            "certificate.expired" => Self::Ended,
            "certificate.expires-soon" => Self::Ends,
            "renewal.failing" if finding.violation.severity == Severity::Critical => Self::Fails,
            _ => Self::Other,
        }
    }
}
