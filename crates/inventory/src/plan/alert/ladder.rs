//! Up the owner's contacts, step by step, from the alert's own history.
//!
//! The rule, in one place. The ladder is the owner's contacts in order, then the default owner's. Whoever of it is on duty at
//! the instant of telling and has not heard yet is next, from the top; contacts with nobody on duty are passed over.
//!
//! - What is new is told at once. Where nobody on the whole ladder is on duty, whose turn it is at the first contact hears.
//! - What nobody took in time is told to the next one: at once where the way before is down or silent, and at once where there
//!   is news and nobody who knew of it is on duty. Whoever takes a turn over is next like anybody else, so that what nobody
//!   took is not lost with a turn; of what somebody took they hear nothing.
//! - What is critical is told on two ways that share no fate ([`independent::second`] says on which).
//! - Where a finding doubts that the owner hears (`Mark::ToBehind`), whoever is next of the default owner's is told with it.
//! - Whoever was told hears what happens further, and that it is over, on duty or not.

use notafter_cert::{Span, Time};

use super::group::{self, Standing};
use super::{State, channel_of, earliest, ending, independent, path_of};
use crate::drill;
use crate::model::{
    Alert, AlertState, BusinessHours, Channel, Contact, Criticality, Finding, Owner, Purpose, Rung, Severity,
    Told,
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
    due.extend(to_behind(alert, standing, (audible, state), now, &due));
    let told_now: Vec<Contact> = due.iter().map(|telling| telling.contact.clone()).collect();
    let reminders = remind(alert, audible, state, now);
    due.extend(reminders.into_iter().filter(|reminder| {
        // Who hears news at this instant needs no reminder with it.
        !told_now.contains(&reminder.contact)
    }));
    due
}

/// When time alone will change something for this alert, after what is due now was told.
pub(super) fn wake(alert: &Alert, standing: &Standing<'_>, state: &State<'_>, now: Time) -> Option<Time> {
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
    let climb = next_contact(alert, urgency, state, now).map(|(_, at)| at);
    let reminder = listeners(alert, state).iter().map(|(_, last)| *last + REMINDER).min();
    earliest(end, earliest(climb, reminder))
}

/// Whether nothing of it is wrong yet: somebody is told once, and it neither climbs nor reminds.
fn is_advice(standing: &Standing<'_>) -> bool {
    standing.audible.iter().all(|finding| finding.violation.is_marked(Mark::Advice))
}

/// Who would hear of it next, and when: whoever is on duty once nobody took it in time, or the first to be on duty after that.
pub(super) fn next_contact(
    alert: &Alert,
    urgency: Urgency,
    state: &State<'_>,
    now: Time,
) -> Option<(Contact, Time)> {
    let last = news(alert).next_back()?.at;
    if alert.state != AlertState::Open || alert.acknowledged.is_some() {
        return None;
    }
    let (ladder, reached) = (ladder(state), reached(alert));
    let at = climbs_at(alert, urgency, state, last).max(now);
    if let Some((_, contact)) = next_rung(&ladder, &reached, at) {
        return Some((contact, at));
    }
    let later = ladder.iter().filter_map(|rung| rung.next_on_duty(at, |one| !reached.contains(one)));
    later.min_by_key(|(from, _)| *from).map(|(from, contact)| (contact, from))
}

/// Who is told first of what is new at an instant.
pub(super) fn first(state: &State<'_>, at: Time) -> Option<Contact> {
    next_rung(&ladder(state), &[], at).map(|(_, contact)| contact)
}

/// Whoever hears, one after the other, of an alert that nobody takes, as far as they are on duty when it begins.
#[must_use]
pub fn in_order(owner: &Owner, fallback: Option<&Owner>, channels: &[Channel], at: Time) -> Vec<Contact> {
    let ladder = rungs(owner, fallback, channels);
    let mut told = Vec::new();
    while let Some((_, contact)) = next_rung(&ladder, &told, at) {
        told.push(contact);
    }
    told
}

/// Whether there is anybody to tell.
pub(super) fn has_anybody(state: &State<'_>) -> bool {
    !ladder(state).is_empty()
}

fn ladder<'a>(state: &State<'a>) -> Vec<&'a Rung> {
    rungs(state.owner, state.fallback, state.channels)
}

/// The owner's rungs in order, then the default owner's.
fn rungs<'a>(owner: &'a Owner, fallback: Option<&'a Owner>, channels: &[Channel]) -> Vec<&'a Rung> {
    let mut ladder: Vec<&Rung> = Vec::new();
    for rung in owner.contacts.iter().chain(fallback.iter().flat_map(|last| last.contacts.iter())) {
        if channels.iter().any(|channel| channel.name == rung.channel) && !ladder.contains(&rung) {
            ladder.push(rung);
        }
    }
    ladder
}

/// Everybody who was told.
fn reached(alert: &Alert) -> Vec<Contact> {
    alert.told.iter().map(|told| told.contact.clone()).collect()
}

/// The first rung whose person on duty has not heard, with whoever that is. Where nobody at all is on duty and nobody on the
/// ladder has heard, it is whose turn it is at the first one: an alert that nobody hears helps nobody.
fn next_rung(ladder: &[&Rung], reached: &[Contact], at: Time) -> Option<(usize, Contact)> {
    let rungs = || ladder.iter().enumerate();
    let on_duty = rungs().find_map(|(index, rung)| {
        Some((index, rung.on_duty(at).filter(|contact| !reached.contains(contact))?))
    });
    let anybody = || rungs().find_map(|(index, rung)| Some((index, rung.whose_turn(at)?)));
    on_duty.or_else(|| if is_known(ladder, reached) { None } else { anybody() })
}

/// Whether anybody who was told is on the ladder.
fn is_known(ladder: &[&Rung], reached: &[Contact]) -> bool {
    ladder.iter().any(|rung| rung.everybody().iter().any(|contact| reached.contains(contact)))
}

/// Whether anybody who was told is on duty.
fn is_on_duty(ladder: &[&Rung], reached: &[Contact], at: Time) -> bool {
    ladder.iter().filter_map(|rung| rung.on_duty(at)).any(|contact| reached.contains(&contact))
}

/// A drill is over when it is said to be.
const fn recovery_hold(alert: &Alert) -> Span {
    if drill::is_alarm(alert) { Span::ZERO } else { RECOVERY_HOLD }
}

/// What holds of an alert that stands and of whose findings none does; nothing where one does.
#[must_use]
pub fn over(alert: &Alert, any_open: bool) -> Option<String> {
    if any_open || alert.state == AlertState::Closed {
        return None;
    }
    let hold = recovery_hold(alert);
    Some(match alert.quiet_since {
        Some(since) => format!(
            "over since {}; it waits until {} to see whether it stays so, and is then closed",
            since.for_people(),
            (since + hold).for_people()
        ),
        None => format!("over; it is closed once it stayed so for {hold}"),
    })
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

/// Whoever is first hears at once, the next one when it is time ([the rule](self)).
fn climb(
    alert: &mut Alert,
    urgency: Urgency,
    state: &State<'_>,
    now: Time,
    already: &[Telling],
) -> Vec<Telling> {
    let severity = urgency.severity;
    let ladder = ladder(state);
    let mut reached = reached(alert);
    let mut due = Vec::new();
    while let Some((rung, contact)) = next_rung(&ladder, &reached, now) {
        let (purpose, why) = if !is_known(&ladder, &reached) {
            // Where none of those who were told is a contact any more, it begins anew.
            (Purpose::Opened, "it is new")
        } else if alert.acknowledged.is_some() {
            break;
        } else if let Some(why) = unheard(&ladder[..=rung], &reached, state, now) {
            (Purpose::Escalated, why)
        } else if !already.is_empty() && !is_on_duty(&ladder, &reached, now) {
            (Purpose::Escalated, "nobody who knew of it is on duty")
        } else if already.is_empty() && due.is_empty() && climbs_at(alert, urgency, state, now) <= now {
            (Purpose::Escalated, "nobody acknowledged in time")
        } else {
            break;
        };
        reached.push(contact.clone());
        alert.rung += 1;
        alert.peak = alert.peak.max(severity);
        due.push(Telling { contact, purpose, severity, why: why.to_owned() });
    }
    due.extend(on_a_second_path(alert, severity, &ladder, (state, now), &reached));
    due
}

/// A critical alert is told on two paths at once: what keeps one message from arriving must not keep the news.
fn on_a_second_path(
    alert: &mut Alert,
    severity: Severity,
    ladder: &[&Rung],
    (state, now): (&State<'_>, Time),
    reached: &[Contact],
) -> Option<Telling> {
    if severity != Severity::Critical || alert.acknowledged.is_some() {
        return None;
    }
    let contact = independent::second(reached, ladder, state, now)?;
    let purpose = if alert.told.is_empty() { Purpose::Opened } else { Purpose::Escalated };
    alert.rung += 1;
    let why = "critical: told on two independent paths".to_owned();
    Some(Telling { contact, purpose, severity, why })
}

/// Whoever stands behind the owner hears as well, and at once, where it is doubtful whether the owner does.
fn to_behind(
    alert: &mut Alert,
    standing: &Standing<'_>,
    (severity, state): (Severity, &State<'_>),
    now: Time,
    due: &[Telling],
) -> Option<Telling> {
    let doubted = standing.audible.iter().any(|finding| finding.violation.is_marked(Mark::ToBehind));
    if !doubted || alert.acknowledged.is_some() {
        return None;
    }
    let behind = rungs(state.fallback?, None, state.channels);
    let mut reached = reached(alert);
    reached.extend(due.iter().map(|telling| telling.contact.clone()));
    if is_known(&behind, &reached) {
        return None;
    }
    let (_, contact) = next_rung(&behind, &reached, now)?;
    let purpose = if alert.told.is_empty() { Purpose::Opened } else { Purpose::Escalated };
    alert.rung += 1;
    let why = "told to whoever stands behind the owner as well".to_owned();
    Some(Telling { contact, purpose, severity, why })
}

/// Why those who were told last on this part of the ladder are not waited for, where none of them hears.
fn unheard(ladder: &[&Rung], reached: &[Contact], state: &State<'_>, now: Time) -> Option<&'static str> {
    let told = |rung: &Rung| -> Vec<Contact> {
        rung.everybody().into_iter().filter(|contact| reached.contains(contact)).collect()
    };
    let before = ladder.iter().rev().map(|rung| told(rung)).find(|told| !told.is_empty())?;
    let deaf: Option<Vec<&str>> = before.iter().map(|contact| unreached(contact, state, now)).collect();
    deaf?.first().copied()
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
    listeners.retain(|(contact, _)| ladder.iter().any(|rung| rung.everybody().contains(contact)));
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

    #[test]
    fn an_alert_of_whose_findings_none_held_said_nothing() {
        let opened: Time = "2026-11-20T15:00:00Z".parse().unwrap();
        let mut alert = Alert {
            id: crate::model::AlertId::from_bytes([1; 16]),
            owner_id: crate::model::OwnerId::from_bytes([2; 16]),
            root: crate::model::Subject::Installation,
            severity: Severity::Critical,
            peak: Severity::Critical,
            findings: Vec::new(),
            state: AlertState::Open,
            opened_at: opened,
            quiet_since: Some(opened),
            closed_at: None,
            rung: 0,
            told: Vec::new(),
            worsened: 0,
            acknowledged: None,
        };
        let said = "over since 2026-11-20 15:00 UTC; it waits until 2026-11-20 15:15 UTC to see whether it stays so, \
                    and is then closed";
        assert_eq!(over(&alert, false).as_deref(), Some(said));
        assert_eq!(over(&alert, true), None, "something of it holds");
        alert.quiet_since = None;
        assert_eq!(over(&alert, false).as_deref(), Some("over; it is closed once it stayed so for 15 min"));
        alert.state = AlertState::Closed;
        assert_eq!(over(&alert, false), None);
    }
}
