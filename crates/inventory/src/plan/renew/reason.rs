//! The rules that ask for a renewal, in the order in which they are told.

use notafter_cert::{Identifier, Span, Time};
use serde::Serialize;

use super::{Nets, State};
use crate::model::{AriChoice, RollBack};
use crate::threshold::Thresholds;

/// A rule that asks for a renewal at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The rule.
    pub rule: &'static str,
    /// Since or from when.
    pub at: Time,
    /// Whether the service suffers until it is done: shorter pauses, and the last token of a limit may be used.
    pub urgent: bool,
    /// In words.
    pub text: String,
}

/// A rule: its name, and its judgement of a state.
type Rule = (&'static str, fn(&State<'_>) -> Option<Due>);

/// What a rule answers.
struct Due {
    at: Time,
    urgent: bool,
    text: String,
}

/// Every rule. Of several that are due, the first one here is told as the reason.
const CHAIN: &[Rule] = &[
    ("order-open", order_open),
    ("no-version", no_version),
    ("revoked", revoked),
    ("key-blocked", key_blocked),
    ("forced", forced),
    ("rolled-back", rolled_back),
    ("identifiers-changed", identifiers_changed),
    ("key-changed", key_changed),
    ("emergency", emergency),
    ("window", window),
    ("net", net),
];

/// What all rules say. Never empty: without a certificate there is `no-version`, with one there is its emergency.
pub(super) fn all(state: &State<'_>) -> Vec<Reason> {
    CHAIN
        .iter()
        .filter_map(|(rule, judge)| {
            judge(state).map(|Due { at, urgent, text }| Reason { rule, at, urgent, text })
        })
        .collect()
}

/// Whether two lists name the same set.
pub(super) fn same_set(one: &[Identifier], other: &[Identifier]) -> bool {
    one.iter().all(|item| other.contains(item)) && other.iter().all(|item| one.contains(item))
}

/// Whether the key of the current version must not be used for the next one. A rollback keeps the version, not its kind
/// of key for the one that replaces it.
pub(super) fn key_must_go(state: &State<'_>) -> bool {
    key_blocked(state).is_some() || state.held.is_some_and(|held| held.key != Some(state.spec.key))
}

fn now(state: &State<'_>, urgent: bool, text: String) -> Option<Due> {
    Some(Due { at: state.now, urgent, text })
}

fn order_open(state: &State<'_>) -> Option<Due> {
    let order = state.order?;
    let unfit = match (order.issuer == state.issuer, state.fits(&order)) {
        (false, _) => " at another issuer than is wanted now",
        (true, false) => " for other names than are wanted now",
        (true, true) => "",
    };
    now(state, false, format!("order {} is under way{unfit}", order.id))
}

fn no_version(state: &State<'_>) -> Option<Due> {
    if state.held.is_some() {
        return None;
    }
    now(state, false, "notafter holds none yet".to_owned())
}

fn revoked(state: &State<'_>) -> Option<Due> {
    state.held.filter(|held| held.revoked)?;
    now(state, true, "the current certificate is revoked".to_owned())
}

fn key_blocked(state: &State<'_>) -> Option<Due> {
    let held = state.held?;
    state
        .lineage
        .renewal
        .blocked_keys
        .iter()
        .find(|blocked| blocked.eq_ignore_ascii_case(&held.key_sha256))?;
    now(state, true, format!("its key {} is blocked", short(&held.key_sha256)))
}

fn forced(state: &State<'_>) -> Option<Due> {
    // By a clock that was ahead: then it is wanted now.
    let at = state.lineage.renewal.forced_at?.min(state.now);
    if state.held.is_some_and(|held| state.obtained_at(held) > at) {
        return None;
    }
    Some(Due { at, urgent: false, text: "a person asked for it".to_owned() })
}

/// A person's rollback is not undone by what was known when it was made: neither the regular net nor an ordinary window,
/// which the older version is past, nor names that it never had. What endangers the service is not held back.
fn rolled_back(state: &State<'_>) -> Option<Due> {
    let (back, until) = kept(state)?;
    let text = format!(
        "rolled back by a person at {}, and kept until then; renewed sooner by: notafter renew {}",
        back.at.for_people(),
        state.lineage.name
    );
    Some(Due { at: until, urgent: false, text })
}

/// The rollback that holds, and until when.
fn kept<'a>(state: &State<'a>) -> Option<(&'a RollBack, Time)> {
    let held = state.held?;
    let back = state.lineage.renewal.rolled_back.as_deref()?;
    let same = back.version == held.version
        && same_set(&back.identifiers, &state.spec.identifiers)
        && back.key == state.spec.key;
    let until = kept_until(held.not_before, held.not_after, state.thresholds, back.at.min(state.now));
    until.filter(|_| same).map(|until| (back, until))
}

/// Until when a version with these ends that is rolled back to at `at` may be kept; `None` when it is to be replaced at
/// once. Before it is critical; where it is critical already, before its emergency.
#[must_use]
pub fn kept_until(not_before: Time, not_after: Time, thresholds: Thresholds, at: Time) -> Option<Time> {
    let nets = Nets::of(not_before, not_after);
    let critical = not_after - thresholds.leaf(nets.lifetime).critical;
    [critical.min(nets.emergency.at), nets.emergency.at].into_iter().find(|until| *until > at)
}

fn identifiers_changed(state: &State<'_>) -> Option<Due> {
    let held = state.held.filter(|_| kept(state).is_none())?;
    let wanted = state.wanted();
    let missing = listed(wanted.iter().filter(|one| !held.ordered.contains(one)));
    let surplus = listed(held.ordered.iter().filter(|one| !wanted.contains(one)));
    let text = match (missing, surplus) {
        (None, None) => return None,
        (Some(missing), None) => format!("names are missing in the current certificate: {missing}"),
        (None, Some(surplus)) => format!("names are not wanted any more: {surplus}"),
        (Some(missing), Some(surplus)) => format!("names changed: {missing} wanted, {surplus} not any more"),
    };
    now(state, false, text)
}

fn listed<'a>(identifiers: impl Iterator<Item = &'a Identifier>) -> Option<String> {
    let names: Vec<String> = identifiers.map(Identifier::to_string).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn key_changed(state: &State<'_>) -> Option<Due> {
    let held = state.held.filter(|_| kept(state).is_none())?;
    let wanted = state.spec.key;
    if held.key == Some(wanted) {
        return None;
    }
    let present = held.key.map_or("of another kind", |key| key.name());
    now(state, false, format!("its key is {present}, {wanted} is wanted"))
}

fn window(state: &State<'_>) -> Option<Due> {
    let window = state.window()?;
    let passed = window.end <= state.now;
    let incident = passed && state.nets().is_some_and(|nets| is_early(window, &nets));
    if !incident && kept(state).is_some() {
        return None;
    }
    let length = for_window(window.end.since(window.start));
    let mut text = match (incident, passed) {
        (true, _) => "ARI window in the past: the CA asks for an immediate renewal".to_owned(),
        (false, true) => format!("ARI window {length}, missed"),
        (false, false) => format!("ARI window {length}, drawn"),
    };
    if let Some(url) = &window.explanation_url {
        text.push_str(&format!(" ({url})"));
    }
    let earliest = state.held.map_or(window.chosen, |held| state.obtained_at(held) + rest(held.lifetime()));
    Some(Due { at: window.chosen.max(earliest), urgent: incident, text })
}

/// A window is not believed sooner than this after a renewal: a CA that answers "at once" for each new certificate
/// would be asked for the next one in a loop.
fn rest(lifetime: Span) -> Span {
    Span::hours(6).min(lifetime.share(1, 8))
}

/// Whether the CA pulled the window forward: an ordinary one lies around the regular net (2 % of the lifetime at
/// Let's Encrypt). An early window in the past means that the certificate is about to be revoked (RFC 9773 section 4.2).
fn is_early(window: &AriChoice, nets: &Nets) -> bool {
    window.end < nets.regular.at - nets.lifetime.share(1, 50)
}

/// `1.2 d`, `3.2 h`: windows are told with one decimal.
fn for_window(length: Span) -> String {
    const TENTH_OF_DAY: i64 = 8_640;
    const TENTH_OF_HOUR: i64 = 360;
    let seconds = length.as_seconds().max(0);
    let (tenths, unit) = if seconds >= 10 * TENTH_OF_DAY {
        (seconds / TENTH_OF_DAY, "d")
    } else {
        (seconds / TENTH_OF_HOUR, "h")
    };
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// The net yields to a drawn instant only while that lies in the same window as the net: at most the rest of the window.
fn net(state: &State<'_>) -> Option<Due> {
    let nets = state.nets().filter(|_| kept(state).is_none())?;
    let at = match state.window() {
        Some(window) if window.start <= nets.regular.at && nets.regular.at < window.end => {
            window.end.min(nets.emergency.at)
        }
        _ => nets.regular.at,
    };
    Some(Due { at, urgent: false, text: format!("{} left", nets.regular.name) })
}

fn emergency(state: &State<'_>) -> Option<Due> {
    let nets = state.nets()?;
    let text =
        if state.now > nets.end { "expired".to_owned() } else { format!("{} left", nets.emergency.name) };
    Some(Due { at: nets.emergency.at, urgent: true, text })
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
