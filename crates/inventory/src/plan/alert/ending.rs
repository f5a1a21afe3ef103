//! Certificates that run out: why they do, and from when their end is news.

use std::collections::BTreeMap;

use notafter_cert::{Span, Time};

use super::group::{self, Standing};
use super::{State, ladder};
use crate::model::{Alert, Finding, FindingState, Purpose, Subject};
use crate::rule::Mark;

/// A look at the instant of the end has this long to see what is served then; what it did not see is told without it.
const LOOK: Span = Span::minutes(2);
/// Ends that follow one another within this time in one alert are told together.
const TOGETHER: Span = Span::hours(1);

/// What says that a certificate has run out.
const EXPIRED: &str = "certificate.expired";
/// What says that nothing will replace it.
const FAILING: &str = "renewal.failing";

/// Whether it says that a certificate runs out.
pub(super) fn is_ending(finding: &Finding) -> bool {
    finding.violation.is_marked(Mark::Ending)
}

/// Whether it says that nothing will replace a certificate.
pub(super) fn is_failing(finding: &Finding) -> bool {
    finding.violation.code == FAILING
}

/// Whether a certificate runs out because a renewal fails: it is served where the failing lineage is installed, and it is
/// the one that the lineage would replace. Another one there is another trouble: a renewed certificate that is not served
/// runs out for want of a deployment.
pub(super) fn explains(failing: &Finding, ending: &Finding, state: &State<'_>) -> bool {
    let held = failing.violation.evidence.get("fingerprint").and_then(|held| held.as_str());
    failing.state == FindingState::Open
        && is_failing(failing)
        && is_ending(ending)
        && *state.background.behind(&ending.violation.subject) == failing.violation.subject
        && held.is_none_or(|held| held == ending.violation.cause)
}

/// Whether the alert says so already: the end has a message of its own, and that it comes nearer is what a failing renewal
/// means.
pub(super) fn is_told_elsewhere(finding: &Finding, standing: &Standing<'_>, state: &State<'_>) -> bool {
    (finding.violation.code == EXPIRED && end_of(finding).is_some())
        || standing.audible.iter().any(|other| group::explains(other, finding, state))
}

/// Whether a certificate has ended since everybody who hears of the alert was told anything.
pub(super) fn is_news(alert: &Alert, standing: &Standing<'_>, state: &State<'_>, now: Time) -> bool {
    next_news(alert, standing, state).is_some_and(|at| at <= now)
}

/// When the next end is told, that nobody was told of yet.
pub(super) fn next_news(alert: &Alert, standing: &Standing<'_>, state: &State<'_>) -> Option<Time> {
    let known_at = ladder::listeners(alert, state).into_iter().map(|(_, last)| last).min()?;
    let news = ends(standing).into_values().filter(|at| *at > known_at).min()?;
    let last = alert.told.iter().rev().find(|told| told.purpose == Purpose::Expired);
    Some(last.map_or(news, |last| news.max(last.at + TOGETHER)))
}

/// The end of each certificate in the alert, with the instant from which it is news: from its first second on, or from
/// when the alert came to know of the certificate.
fn ends(standing: &Standing<'_>) -> BTreeMap<Time, Time> {
    let mut ends = BTreeMap::new();
    for end in standing.audible.iter().filter_map(|finding| end_of(finding)) {
        let of_this = |finding: &&&Finding| end_of(finding) == Some(end);
        let joined = standing.all.iter().filter(of_this).map(|finding| finding.opened_at).min();
        let sure = standing.audible.iter().filter(of_this).any(|finding| is_sure(finding));
        let told_from = end + if sure { Span::seconds(1) } else { LOOK };
        ends.insert(end, joined.map_or(told_from, |joined| joined.max(told_from)));
    }
    ends
}

fn end_of(finding: &Finding) -> Option<Time> {
    let tells = is_ending(finding) || finding.violation.is_marked(Mark::EndOfLineage);
    let end = finding.violation.evidence.get("not_after").filter(|_| tells)?;
    end.as_str()?.parse().ok()
}

/// Whether the end needs no look: it was seen, or it is the lineage's own newest certificate.
fn is_sure(finding: &Finding) -> bool {
    finding.violation.code == EXPIRED || matches!(finding.violation.subject, Subject::Lineage(_))
}
