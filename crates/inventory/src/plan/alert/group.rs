//! One alert per cause: which findings are worth telling, and which belong together.

use std::collections::BTreeSet;

use notafter_cert::{Fingerprint, Span, Time};

use super::{State, by_id, children_among, ending, first, ladder, path_of};
use crate::model::{
    Alert, AlertId, AlertState, ChannelId, Criticality, Finding, FindingId, FindingState, Random, Severity,
    Subject, Violation,
};

use crate::rule::{self, Kind};

/// What could not be judged is told only after it lasted: one timeout is the network's habit, not news.
const UNKNOWN_PATIENCE: Span = Span::hours(1);

/// An alert as it will be, beside what is stored.
pub(super) struct Grouped<'a> {
    pub(super) alert: Alert,
    pub(super) stored: Option<&'a Alert>,
    /// Its findings, in the order in which they joined.
    pub(super) children: Vec<&'a Finding>,
}

/// The open alerts with every finding that is worth telling in one of them.
///
/// A finding stays where it is. A new one joins the alert that tells why ([`explains`]), or the alert with the same root,
/// or the alert that already carries the same certificate under the same code, and founds a new one otherwise; so alerts
/// neither merge nor split later.
pub(super) fn gather<'a>(
    state: &State<'a>,
    now: Time,
    random: &mut dyn FnMut() -> Random,
) -> Vec<Grouped<'a>> {
    let known = by_id(state.findings);
    let mut alerts: Vec<Grouped<'a>> = state
        .alerts
        .iter()
        .filter(|alert| alert.state == AlertState::Open)
        .map(|alert| {
            let children = children_among(alert, &known);
            Grouped { alert: not_ahead(alert, now), stored: Some(alert), children }
        })
        .collect();
    settle(&mut alerts, state);
    let attached: BTreeSet<FindingId> =
        alerts.iter().flat_map(|grouped| grouped.alert.findings.iter().copied()).collect();
    let kept_away = first::KeptAway::of(state, now);
    let mut loose: Vec<&'a Finding> = state
        .findings
        .iter()
        .filter(|finding| !attached.contains(&finding.id) && is_audible(finding, state, now))
        .filter(|finding| !kept_away.holds_back(finding, state, now))
        .collect();
    loose.sort_by_key(|finding| {
        let worst_first = std::cmp::Reverse(finding.violation.severity);
        (follows(finding, state), worst_first, finding.opened_at, finding.id)
    });
    for finding in loose {
        let root = root(finding, state);
        match home(&alerts, finding, &root, state) {
            Some(index) => {
                alerts[index].alert.findings.push(finding.id);
                alerts[index].children.push(finding);
            }
            // With nobody to tell there is no alert; the finding stays, and `owner.unreachable` says why.
            None if !ladder::has_anybody(state) => {}
            None => {
                let alert = found(finding, root, now, random);
                alerts.push(Grouped { alert, stored: None, children: vec![finding] });
            }
        }
    }
    alerts
}

/// A clock that was ahead wrote that somebody was told in the future: reminders, the next contact and the end would wait for
/// that. By the present clock it was now at the latest.
fn not_ahead(alert: &Alert, now: Time) -> Alert {
    let mut alert = alert.clone();
    alert.opened_at = alert.opened_at.min(now);
    alert.quiet_since = alert.quiet_since.map(|since| since.min(now));
    for told in &mut alert.told {
        told.at = told.at.min(now);
    }
    if let Some(taken) = &mut alert.acknowledged {
        taken.at = taken.at.min(now);
    }
    alert
}

/// What is behind an endpoint may become known later: then it is behind its alert, too.
fn settle(alerts: &mut [Grouped<'_>], state: &State<'_>) {
    for index in 0..alerts.len() {
        let behind = state.background.behind(&alerts[index].alert.root).clone();
        if !alerts.iter().any(|grouped| grouped.alert.root == behind) {
            alerts[index].alert.root = behind;
        }
    }
}

/// Whether it may follow from another finding: that a certificate runs out, or stands in for one that is not there yet.
fn follows(finding: &Finding, state: &State<'_>) -> bool {
    ending::is_ending(finding) || first::is_in_stead(finding, state)
}

/// Whether one finding tells why there is the other.
pub(super) fn explains(cause: &Finding, finding: &Finding, state: &State<'_>) -> bool {
    ending::explains(cause, finding, state) || first::explains(cause, finding, state)
}

/// The alert that a finding joins. That a certificate runs out, or stands in for the first one, belongs to the renewal that
/// fails; that a renewal fails belongs to what is behind it, unless its lineage's own alert tells of the certificate
/// already.
fn home(alerts: &[Grouped<'_>], finding: &Finding, root: &Subject, state: &State<'_>) -> Option<usize> {
    let tells = |grouped: &Grouped<'_>, of: &dyn Fn(&Finding) -> bool| {
        grouped.children.iter().any(|child| child.state == FindingState::Open && of(child))
    };
    let why = |grouped: &Grouped<'_>| tells(grouped, &|child| explains(child, finding, state));
    let what = |grouped: &Grouped<'_>| {
        grouped.alert.root == finding.violation.subject
            && tells(grouped, &|child| explains(finding, child, state))
    };
    let of_certificate = finding.violation.cause.parse::<Fingerprint>().is_ok();
    let same = |grouped: &Grouped<'_>| {
        grouped.alert.root == *root || (of_certificate && carries_same(grouped, finding))
    };
    let position = |fits: &dyn Fn(&Grouped<'_>) -> bool| alerts.iter().position(fits);
    // Most findings are neither, and need no look through those of every alert.
    let together = match finding {
        _ if follows(finding, state) => position(&why),
        _ if ending::is_failing(finding) => position(&what),
        _ => None,
    };
    together.or_else(|| position(&same))
}

/// How the findings of one alert stand.
pub(super) struct Standing<'a> {
    /// All that ever joined.
    pub(super) all: Vec<&'a Finding>,
    /// Those that hold.
    pub(super) open: Vec<&'a Finding>,
    /// Those that hold and may be told.
    pub(super) audible: Vec<&'a Finding>,
}

impl<'a> Standing<'a> {
    pub(super) fn of(grouped: &Grouped<'a>, state: &State<'a>, now: Time) -> Self {
        let all = grouped.children.clone();
        let open: Vec<_> =
            all.iter().copied().filter(|finding| finding.state == FindingState::Open).collect();
        let silenced = |finding: &Finding| {
            state.silences.iter().any(|silence| silence.covers(finding, &grouped.alert.root, now))
        };
        let audible = open.iter().copied().filter(|finding| !silenced(finding)).collect();
        Self { all, open, audible }
    }

    pub(super) fn severity(&self) -> Option<Severity> {
        self.open.iter().map(|finding| finding.violation.severity).max()
    }
}

/// How much an alert matters: as much as the most critical thing that is amiss in it.
pub(super) fn criticality(children: &[&Finding], state: &State<'_>) -> Criticality {
    let open = children.iter().filter(|finding| finding.state == FindingState::Open);
    let of = open.map(|finding| state.background.criticality(&finding.violation.subject));
    of.max().unwrap_or_default()
}

/// Why an alert is stored.
pub(super) fn why(grouped: &Grouped<'_>) -> String {
    let alert = &grouped.alert;
    match grouped.stored {
        None => format!("{} is new", alert.root),
        Some(_) if alert.state == AlertState::Closed => format!("{} is over", alert.root),
        Some(stored) if stored.findings.len() < alert.findings.len() => {
            format!("{} grew by {}", alert.root, alert.findings.len() - stored.findings.len())
        }
        Some(_) => format!("{} moved on", alert.root),
    }
}

/// When the next silence ends, so that what it covered is told then.
pub(super) fn next_end_of_silence(state: &State<'_>, now: Time) -> Option<Time> {
    state.silences.iter().map(|silence| silence.until).filter(|until| *until > now).min()
}

/// What is behind a finding: a subject that its cause names, or what the inventory says, or its own subject.
pub(super) fn root(finding: &Finding, state: &State<'_>) -> Subject {
    let own = &finding.violation.subject;
    match finding.violation.cause.parse::<Subject>() {
        Ok(Subject::Named(_)) | Err(_) => {}
        Ok(Subject::Installation) if finding.violation.cause != "installation" => {}
        Ok(named) if named != *own => return named,
        Ok(_) => {}
    }
    match (own, broken_channel(state)) {
        (Subject::Owner(_), Some(channel)) => Subject::Channel(channel),
        _ => state.background.behind(own).clone(),
    }
}

/// The one channel that all of the owner's contacts are on, where none of them can be reached through it.
fn broken_channel(state: &State<'_>) -> Option<ChannelId> {
    let everybody = state.owner.everybody();
    let paths = everybody.iter().map(|to| path_of(state.channels, state.paths, to));
    let down: Vec<ChannelId> = paths
        .map(|path| path.filter(|path| path.is_down()).map(|path| path.channel_id))
        .collect::<Option<_>>()?;
    let first = *down.first()?;
    down.iter().all(|channel| *channel == first).then_some(first)
}

/// Whether retries did not mend it and nobody silenced it.
pub(super) fn is_audible(finding: &Finding, state: &State<'_>, now: Time) -> bool {
    finding.state == FindingState::Open
        && is_confirmed(finding, state.background.criticality(&finding.violation.subject))
        && !state.silences.iter().any(|silence| silence.covers(finding, &root(finding, state), now))
}

/// Cryptographic facts hold at the first look (law 7). That somebody does not answer is said after a second look, and
/// that it is not known after an hour of not knowing; of an endpoint that is critical, after a second look, too.
#[must_use]
pub fn is_confirmed(finding: &Finding, criticality: Criticality) -> bool {
    let seen_again = finding.seen_at > finding.opened_at;
    match finding.violation.severity {
        Severity::Ok => false,
        Severity::Unknown if criticality == Criticality::Critical => seen_again,
        Severity::Unknown => finding.seen_at.since(finding.opened_at) >= UNKNOWN_PATIENCE,
        Severity::Warning | Severity::Critical if is_transient(&finding.violation.code) => seen_again,
        Severity::Warning | Severity::Critical => true,
    }
}

/// Whether the rule judges that somebody did not answer, rather than what was answered.
fn is_transient(code: &str) -> bool {
    rule::find(code).is_some_and(|rule| matches!(rule.kind, Kind::Failure(_)))
}

/// Whether the alert carries a finding on the same certificate under the same code.
fn carries_same(grouped: &Grouped<'_>, finding: &Finding) -> bool {
    let Violation { code, cause, .. } = &finding.violation;
    grouped.children.iter().any(|child| child.violation.cause == *cause && child.violation.code == *code)
}

fn found(finding: &Finding, root: Subject, now: Time, random: &mut dyn FnMut() -> Random) -> Alert {
    Alert {
        id: AlertId::new(now, random()),
        owner_id: finding.owner_id,
        root,
        severity: finding.violation.severity,
        peak: Severity::Ok,
        findings: vec![finding.id],
        state: AlertState::Open,
        opened_at: now,
        quiet_since: None,
        closed_at: None,
        rung: 0,
        told: Vec::new(),
        worsened: 0,
        acknowledged: None,
    }
}
