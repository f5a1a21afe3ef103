//! Up the owner's contacts, step by step, from the alert's own history.

use notafter_cert::{Span, Time};

use super::group::{self, Standing};
use super::{State, channel_of, earliest, ending, independent, path_of};
use crate::drill;
use crate::model::{
    Alert, AlertState, BusinessHours, Contact, Criticality, Finding, Purpose, Severity, Told,
};
use crate::rule::Mark;

/// A message that is due.
pub(super) struct Telling {
    pub(super) contact: Contact,
    pub(super) purpose: Purpose,
    pub(super) severity: Severity,
    pub(super) why: String,
}

/// How much an alert presses: how bad it is, and how much that matters.
#[derive(Clone, Copy)]
pub(super) struct Urgency {
    severity: Severity,
    criticality: Criticality,
}

impl Urgency {
    /// Of an alert with these findings, of which the worst that may be told is so bad.
    pub(super) fn of(severity: Severity, children: &[&Finding], state: &State<'_>) -> Self {
        Self { severity, criticality: group::criticality(children, state) }
    }

    /// Until when it waits for an acknowledgement of what was told at `since`, before the next contact hears of it.
    fn patience(self, hours: BusinessHours, since: Time) -> Time {
        match (self.criticality, self.severity) {
            (Criticality::Critical, Severity::Critical) => since + Span::minutes(5),
            (Criticality::Critical, _) => since + Span::hours(1),
            (Criticality::High, Severity::Critical) => since + Span::minutes(15),
            (Criticality::Normal, Severity::Critical) => since + Span::minutes(30),
            (Criticality::Low | Criticality::Normal | Criticality::High, _) => hours.next_business_day(since),
        }
    }
}

/// How long after the last message the same contact is reminded.
const REMINDER: Span = Span::days(1);
/// How long everything must have been well before the recovery is told; what comes back earlier was never gone.
const RECOVERY_HOLD: Span = Span::minutes(15);

/// Brings the alert up to `now` and answers what must be said.
pub(super) fn step(alert: &mut Alert, standing: &Standing<'_>, state: &State<'_>, now: Time) -> Vec<Telling> {
    let Some(severity) = standing.severity() else { return recover(alert, state, now) };
    alert.quiet_since = None;
    alert.severity = severity;
    let Some(audible) = standing.audible.iter().map(|finding| finding.violation.severity).max() else {
        return taken(alert, state);
    };
    let mut due = worse(alert, standing, (audible, state), now);
    due.extend(taken(alert, state));
    if is_advice(standing) && !alert.told.is_empty() {
        return due;
    }
    let urgency = Urgency::of(audible, &standing.all, state);
    due.extend(climb(alert, urgency, state, now, &due));
    let told_now: Vec<Contact> = due.iter().map(|telling| telling.contact.clone()).collect();
    let reminders = remind(alert, audible, state, now);
    due.extend(reminders.into_iter().filter(|reminder| {
        // Who hears news at this instant needs no reminder with it.
        !told_now.contains(&reminder.contact)
    }));
    due
}

/// When time alone will change something for this alert, after what is due now was told.
pub(super) fn wake(alert: &Alert, standing: &Standing<'_>, state: &State<'_>) -> Option<Time> {
    if alert.state == AlertState::Closed {
        return None;
    }
    if let Some(since) = alert.quiet_since {
        return Some(since + recovery_hold(alert));
    }
    let audible = standing.audible.iter().map(|finding| finding.violation.severity).max()?;
    let end = ending::next_news(alert, standing, state);
    if alert.acknowledged.is_some() || is_advice(standing) {
        return end;
    }
    let urgency = Urgency::of(audible, &standing.all, state);
    let climb = next_contact(alert, urgency, state).map(|(_, at)| at);
    let reminder = listeners(alert, state).iter().map(|(_, last)| *last + REMINDER).min();
    earliest(end, earliest(climb, reminder))
}

/// Whether nothing of it is wrong yet: somebody is told once, and it neither climbs nor reminds.
fn is_advice(standing: &Standing<'_>) -> bool {
    standing.audible.iter().all(|finding| finding.violation.is_marked(Mark::Advice))
}

/// Who would hear of it next, and when.
pub(super) fn next_contact(alert: &Alert, urgency: Urgency, state: &State<'_>) -> Option<(Contact, Time)> {
    let reached: Vec<Contact> = alert.told.iter().map(|told| told.contact.clone()).collect();
    let next = ladder(state).into_iter().find(|contact| !reached.contains(contact))?;
    let last = news(alert).next_back()?.at;
    let standing = alert.state == AlertState::Open && alert.acknowledged.is_none();
    standing.then(|| (next, climbs_at(alert, urgency, state, last)))
}

/// Who is told first.
pub(super) fn first(state: &State<'_>) -> Option<Contact> {
    ladder(state).into_iter().next()
}

/// Whether there is anybody to tell.
pub(super) fn has_anybody(state: &State<'_>) -> bool {
    !ladder(state).is_empty()
}

/// The owner's contacts in order, then the default owner's.
fn ladder(state: &State<'_>) -> Vec<Contact> {
    let mut contacts: Vec<Contact> = Vec::new();
    let fallback = state.fallback.iter().flat_map(|owner| owner.contacts.iter());
    for contact in state.owner.contacts.iter().chain(fallback) {
        if channel_of(state.channels, contact).is_some() && !contacts.contains(contact) {
            contacts.push(contact.clone());
        }
    }
    contacts
}

/// A drill is over when it is said to be.
const fn recovery_hold(alert: &Alert) -> Span {
    if drill::is_alarm(alert) { Span::ZERO } else { RECOVERY_HOLD }
}

fn recover(alert: &mut Alert, state: &State<'_>, now: Time) -> Vec<Telling> {
    let since = *alert.quiet_since.get_or_insert(now);
    if now.since(since) < recovery_hold(alert) {
        return Vec::new();
    }
    alert.state = AlertState::Closed;
    alert.closed_at = Some(now);
    let why = "it is over: told to all who were told of it";
    to_all(heard(alert, state), Purpose::Recovered, alert.peak, why)
}

/// It got worse than anybody was told, a certificate ended, or something of another kind joined after it was told or taken:
/// all who know hear it, and it climbs anew.
fn worse(
    alert: &mut Alert,
    standing: &Standing<'_>,
    (severity, state): (Severity, &State<'_>),
    now: Time,
) -> Vec<Telling> {
    let Some(told) = news(alert).next_back().map(|told| told.at) else { return Vec::new() };
    let known_at = alert.acknowledged.as_ref().map_or(told, |taken| taken.at.max(told));
    let (purpose, why) = if ending::is_news(alert, standing, state, now) {
        (Purpose::Expired, "a certificate has ended")
    } else if severity > alert.peak {
        (Purpose::Risen, "it is worse than what was told")
    } else if is_other_kind(standing, state, known_at) {
        (Purpose::Grown, "something of another kind joined")
    } else {
        return Vec::new();
    };
    alert.peak = alert.peak.max(severity);
    alert.acknowledged = None;
    alert.worsened = alert.worsened.saturating_add(1);
    to_all(listeners(alert, state), purpose, severity, why)
}

fn is_other_kind(standing: &Standing<'_>, state: &State<'_>, taken_at: Time) -> bool {
    let (before, after): (Vec<&Finding>, Vec<&Finding>) =
        standing.all.iter().partition(|finding| finding.opened_at <= taken_at);
    let is_known =
        |finding: &Finding| before.iter().any(|known| known.violation.code == finding.violation.code);
    standing
        .audible
        .iter()
        .filter(|finding| after.iter().any(|late| late.id == finding.id))
        .any(|finding| !is_known(finding) && !ending::is_told_elsewhere(finding, standing, state))
}

/// The first contact hears at once; the next one when nobody acknowledged in time, or when the way to the one before is
/// known to be down, or silent.
fn climb(
    alert: &mut Alert,
    urgency: Urgency,
    state: &State<'_>,
    now: Time,
    already: &[Telling],
) -> Vec<Telling> {
    let severity = urgency.severity;
    let ladder = ladder(state);
    let mut reached: Vec<Contact> = alert.told.iter().map(|told| told.contact.clone()).collect();
    let mut due = Vec::new();
    while let Some(rung) = ladder.iter().position(|contact| !reached.contains(contact)) {
        let contact = &ladder[rung];
        // Where none of those who were told is a contact any more, it begins anew.
        let first = !ladder.iter().any(|contact| reached.contains(contact));
        let deaf = rung.checked_sub(1).and_then(|before| unreached(&ladder[before], state, now));
        let waited = alert.acknowledged.is_none()
            && due.is_empty()
            && already.is_empty()
            && !first
            && climbs_at(alert, urgency, state, now) <= now;
        let unheard = deaf.filter(|_| alert.acknowledged.is_none());
        if !first && !waited && unheard.is_none() {
            break;
        }
        let (purpose, why) = match (first, unheard) {
            (true, _) => (Purpose::Opened, "it is new"),
            (_, Some(why)) => (Purpose::Escalated, why),
            _ => (Purpose::Escalated, "nobody acknowledged in time"),
        };
        let why = why.to_owned();
        reached.push(contact.clone());
        alert.rung += 1;
        alert.peak = alert.peak.max(severity);
        due.push(Telling { contact: contact.clone(), purpose, severity, why });
    }
    due.extend(on_a_second_path(alert, severity, &ladder, (state, now), &reached));
    due
}

/// A critical alert is told on two paths at once: what keeps one message from arriving must not keep the news.
fn on_a_second_path(
    alert: &mut Alert,
    severity: Severity,
    ladder: &[Contact],
    (state, now): (&State<'_>, Time),
    reached: &[Contact],
) -> Option<Telling> {
    if severity != Severity::Critical || alert.acknowledged.is_some() {
        return None;
    }
    let contact = independent::second(reached, ladder, state, now)?.clone();
    let purpose = if alert.told.is_empty() { Purpose::Opened } else { Purpose::Escalated };
    alert.rung += 1;
    let why = "critical: told on two independent paths".to_owned();
    Some(Telling { contact, purpose, severity, why })
}

/// Why a contact is not waited for.
fn unreached(contact: &Contact, state: &State<'_>, now: Time) -> Option<&'static str> {
    let path = path_of(state.channels, state.paths, contact)?;
    if path.is_down() {
        return Some("the contact before cannot be reached");
    }
    path.silent_since(now).map(|_| "nobody answers at the contact before")
}

/// When the next contact hears, counted from the last message that asked for attention.
fn climbs_at(alert: &Alert, urgency: Urgency, state: &State<'_>, otherwise: Time) -> Time {
    let asked = news(alert).rfind(|told| told.purpose != Purpose::Reminder);
    let since = asked.map_or(otherwise, |told| told.at);
    if drill::is_alarm(alert) {
        return since + drill::PATIENCE;
    }
    urgency.patience(state.owner.hours, since)
}

/// Everybody who heard of it hears again once a day, until somebody takes it.
fn remind(alert: &Alert, severity: Severity, state: &State<'_>, now: Time) -> Vec<Telling> {
    if alert.acknowledged.is_some() {
        return Vec::new();
    }
    listeners(alert, state)
        .into_iter()
        .filter(|(_, last)| now.since(*last) >= REMINDER)
        .map(|(contact, _)| Telling {
            contact,
            purpose: Purpose::Reminder,
            severity,
            why: "a day has passed and nobody acknowledged".to_owned(),
        })
        .collect()
}

/// That somebody took it, for the products that know such a thing, once each time that somebody does.
fn taken(alert: &Alert, state: &State<'_>) -> Vec<Telling> {
    let Some(taken) = &alert.acknowledged else { return Vec::new() };
    let mut hearers = heard(alert, state);
    hearers.retain(|(contact, _)| {
        let told = |told: &Told| told.purpose == Purpose::Acknowledged && told.contact == *contact;
        hears_who_took_it(contact, state) && !alert.told.iter().any(|one| told(one) && one.at >= taken.at)
    });
    to_all(hearers, Purpose::Acknowledged, alert.severity, "somebody took it")
}

fn hears_who_took_it(contact: &Contact, state: &State<'_>) -> bool {
    let kind = channel_of(state.channels, contact).map(|channel| channel.kind.as_str());
    state.kinds.iter().any(|known| known.hears_who_took_it && Some(known.name) == kind)
}

/// What was told of the alert itself; that somebody took it is no news of it.
fn news(alert: &Alert) -> impl DoubleEndedIterator<Item = &Told> {
    alert.told.iter().filter(|told| told.purpose != Purpose::Acknowledged)
}

fn to_all(to: Vec<(Contact, Time)>, purpose: Purpose, severity: Severity, why: &str) -> Vec<Telling> {
    to.into_iter().map(|(contact, _)| Telling { contact, purpose, severity, why: why.to_owned() }).collect()
}

/// Those who were told and are contacts still, with the last time.
pub(super) fn listeners(alert: &Alert, state: &State<'_>) -> Vec<(Contact, Time)> {
    let ladder = ladder(state);
    let mut listeners = heard(alert, state);
    listeners.retain(|(contact, _)| ladder.contains(contact));
    listeners
}

/// Everybody who was told and has a channel still, with the last time.
fn heard(alert: &Alert, state: &State<'_>) -> Vec<(Contact, Time)> {
    let mut heard: Vec<(Contact, Time)> = Vec::new();
    for told in news(alert) {
        match heard.iter_mut().find(|(contact, _)| *contact == told.contact) {
            Some((_, last)) => *last = told.at,
            None => heard.push((told.contact.clone(), told.at)),
        }
    }
    heard.retain(|(contact, _)| channel_of(state.channels, contact).is_some());
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_an_alert_waits_for_somebody_follows_from_how_bad_it_is_and_how_much_that_matters() {
        let table = [
            (Criticality::Low, Severity::Critical, "2026-11-23T15:00:00Z"),
            (Criticality::Low, Severity::Warning, "2026-11-23T15:00:00Z"),
            (Criticality::Normal, Severity::Critical, "2026-11-20T15:30:00Z"),
            (Criticality::Normal, Severity::Warning, "2026-11-23T15:00:00Z"),
            (Criticality::Normal, Severity::Unknown, "2026-11-23T15:00:00Z"),
            (Criticality::High, Severity::Critical, "2026-11-20T15:15:00Z"),
            (Criticality::High, Severity::Warning, "2026-11-23T15:00:00Z"),
            (Criticality::Critical, Severity::Critical, "2026-11-20T15:05:00Z"),
            (Criticality::Critical, Severity::Warning, "2026-11-20T16:00:00Z"),
            (Criticality::Critical, Severity::Unknown, "2026-11-20T16:00:00Z"),
        ];
        let told: Time = "2026-11-20T15:00:00Z".parse().unwrap(); // Friday
        for (criticality, severity, until) in table {
            let waits = Urgency { severity, criticality }.patience(BusinessHours::default(), told);
            assert_eq!(waits.to_string(), until, "{severity} at an endpoint that is {criticality}");
        }
    }
}
