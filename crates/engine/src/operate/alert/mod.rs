//! Alerts by hand: prove a path, confirm it, list, acknowledge, silence.

mod prove;
mod silence;

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::Time;
use notafter_inventory::code::endpoint_name;
use notafter_inventory::drill;
use notafter_inventory::model::{
    Acknowledgement, Actor, Alert, AlertId, AlertState, Channel, Contact, Delivery, DeliveryId,
    DeliveryState, Finding, FindingId, Owner, Path, Severity, Silence, SilenceId, SilenceScope, SpentLink,
    Subject,
};
use notafter_inventory::plan::alert::{self as plan, Background};
use notafter_store::{Change, TaskSubject};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) use prove::confirm_message;
pub use prove::{ConfirmArgs, Confirmed, TestArgs, Tested, confirm, test};
pub(crate) use silence::wake_all;
pub use silence::{LONGEST_SILENCE, SilenceArgs, UnsilenceArgs};

use super::{Fault, Operation, operation};
use crate::alert_reply;
use crate::context::Context;
use crate::findings::ALERT;
use crate::tasks::alert;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("alert.test", test, Begun),
    operation!("alert.confirm", confirm),
    operation!("alert.list", list),
    operation!("alert.show", show),
    operation!("alert.acknowledge", acknowledge),
    operation!("alert.reply", alert_reply::answer),
    operation!("alert.silence", silence::silence),
    operation!("alert.unsilence", silence::unsilence),
];

/// Newest tests and alerts that are looked through.
const LOOKED_THROUGH: u32 = 1_000;

/// Which alerts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListArgs {
    /// Closed ones too, newest first.
    pub all: bool,
}

/// One alert as it is listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// The alert.
    pub alert: Alert,
    /// What people call the thing behind it.
    pub name: String,
    /// Its owner's name.
    pub owner: String,
    /// What its findings say, worst first.
    pub findings: Vec<ListedFinding>,
    /// Until when all of it is silenced.
    pub silenced_until: Option<Time>,
    /// The silences that cover something of it, the one that ends last first.
    #[serde(default)]
    pub silenced_by: Vec<Covering>,
    /// Whom it was sent to, and nothing of it was taken at the other side yet.
    #[serde(default)]
    pub not_reached: Vec<Contact>,
}

/// A silence that covers open findings of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covering {
    /// The silence.
    pub silence: SilenceId,
    /// Until when.
    pub until: Time,
    /// How many of the alert's open findings it covers.
    pub findings: usize,
}

/// One finding of a listed alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedFinding {
    /// Which.
    pub id: FindingId,
    /// The rule's code.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What people call its subject.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// Whether it holds.
    pub open: bool,
    /// Since when it holds, or held.
    pub since: Time,
}

impl Listed {
    /// What people call it: the thing behind it, and how many others its findings are about.
    #[must_use]
    pub fn heading(&self) -> String {
        let is_any_open = self.findings.iter().any(|finding| finding.open);
        let told_of = self.findings.iter().filter(|finding| finding.open || !is_any_open);
        let subjects: BTreeSet<&str> = told_of.map(|finding| finding.subject.as_str()).collect();
        // A lineage is behind what is wrong at its endpoints, and is not one of them.
        match subjects.contains(self.name.as_str()) {
            true if subjects.len() > 1 => format!("{} and {} more", self.name, subjects.len() - 1),
            _ => self.name.clone(),
        }
    }

    /// How many of its findings began after somebody had taken it.
    #[must_use]
    pub fn grown(&self) -> usize {
        let Some(taken) = &self.alert.acknowledged else { return 0 };
        self.findings.iter().filter(|finding| finding.open && finding.since > taken.at).count()
    }

    /// Whether it waits for nobody: somebody has taken it, all of it is silenced, or nothing of it holds any more.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        self.alert.acknowledged.is_some()
            || self.silenced_until.is_some()
            || self.findings.iter().all(|finding| !finding.open)
    }

    /// Whether it is the alarm of a drill.
    #[must_use]
    pub fn is_drill(&self) -> bool {
        drill::is_alarm(&self.alert)
    }
}

/// Alerts, the silences in force, and what is known of the ways to people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// The alerts.
    pub alerts: Vec<Listed>,
    /// The silences.
    pub silences: Vec<Silence>,
    /// What each of them covers, in words.
    #[serde(default)]
    pub covers: BTreeMap<SilenceId, String>,
    /// Ways to people.
    pub paths: Vec<ListedPath>,
}

/// One way to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPath {
    /// The channel's name.
    pub channel: String,
    /// The path.
    pub path: Path,
    /// Whether it is known to work now.
    pub proved: bool,
}

/// Lists.
///
/// # Errors
/// The store failed.
pub async fn list(context: &Context, _actor: &Actor, args: ListArgs) -> Result<Listing, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let alerts =
        if args.all { store.alerts(scope, LOOKED_THROUGH).await? } else { store.alerts_open(scope).await? };
    let channels = store.channels(scope).await?;
    let mut around = Around::of(context, &alerts, &channels).await?;
    if let Some(owner) = scope.kept_to() {
        let silences = std::mem::take(&mut around.silences);
        let concerns = |silence: &Silence| {
            silence.scope.owner == Some(owner) || alerts.iter().any(|alert| around.is_covered(alert, silence))
        };
        around.silences = silences.into_iter().filter(concerns).collect();
    }
    let paths =
        ways(&prove::wanted_owners(context, None).await?, &channels, &store.paths(scope).await?, around.now);
    let mut alerts: Vec<Listed> = alerts.into_iter().map(|alert| around.listed(alert)).collect();
    if !args.all {
        alerts.sort_by_key(|one| {
            let alert = &one.alert;
            (one.is_drill(), one.is_aside(), std::cmp::Reverse(alert.severity), alert.opened_at, alert.id)
        });
    }
    let covers = around.covers(context).await?;
    Ok(Listing { alerts, paths, covers, silences: around.silences })
}

/// The paths that contacts have now, tried or not; what is known of a channel that was removed leads to nobody.
fn ways(owners: &[Owner], channels: &[Channel], known: &[Path], now: Time) -> Vec<ListedPath> {
    let mut ways: Vec<ListedPath> = Vec::new();
    let everybody =
        |owner: &Owner| owner.everybody().into_iter().map(|to| (owner.id, to)).collect::<Vec<_>>();
    for (owner_id, contact) in owners.iter().flat_map(everybody) {
        let Some(channel) = channels.iter().find(|channel| channel.name == contact.channel) else { continue };
        if ways.iter().any(|way| way.path.channel_id == channel.id && way.path.to == contact.to) {
            continue;
        }
        let path = plan::path_of(channels, known, &contact).cloned();
        let path = path.unwrap_or_else(|| Path::unknown(channel.id, contact.to, owner_id));
        ways.push(ListedPath { channel: channel.name.clone(), proved: path.is_proved(now), path });
    }
    ways
}

/// Which alert to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowArgs {
    /// The alert.
    pub id: AlertId,
}

/// One alert, and the silences that cover something of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The alert.
    pub listed: Listed,
    /// Those silences, the one that ends last first.
    pub silences: Vec<Silence>,
    /// What each of them covers, in words.
    pub covers: BTreeMap<SilenceId, String>,
}

/// Shows one.
///
/// # Errors
/// There is no such alert, or the store failed.
pub async fn show(context: &Context, _actor: &Actor, ShowArgs { id }: ShowArgs) -> Result<Shown, Fault> {
    let Some(alert) = context.store.alert(&context.scope, id).await? else { return Err(no_such(id)) };
    let channels = context.store.channels(&context.scope).await?;
    let mut around = Around::of(context, std::slice::from_ref(&alert), &channels).await?;
    let silences = std::mem::take(&mut around.silences);
    around.silences = silences.into_iter().filter(|silence| around.is_covered(&alert, silence)).collect();
    around.silences.sort_by_key(|silence| (std::cmp::Reverse(silence.until), silence.id));
    let covers = around.covers(context).await?;
    Ok(Shown { listed: around.listed(alert), covers, silences: around.silences })
}

/// What alerts are read with.
struct Around {
    findings: Vec<Finding>,
    background: Background,
    owners: Vec<Owner>,
    silences: Vec<Silence>,
    /// Messages about these alerts that were taken at the other side; one whose row is gone was told long ago.
    taken: BTreeSet<DeliveryId>,
    now: Time,
}

impl Around {
    /// Every silence in force is with it.
    async fn of(context: &Context, alerts: &[Alert], channels: &[Channel]) -> Result<Self, Fault> {
        let (store, scope) = (&context.store, &context.scope);
        let now = context.clock.now();
        let mut findings = Vec::new();
        for id in alerts.iter().flat_map(|alert| &alert.findings) {
            findings.extend(store.finding(scope, *id).await?);
        }
        let background = alert::gather(context, &findings, channels).await?;
        let (owners, silences) = (store.owners(scope).await?, store.silences_after(scope, now).await?);
        let mut taken = BTreeSet::new();
        for id in alerts.iter().flat_map(|alert| &alert.told).map(|told| told.delivery_id) {
            let delivery = store.delivery(scope, id).await?;
            let is_taken =
                |one: &Delivery| matches!(one.state, DeliveryState::Accepted | DeliveryState::Confirmed);
            if delivery.as_ref().is_none_or(is_taken) {
                taken.insert(id);
            }
        }
        Ok(Self { findings, background, owners, silences, taken, now })
    }

    fn is_covered(&self, alert: &Alert, silence: &Silence) -> bool {
        let children = plan::children(alert, &self.findings);
        children.iter().any(|finding| silence.covers(finding, &alert.root, self.now))
    }

    fn listed(&self, alert: Alert) -> Listed {
        let children = plan::children(&alert, &self.findings);
        let owner = self.owners.iter().find(|owner| owner.id == alert.owner_id);
        let (silenced_until, silenced_by) = silenced(&children, &alert, &self.silences, self.now);
        Listed {
            name: self.background.name(&alert.root),
            owner: owner.map_or_else(|| alert.owner_id.to_string(), |owner| owner.name.clone()),
            findings: shown(&children, &self.background),
            silenced_until,
            silenced_by,
            not_reached: not_reached(&alert, &self.taken),
            alert,
        }
    }

    async fn covers(&self, context: &Context) -> Result<BTreeMap<SilenceId, String>, Fault> {
        let mut covers = BTreeMap::new();
        for silence in &self.silences {
            let words = in_words(context, &silence.scope, (&self.background, &self.owners)).await?;
            covers.insert(silence.id, words);
        }
        Ok(covers)
    }
}

/// Whom an alert was sent to in vain so far, each once.
fn not_reached(alert: &Alert, taken: &BTreeSet<DeliveryId>) -> Vec<Contact> {
    let reached: BTreeSet<&Contact> = alert
        .told
        .iter()
        .filter(|told| taken.contains(&told.delivery_id))
        .map(|told| &told.contact)
        .collect();
    let others: BTreeSet<&Contact> =
        alert.told.iter().map(|told| &told.contact).filter(|contact| !reached.contains(contact)).collect();
    others.into_iter().cloned().collect()
}

/// What findings say, those that hold first, and of them the worst.
fn shown(findings: &[&Finding], background: &Background) -> Vec<ListedFinding> {
    let mut shown: Vec<ListedFinding> = findings
        .iter()
        .map(|finding| ListedFinding {
            id: finding.id,
            code: finding.violation.code.clone(),
            severity: finding.violation.severity,
            subject: background.name(&finding.violation.subject),
            text: finding.violation.text.clone(),
            open: finding.closed_at.is_none(),
            since: finding.opened_at,
        })
        .collect();
    shown.sort_by_key(|finding| (!finding.open, std::cmp::Reverse(finding.severity)));
    shown
}

/// Until when an alert is silenced as a whole, which is until the first of its silences ends; and what covers some of it.
pub(crate) fn silenced(
    children: &[&Finding],
    alert: &Alert,
    silences: &[Silence],
    now: Time,
) -> (Option<Time>, Vec<Covering>) {
    let open = || children.iter().filter(|finding| finding.closed_at.is_none());
    let covers = |silence: &Silence, finding: &Finding| silence.covers(finding, &alert.root, now);
    let ends = open().map(|finding| {
        let covering = silences.iter().filter(|silence| covers(silence, finding));
        covering.map(|silence| silence.until).max()
    });
    let mut by: Vec<Covering> = silences
        .iter()
        .map(|silence| Covering {
            silence: silence.id,
            until: silence.until,
            findings: open().filter(|finding| covers(silence, finding)).count(),
        })
        .filter(|covering| covering.findings > 0)
        .collect();
    by.sort_by_key(|covering| (std::cmp::Reverse(covering.until), covering.silence));
    (ends.min().flatten(), by)
}

/// What a silence covers: `renewal.* about shop.example, owner web`.
async fn in_words(
    context: &Context,
    scope: &SilenceScope,
    (background, owners): (&Background, &[Owner]),
) -> Result<String, Fault> {
    let mut words = scope.code.clone().unwrap_or_else(|| "everything".to_owned());
    if let Some(subject) = &scope.subject {
        let endpoint = match subject {
            Subject::Endpoint(id) => context.store.endpoint(&context.scope, *id).await?,
            _ => None,
        };
        let name =
            endpoint.map_or_else(|| background.name(subject), |endpoint| endpoint_name(&endpoint.target));
        words += &format!(" about {name}");
    }
    if let Some(id) = scope.owner {
        let owner = owners.iter().find(|owner| owner.id == id);
        words += &format!(", owner {}", owner.map_or_else(|| id.to_string(), |owner| owner.name.clone()));
    }
    Ok(words)
}

const LISTING: &str = "see them with `notafter alert list`";

fn no_such(id: AlertId) -> Fault {
    Fault::new("alert.unknown", format!("there is no alert {id}"), LISTING)
}

/// Which alert is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeArgs {
    /// The alert.
    pub id: AlertId,
    /// What to tell the others.
    pub note: Option<String>,
}

/// Takes an alert: it does not climb further and does not remind, until it gets worse.
///
/// # Errors
/// There is no such alert, it is over, or the store failed.
pub async fn acknowledge(context: &Context, actor: &Actor, args: AcknowledgeArgs) -> Result<Alert, Fault> {
    take(context, actor, args, None).await
}

/// The same by a link, which is used up in the same step.
pub(crate) async fn take(
    context: &Context,
    actor: &Actor,
    args: AcknowledgeArgs,
    link: Option<SpentLink>,
) -> Result<Alert, Fault> {
    let _telling = context.telling.lock().await;
    let Some(mut alert) = context.store.alert(&context.scope, args.id).await? else {
        return Err(no_such(args.id));
    };
    if alert.state == AlertState::Closed {
        return Err(Fault::new("alert.over", format!("{} is over already", args.id), LISTING));
    }
    let now = context.clock.now();
    // Taken once more without a word, what was said before still holds.
    let note = args.note.or_else(|| alert.acknowledged.and_then(|before| before.note));
    alert.acknowledged = Some(Acknowledgement { at: now, by: actor.clone(), note: note.clone() });
    let mut changes = vec![
        Change::Event {
            kind: "notafter.alert.acknowledged.v1".to_owned(),
            subject: alert.root.clone(),
            data: json!({ "alert": alert.id, "note": note }),
        },
        Change::Schedule { task: ALERT, subject: TaskSubject::of(alert.owner_id), due_at: now },
        Change::PutAlert(alert.clone()),
    ];
    changes.extend(link.map(Change::SpendLink));
    context.apply(None, actor, &changes).await?;
    Ok(alert)
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::{BusinessHours, ChannelId, ChannelSettings, OwnerId};

    use super::*;

    /// What had been learnt of a channel that somebody had removed went on being a way to people, under its identity.
    #[test]
    fn a_removed_channel_was_a_way_to_people_still() {
        let now = Time::from_unix_seconds(1_796_000_000);
        let (mail, removed) = (ChannelId::from_bytes([1; 16]), ChannelId::from_bytes([2; 16]));
        let channel = |id, name: &str| Channel {
            id,
            name: name.to_owned(),
            kind: String::new(),
            settings: ChannelSettings::new(),
        };
        let to = |channel: &str, to: &str| Contact { channel: channel.to_owned(), to: Some(to.to_owned()) };
        let owner = |number: u8, contacts: &[Contact]| Owner {
            id: OwnerId::from_bytes([number; 16]),
            name: number.to_string(),
            contacts: contacts.iter().cloned().map(Into::into).collect(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        };
        let owners = [
            owner(1, &[to("mail", "ada"), to("gone", "ada")]),
            owner(2, &[to("mail", "bob"), to("mail", "ada")]),
        ];
        let known = |id, who: &str| Path {
            proved_at: Some(now),
            ..Path::unknown(id, Some(who.to_owned()), owners[0].id)
        };
        let ways = ways(&owners, &[channel(mail, "mail")], &[known(mail, "ada"), known(removed, "ada")], now);
        let told: Vec<(&str, Option<&str>, bool)> =
            ways.iter().map(|way| (&way.channel[..], way.path.to.as_deref(), way.proved)).collect();
        assert_eq!(
            told,
            [("mail", Some("ada"), true), ("mail", Some("bob"), false)],
            "each once, tried or not"
        );
    }
}
