//! One message on its way: sends it, keeps the result, and what it says about the path. A crash between sending and
//! storing sends again under the same identity.

use futures_util::FutureExt;
use notafter_cert::{Retry, Span, Time, Trouble};
use notafter_inventory::model::{
    Actor, Channel, Delivery, DeliveryId, DeliveryState, Path, Receipt, Subject,
};
use notafter_inventory::plan::deliver::{self, Again, Failure, Overtaken};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use notafter_providers::notify::{self, Door, Outgoing, Secrets};
use notafter_store::{Change, Lease, TaskSubject};
use serde_json::json;

use super::alert::DEFAULT_OWNER;
use super::{Next, Task, Work};
use crate::alert_link;
use crate::alert_reply;
use crate::context::Context;
use crate::findings;
use crate::operate::Fault;

/// The kind of this task.
pub const KIND: &str = "deliver";

/// The limit on one try.
pub(crate) fn within(context: &Context) -> Span {
    Span::millis(i64::from(context.settings.message_timeout_ms))
}

/// Stores a new message with its task, which tries it from `due_at` on.
pub(crate) fn begin(delivery: Delivery, why: &str, due_at: Time) -> [Change; 3] {
    [
        Change::Event {
            kind: "notafter.delivery.planned.v1".to_owned(),
            subject: subject(&delivery),
            data: json!({
                "delivery": delivery.id, "alert": delivery.alert_id, "to": delivery.to,
                "purpose": delivery.purpose, "text": delivery.message.subject, "why": why,
            }),
        },
        Change::Schedule { task: KIND, subject: TaskSubject::of(delivery.id), due_at },
        Change::PutDelivery(delivery),
    ]
}

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "carries messages to people and programs",
    parallel: |_| 16,
    lease_for: Span::minutes(5),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// Tries one message that is due.
async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let Some(mut delivery) = pending(context, id).await? else { return Ok(Next::Done) };
    let now = context.clock.now();
    if let Some(later) = deliver::waits_until(&delivery, now) {
        return Ok(Next::At(later));
    }
    if let Some(why) = overtaken(context, &delivery).await? {
        deliver::overtake(&mut delivery, why, now);
        context.apply(Some(lease), &Actor::Engine, &recorded(&delivery, now)).await?;
        return Ok(Next::Done);
    }
    attempt(context, &mut delivery, Some(lease), &Actor::Engine).await?;
    Ok(delivery.next_at.map_or(Next::Done, Next::At))
}

/// Whether later news of its alert overtook it.
async fn overtaken(context: &Context, delivery: &Delivery) -> Result<Option<Overtaken>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let Some(id) = delivery.alert_id else { return Ok(None) };
    let Some(alert) = store.alert(scope, id).await? else { return Ok(None) };
    let channel = store.channel(scope, delivery.channel_id).await?;
    let notifier = channel.and_then(|channel| notify::find(&channel.kind));
    let hears_who_took_it = notifier.is_some_and(|notifier| notifier.kind().hears_who_took_it);
    Ok(deliver::overtaken(delivery, &alert, hears_who_took_it))
}

async fn pending(context: &Context, id: DeliveryId) -> Result<Option<Delivery>, Fault> {
    let delivery = context.store.delivery(&context.scope, id).await?;
    Ok(delivery.filter(|delivery| delivery.state == DeliveryState::Pending))
}

/// Sends it once and stores what came of it.
pub(crate) async fn attempt(
    context: &Context,
    delivery: &mut Delivery,
    lease: Option<&Lease>,
    actor: &Actor,
) -> Result<(), Fault> {
    let outcome = send(context, delivery).await;
    if let Err(failure) = &outcome {
        tracing::warn!(delivery = %delivery.id, said = failure.said, "a message was not taken");
    }
    let _telling = context.telling.lock().await;
    let now = context.clock.now();
    let paths = context.store.paths(&context.scope).await?;
    let mut path = deliver::path_of(&paths, delivery, delivery.owner_id);
    let before = (path.is_down(), path.is_proved(now));
    deliver::note(delivery, &mut path, outcome, now);
    let after = (path.is_down(), path.is_proved(now));
    let mut changes = kept(delivery, path, now);
    if before != after || delivery.state == DeliveryState::Failed {
        changes.extend(wake_owners(context, delivery, now).await?);
    }
    if lease.is_none() {
        changes.push(next_try(delivery));
    }
    Ok(context.apply(lease, actor, &changes).await?)
}

/// Without a lease nobody else puts the task where it belongs.
fn next_try(delivery: &Delivery) -> Change {
    let subject = TaskSubject::of(delivery.id);
    match delivery.next_at {
        Some(due_at) => Change::Schedule { task: KIND, subject, due_at },
        None => Change::Unschedule { task: KIND, subject },
    }
}

/// The message and its path as they are now, with an entry in the log.
pub(crate) fn kept(delivery: &Delivery, path: Path, now: Time) -> Vec<Change> {
    let mut changes = recorded(delivery, now);
    changes.push(Change::PutPath(path));
    changes
}

fn recorded(delivery: &Delivery, now: Time) -> Vec<Change> {
    let verb = match delivery.state {
        DeliveryState::Pending => "deferred",
        DeliveryState::Accepted => "accepted",
        DeliveryState::Confirmed => "confirmed",
        DeliveryState::Failed => "failed",
    };
    let last = delivery.attempts.last().map(|attempt| attempt.detail.clone());
    vec![
        Change::PutDelivery(delivery.clone()),
        Change::Event {
            kind: format!("notafter.delivery.{verb}.v1"),
            subject: subject(delivery),
            data: json!({ "delivery": delivery.id, "at": now, "said": last, "next": delivery.next_at }),
        },
    ]
}

/// A path that changed is news for the owner at its end, and for the default owner, who answers for channels.
pub(crate) async fn wake_owners(
    context: &Context,
    delivery: &Delivery,
    now: Time,
) -> Result<Vec<Change>, Fault> {
    let last = context.store.owner_named(&context.scope, DEFAULT_OWNER).await?.map(|owner| owner.id);
    let mut owners = vec![delivery.owner_id];
    owners.extend(last.filter(|last| *last != delivery.owner_id));
    Ok(owners
        .into_iter()
        .map(|owner| Change::Schedule { task: findings::ALERT, subject: TaskSubject::of(owner), due_at: now })
        .collect())
}

fn subject(delivery: &Delivery) -> Subject {
    Subject::Channel(delivery.channel_id)
}

async fn send(context: &Context, delivery: &Delivery) -> Result<Receipt, Failure> {
    let ours = |fault: Fault| Failure { said: fault.what, again: Again::Soon, until: None };
    let channel = context.store.channel(&context.scope, delivery.channel_id).await;
    let Some(channel) = channel.map_err(|error| ours(error.into()))? else {
        return Err(Failure { said: "the channel was removed".to_owned(), again: Again::Never, until: None });
    };
    let mut secrets = Secrets::new();
    for (key, reference) in notify::secrets(&channel) {
        secrets.insert(key, context.open_secret(&reference).await.map_err(ours)?.into());
    }
    let door = door(context).map_err(ours)?;
    let source = source();
    let delivery = &as_it_goes_out(context, &channel, delivery).await;
    let outgoing =
        Outgoing { channel: &channel, delivery, secrets: &secrets, at: context.clock.now(), source: &source };
    notify::deliver(&outgoing, &door).await.map_err(|error| Failure {
        said: error.mend().map_or_else(|| error.to_string(), |mend| format!("{error}; {mend}")),
        again: if error.retry() == Retry::Never { Again::OnceMended } else { Again::Soon },
        until: error.until(),
    })
}

/// With its links, and the mark of its reply. A message without them is better than none.
async fn as_it_goes_out(context: &Context, channel: &Channel, delivery: &Delivery) -> Delivery {
    let carried = async {
        let message = alert_link::carried(context, delivery).await?;
        alert_reply::answerable(context, channel, delivery, message).await
    };
    let message = carried.await.unwrap_or_else(|fault: Fault| {
        tracing::warn!(delivery = %delivery.id, code = fault.code, what = fault.what, "a message goes out without links");
        delivery.message.clone()
    });
    Delivery { message, ..delivery.clone() }
}

/// Channels are written by an administrator: private addresses are theirs to name, metadata services are not.
pub(super) fn door(context: &Context) -> Result<Door, Fault> {
    let trust = match context.settings.trust.as_str() {
        "mozilla" => Trust::mozilla(),
        "system" => Trust::system()?,
        file => Trust::file(file.as_ref())?,
    };
    Ok(Door {
        resolver: context.resolver.clone(),
        policy: AddressPolicy::Server { private_allowed: true },
        trust,
        within: within(context),
    })
}

/// Which installation speaks (CloudEvents `source`, a URI reference).
fn source() -> String {
    format!("/notafter/{}", rustix::system::uname().nodename().to_string_lossy())
}
