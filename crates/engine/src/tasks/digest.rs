//! The weekly summary to each owner who answers for anything.

use futures_util::FutureExt;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{
    Actor, Channel, Contact, Delivery, DeliveryId, DeliveryState, Message, Mode, Owner, OwnerId, Path,
    Purpose,
};
use notafter_inventory::plan::alert::path_of;
use notafter_inventory::plan::digest::{self, Fleet, Week};
use notafter_store::{Change, Lease, Scope, TaskSubject};

use super::{Next, Task, Work, alert, deliver};
use crate::context::Context;
use crate::operate::Fault;

/// The kind of this task.
pub const KIND: &str = "digest";

/// Closed alerts that are looked through for the week.
const ALERTS: u32 = 500;
/// Coming renewals shown.
const COMING: usize = 5;

/// Plans the next digest of an owner.
#[must_use]
pub fn schedule(owner: &Owner, now: Time) -> Change {
    Change::Schedule {
        task: KIND,
        subject: TaskSubject::of(owner.id),
        due_at: digest::next_at(owner.hours, now),
    }
}

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "sends the weekly digest",
    parallel: |_| 2,
    lease_for: Span::minutes(5),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// Writes and sends one owner's digest.
async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let now = context.clock.now();
    let Some(owner) = context.store.owner(&context.scope, id).await? else { return Ok(Next::Done) };
    if let Some(delivery) = write(context, &owner, now).await? {
        let changes = deliver::begin(delivery, "a week has passed", now);
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(Next::At(digest::next_at(owner.hours, now)))
}

/// The digest as a message to the first contact whose path is not down; nothing for an owner of nothing.
async fn write(context: &Context, owner: &Owner, now: Time) -> Result<Option<Delivery>, Fault> {
    let (store, everything) = (&context.store, &context.scope);
    let scope = &Scope::owner(owner.id);
    let since = now - Span::days(7);
    let fleet = fleet(context, scope, owner.id, since).await?;
    let findings = store.findings_open(scope).await?;
    if fleet.endpoints == 0 && fleet.lineages == 0 && findings.is_empty() {
        return Ok(None);
    }
    let channels = store.channels(everything).await?;
    let paths = store.paths(everything).await?;
    let Some((contact, channel)) = reachable(owner, &channels, &paths, now) else { return Ok(None) };
    let mine: Vec<Path> =
        owner.everybody().iter().filter_map(|contact| path_of(&channels, &paths, contact).cloned()).collect();
    let message: Message = digest::write(&Week {
        owner,
        since,
        now,
        alerts: &store.alerts(scope, ALERTS).await?,
        findings: &findings,
        silences: &store.silences_after(everything, now).await?,
        paths: &mine,
        background: &alert::gather(context, &findings, &channels).await?,
        fleet,
    });
    Ok(Some(Delivery {
        id: DeliveryId::new(now, context.random()),
        owner_id: owner.id,
        alert_id: None,
        channel_id: channel.id,
        to: contact.to.clone(),
        purpose: Purpose::Digest,
        message,
        code: None,
        state: DeliveryState::Pending,
        attempts: Vec::new(),
        next_at: Some(now),
        created_at: now,
    }))
}

/// Whoever of an owner is told what presses nobody: the first on duty whose path is not down, else the first of all of them.
pub(super) fn reachable<'a>(
    owner: &Owner,
    channels: &'a [Channel],
    paths: &[Path],
    now: Time,
) -> Option<(Contact, &'a Channel)> {
    let way = |contact: Contact| {
        let channel = channels.iter().find(|channel| channel.name == contact.channel)?;
        let is_down = path_of(channels, paths, &contact).is_some_and(Path::is_down);
        (!is_down).then_some((contact, channel))
    };
    owner.on_duty(now).into_iter().chain(owner.everybody()).find_map(way)
}

async fn fleet(context: &Context, scope: &Scope, owner: OwnerId, since: Time) -> Result<Fleet, Fault> {
    let store = &context.store;
    let lineages = store.lineages(scope).await?;
    let mut fleet = Fleet {
        endpoints: usize::try_from(store.endpoint_count(scope).await?).unwrap_or(0),
        lineages: lineages.iter().filter(|lineage| lineage.owner_id == owner).count(),
        ..Fleet::default()
    };
    for lineage in &lineages {
        let versions = store.versions_of(scope, lineage.id).await?;
        fleet.renewed += versions.iter().filter(|version| version.obtained_at >= since).count();
        let current = versions.iter().find(|version| Some(version.id) == lineage.current);
        if let (Some(version), Mode::Managed(_)) = (current, &lineage.mode) {
            let text = format!("{} ends; it is renewed before", lineage.name);
            fleet.coming.push((version.not_after, text));
        }
    }
    fleet.coming.sort();
    fleet.coming.truncate(COMING);
    Ok(fleet)
}
