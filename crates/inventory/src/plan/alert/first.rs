//! What is served where a lineage's first certificate is still on its way: known to be wrong, and about to be mended. It is
//! told with what keeps the certificate from arriving, or when that takes too long.

use std::collections::BTreeSet;

use notafter_cert::{Span, Time};

use super::background::First;
use super::group::is_audible;
use super::{State, ending};
use crate::model::{Finding, FindingState, Subject};
use crate::rule::{self, Kind};

/// Longer than failing attempts are retried before they are told (`renewal.failing`), so that both are told together.
const PATIENCE: Span = Span::hours(2);

/// Whether it judges a certificate that stands in for the first one of the lineage that is installed there.
pub(super) fn is_in_stead(finding: &Finding, state: &State<'_>) -> bool {
    let of_certificate = || {
        rule::find(&finding.violation.code).is_some_and(|rule| {
            matches!(
                rule.kind,
                Kind::Chain(_) | Kind::Unreadable(_) | Kind::Revocation(_) | Kind::Transparency(_)
            )
        })
    };
    match state.background.about(&finding.violation.subject).and_then(|known| known.first) {
        None => false,
        Some(First::OnItsWay) => of_certificate(),
        // Seen before, told after: the next look is due at once.
        Some(First::ServedSince(at)) => finding.seen_at <= at && of_certificate(),
    }
}

/// Whether it says what keeps the first certificate from being served where the other was seen.
pub(super) fn explains(cause: &Finding, finding: &Finding, state: &State<'_>) -> bool {
    let behind = |one: &Finding| state.background.behind(&one.violation.subject).clone();
    cause.state == FindingState::Open
        && keeps_away(cause)
        && is_in_stead(finding, state)
        && behind(cause) == behind(finding)
}

fn keeps_away(finding: &Finding) -> bool {
    let of_deployment =
        || rule::find(&finding.violation.code).is_some_and(|rule| matches!(rule.kind, Kind::Deployment(_)));
    ending::is_failing(finding) || of_deployment()
}

/// The lineages of which something tells already why their first certificate is not served.
pub(super) struct KeptAway<'a>(BTreeSet<&'a Subject>);

impl<'a> KeptAway<'a> {
    pub(super) fn of(state: &State<'a>, now: Time) -> Self {
        let causes =
            state.findings.iter().filter(|finding| keeps_away(finding) && is_audible(finding, state, now));
        Self(causes.map(|cause| state.background.behind(&cause.violation.subject)).collect())
    }

    /// Whether the finding is not told yet.
    pub(super) fn holds_back(&self, finding: &Finding, state: &State<'_>, now: Time) -> bool {
        now < finding.opened_at + PATIENCE
            && is_in_stead(finding, state)
            && !self.0.contains(state.background.behind(&finding.violation.subject))
    }
}

/// When the next finding has been held back for long enough.
pub(super) fn next_told(state: &State<'_>, now: Time) -> Option<Time> {
    let open = state.findings.iter().filter(|finding| finding.state == FindingState::Open);
    let told = open.filter(|finding| is_in_stead(finding, state)).map(|finding| finding.opened_at + PATIENCE);
    told.filter(|at| *at > now).min()
}
