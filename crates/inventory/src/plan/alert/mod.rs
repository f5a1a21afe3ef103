//! Who hears of what, and when (law 11): a failure is told once, by its cause, to someone who can act; if it is not
//! acknowledged it climbs.
//!
//! Findings that are worth telling are gathered into alerts by what is behind them; each alert climbs the
//! owner's ladder of contacts by its own history; what is said is made from code and data ([`message`]).
//! The plan is a function of what is stored: running it twice, or after a crash, tells nobody twice.

mod background;
mod brief;
mod deployed;
mod ending;
mod facts;
mod first;
mod group;
mod independent;
mod ladder;
mod links;
pub mod message;
mod rank;
#[cfg(test)]
mod stories;

use std::collections::BTreeMap;

use notafter_cert::Time;

use super::Action;
use crate::drill;
use crate::model::{
    Alert, Channel, ChannelKind, Contact, Delivery, DeliveryAttempt, DeliveryId, DeliveryState, Finding,
    FindingId, Owner, Path, Purpose, Random, Silence, Told,
};

pub use background::{Background, Circumstance, First, Inventory, NextTry, Tried};
pub use brief::{Brief, brief};
pub use group::is_confirmed;
pub use independent::{independent, told_one_way};
use ladder::Telling;
pub use ladder::{in_order, over};
pub use links::{
    Links, confirmation_of, linkable, linked_body, links_of, reply_token_of, with_confirmation, with_links,
    with_reply_token,
};
pub(super) use links::{to_answer, to_confirm};

/// Everything that the plan for one owner depends on.
pub struct State<'a> {
    /// Whose alerts.
    pub owner: &'a Owner,
    /// Where the ladder ends: the default owner, unless it is the same.
    pub fallback: Option<&'a Owner>,
    /// All channels.
    pub channels: &'a [Channel],
    /// The kinds of channels that there are.
    pub kinds: &'a [&'static ChannelKind],
    /// What is known about ways to reach people.
    pub paths: &'a [Path],
    /// The owner's open alerts.
    pub alerts: &'a [Alert],
    /// The owner's open findings, and the closed ones of open alerts.
    pub findings: &'a [Finding],
    /// All silences that have not ended.
    pub silences: &'a [Silence],
    /// Names, roots, attempts and commands for the subjects of those findings.
    pub background: &'a Background,
}

/// What to do now, and when to ask again if nothing changes before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertPlan {
    /// In order; an alert stands before the deliveries that tell of it. One transaction stores them all.
    pub actions: Vec<Action<What>>,
    /// The next instant at which time alone changes the plan.
    pub next_at: Option<Time>,
}

/// What an action stores.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The alert as it is now.
    Keep(Alert),
    /// A message to be sent.
    Send(Delivery),
}

/// More messages than this for one contact at one time are sent as one: a storm hides what matters.
const STORM: usize = 5;

/// Decides for one owner.
pub fn decide(state: &State<'_>, now: Time, random: &mut dyn FnMut() -> Random) -> AlertPlan {
    let mut plan = AlertPlan::default();
    let mut due: Vec<(usize, Telling)> = Vec::new();
    let mut alerts = group::gather(state, now, random);
    for (index, grouped) in alerts.iter_mut().enumerate() {
        let standing = group::Standing::of(grouped, state, now);
        let tellings = ladder::step(&mut grouped.alert, &standing, state, now);
        due.extend(tellings.into_iter().map(|telling| (index, telling)));
    }
    let deliveries = write(&mut alerts, due, state, now, random);
    plan.next_at = earliest(group::next_end_of_silence(state, now), first::next_told(state, now));
    for grouped in alerts {
        let standing = group::Standing::of(&grouped, state, now);
        plan.next_at = earliest(plan.next_at, ladder::wake(&grouped.alert, &standing, state, now));
        if grouped.stored != Some(&grouped.alert) {
            let why = group::why(&grouped);
            plan.actions.push(Action { what: What::Keep(grouped.alert), why, not_before: now });
        }
    }
    plan.actions.extend(deliveries);
    plan
}

/// Turns what is due into messages, one per contact and alert, or one per contact in a storm.
fn write(
    alerts: &mut [group::Grouped<'_>],
    due: Vec<(usize, Telling)>,
    state: &State<'_>,
    now: Time,
    random: &mut dyn FnMut() -> Random,
) -> Vec<Action<What>> {
    let mut by_contact: BTreeMap<Contact, Vec<(usize, Telling)>> = BTreeMap::new();
    for (index, telling) in due {
        by_contact.entry(telling.contact.clone()).or_default().push((index, telling));
    }
    let mut batches: Vec<Batch<'_>> = Vec::new();
    for (contact, mut tellings) in by_contact {
        let Some(channel) = channel_of(state.channels, &contact) else { continue };
        let size = if tellings.len() > STORM { tellings.len() } else { 1 };
        while !tellings.is_empty() {
            let rest = tellings.split_off(size);
            let together = std::mem::replace(&mut tellings, rest);
            let id = DeliveryId::new(now, random());
            for (index, telling) in &together {
                alerts[*index].alert.told.push(told(telling, id, now));
            }
            batches.push(Batch { id, to: contact.to.clone(), channel, together });
        }
    }
    // Each message says who else is told at this instant: all of them are known by now.
    batches.iter().map(|batch| batch.written(alerts, state, now)).collect()
}

/// What goes to one contact as one message.
struct Batch<'a> {
    id: DeliveryId,
    to: Option<String>,
    channel: &'a Channel,
    /// At least one, each with the place of its alert.
    together: Vec<(usize, Telling)>,
}

impl Batch<'_> {
    fn written(&self, alerts: &[group::Grouped<'_>], state: &State<'_>, now: Time) -> Action<What> {
        let together = &self.together;
        let letters: Vec<message::Letter<'_>> =
            together.iter().map(|(index, telling)| letter(&alerts[*index], telling, state, now)).collect();
        let worst = together.iter().max_by_key(|(_, telling)| telling.severity);
        let delivery = Delivery {
            id: self.id,
            owner_id: state.owner.id,
            alert_id: (together.len() == 1).then(|| alerts[together[0].0].alert.id),
            channel_id: self.channel.id,
            to: self.to.clone(),
            purpose: worst.map_or(Purpose::Opened, |(_, telling)| telling.purpose),
            message: message::write(&letters),
            code: None,
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            next_at: Some(now),
            created_at: now,
        };
        let is_held = together.iter().all(|(index, _)| self.is_played_silent(&alerts[*index], state));
        Action {
            not_before: now,
            why: together.iter().map(|(_, telling)| telling.why.as_str()).collect::<Vec<_>>().join("; "),
            what: What::Send(if is_held { held_back(delivery, now) } else { delivery }),
        }
    }

    /// A drill plays that the way to the first contact is silent.
    fn is_played_silent(&self, grouped: &group::Grouped<'_>, state: &State<'_>) -> bool {
        let begun = grouped.alert.told.first().map(|told| told.at);
        let is_first = begun
            .and_then(|at| ladder::first(state, at))
            .is_some_and(|first| first.channel == self.channel.name && first.to == self.to);
        is_first && grouped.children.iter().any(|finding| drill::first_is_silent(finding))
    }
}

/// It is over before it was sent; what is known of its way stays as it is.
fn held_back(delivery: Delivery, now: Time) -> Delivery {
    let detail = drill::HELD_BACK.to_owned();
    let attempts = vec![DeliveryAttempt { at: now, accepted: false, detail }];
    Delivery { state: DeliveryState::Failed, attempts, next_at: None, ..delivery }
}

fn told(telling: &Telling, delivery_id: DeliveryId, at: Time) -> Told {
    Told {
        at,
        contact: telling.contact.clone(),
        purpose: telling.purpose,
        severity: telling.severity,
        delivery_id,
    }
}

fn letter<'a>(
    grouped: &'a group::Grouped<'a>,
    telling: &Telling,
    state: &State<'a>,
    now: Time,
) -> message::Letter<'a> {
    let alert = &grouped.alert;
    let urgency = ladder::Urgency::of(telling.severity, &grouped.children, state);
    message::Letter {
        alert,
        purpose: telling.purpose,
        findings: grouped.children.clone(),
        background: state.background,
        owner: state.owner,
        next_contact: ladder::next_contact(alert, urgency, state, now),
        also_told: also_told(alert, telling, state, now),
        now,
    }
}

/// Who hears the same at this instant on a path that shares nothing with this one.
fn also_told(alert: &Alert, telling: &Telling, state: &State<'_>, now: Time) -> Vec<Contact> {
    let apart = |other: &Contact| independent(&telling.contact, other, state.channels, state.kinds);
    let told_now = alert.told.iter().filter(|told| told.at == now && told.purpose != Purpose::Acknowledged);
    told_now.map(|told| told.contact.clone()).filter(apart).collect()
}

/// The findings of an alert, in the order in which they joined.
#[must_use]
pub fn children<'a>(alert: &Alert, findings: &'a [Finding]) -> Vec<&'a Finding> {
    children_among(alert, &by_id(findings))
}

fn by_id(findings: &[Finding]) -> BTreeMap<FindingId, &Finding> {
    findings.iter().map(|finding| (finding.id, finding)).collect()
}

fn children_among<'a>(alert: &Alert, known: &BTreeMap<FindingId, &'a Finding>) -> Vec<&'a Finding> {
    alert.findings.iter().filter_map(|id| known.get(id).copied()).collect()
}

fn channel_of<'a>(channels: &'a [Channel], contact: &Contact) -> Option<&'a Channel> {
    channels.iter().find(|channel| channel.name == contact.channel)
}

/// The path that a contact names, where anything is known about it.
#[must_use]
pub fn path_of<'a>(channels: &[Channel], paths: &'a [Path], contact: &Contact) -> Option<&'a Path> {
    let channel = channel_of(channels, contact)?;
    paths.iter().find(|path| path.channel_id == channel.id && path.to == contact.to)
}

fn earliest(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
