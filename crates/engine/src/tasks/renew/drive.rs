//! Drives an order: store, send, take; present challenges; wait. It decides nothing.

use notafter_acme::client::order::{Do, OrderFlow};
use notafter_acme::client::{Body, Call};
use notafter_cert::{Span, Time};
use notafter_inventory::model::{
    Actor, AttemptFailure, FailureClass, Http01, MissedChain, Order, OrderId, Subject,
};
use notafter_providers::solve::Fetches;
use notafter_store::{Change, Lease};
use serde_json::json;

use super::{Case, Step, begin, challenges, ended};
use crate::ca::{self, Ca, MAX_CLOCK_SKEW, NotReady, PATIENCE};
use crate::context::Context;
use crate::operate::Fault;

/// What a CA needs to take note of what it fetched.
const NOTED: Span = Span::millis(3);

/// An order under way with its protocol state.
pub(super) struct Under {
    pub(super) order: Order,
    pub(super) flow: OrderFlow,
}

/// Goes on with an order that was found in the store.
pub(super) async fn resume(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    id: OrderId,
) -> Result<Step, Fault> {
    let Some(order) = case.order().filter(|order| order.id == id).cloned() else { return Ok(Step::NotDue) };
    if context.store.issuer(&context.scope, order.issuer_id).await?.is_none() {
        ended::abandon(context, lease, case, id, "its issuer is gone").await?;
        return Ok(Step::NotDue);
    }
    let ca = match ca::ready(context, Some(lease), order.issuer_id).await {
        Ok(ca) => ca,
        // The order is alive; only the way to it is not.
        Err(NotReady::Ca(failure)) => {
            let failure = begin::of_ca(&failure, context);
            return ended::stumbled(context, lease, case, (order.issuer_id, failure)).await;
        }
        Err(NotReady::Ours(fault)) => return Err(fault),
    };
    let mut flow = Case::flow(&order)?;
    if !flow.is_at(&ca.directory) {
        ended::abandon(context, lease, case, id, "its issuer is another CA now").await?;
        return Ok(Step::NotDue);
    }
    flow.resume(context.clock.now());
    let mut under = Under { order, flow };
    answer_where_it_is_wanted(context, lease, &mut under, &case.spec.http01).await?;
    on(context, lease, case, ca, under, None).await
}

/// Where the inventory names another solver by now, the old one is done with this order before the new one begins.
async fn answer_where_it_is_wanted(
    context: &Context,
    lease: &Lease,
    under: &mut Under,
    wanted: &Http01,
) -> Result<(), Fault> {
    if under.order.http01.as_ref() == Some(wanted) {
        return Ok(());
    }
    if let Some(before) = under.order.http01.replace(wanted.clone()) {
        challenges::clear(context, &before, &under.flow.challenges()).await;
    }
    save(context, lease, under).await
}

/// Until it is issued, has failed, or must wait longer than a run may last. `first` is a request that the stored flow
/// waits for already.
pub(super) async fn on(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    mut ca: Ca,
    mut under: Under,
    mut first: Option<Call>,
) -> Result<Step, Fault> {
    let mut stored_url = under.flow.order_url().map(str::to_owned);
    let mut asked = false;
    let mut fetches = None;
    loop {
        let now = context.clock.now();
        let is_stored = first.is_some();
        match first.take().map_or_else(|| under.flow.next(now), Do::Send) {
            Do::Send(call) => {
                let url = under.flow.order_url();
                if !is_stored && (changes_something(&call) || stored_url.as_deref() != url) {
                    save(context, lease, &mut under).await?;
                    stored_url = under.flow.order_url().map(str::to_owned);
                }
                tracing::debug!(op = %under.order.id, lineage = %case.lineage.name, doing = call.doing, "asking the CA");
                asked = true;
                let reply = ca.send(&call).await;
                under.flow.take(reply, context.clock.now());
                if let Some(failure) = clock_is_wrong(&under.flow, context.clock.now()) {
                    return ended::failed(context, lease, case, Some(under), failure).await;
                }
            }
            Do::Present(list) => {
                if let Err(failure) = challenges::present(context, &case.spec, &list).await? {
                    return ended::failed(context, lease, case, Some(under), failure).await;
                }
                fetches = challenges::fetches(context, &case.spec.http01, &list).await;
                under.flow.presented(context.clock.now());
            }
            Do::Wait(wait) => {
                let pause = wait.until.since(now);
                let short = pause <= PATIENCE && !context.clock.is_staged();
                if !short {
                    save(context, lease, &mut under).await?;
                    // What the short retries of this run did not mend is a failed attempt, told as such; the order stays.
                    return match wait.setback.filter(|_| asked && pause > PATIENCE) {
                        Some(setback) => {
                            let failure = (under.order.issuer_id, begin::of_ca(&setback, context));
                            ended::stumbled(context, lease, case, failure).await
                        }
                        None => Ok(Step::Waits { until: wait.until }),
                    };
                }
                if pause_or_fetched(context, wait.until, &mut fetches).await {
                    under.flow.fetched();
                }
            }
            Do::Done(issued) => return ended::issued(context, lease, case, under, &issued).await,
            Do::Failed(failure) => {
                let account = (ca.issuer.id, ca.account.url.as_str());
                ca::forget_unknown(context, Some(lease), account, &failure).await?;
                let failure = begin::of_ca(&failure, context);
                return ended::failed(context, lease, case, Some(under), failure).await;
            }
        }
    }
}

/// Whether the CA fetched every answer before the pause was over; told once for every time they are presented.
async fn pause_or_fetched(context: &Context, until: Time, fetches: &mut Option<Fetches>) -> bool {
    let Some(mut answers) = fetches.take() else {
        context.clock.sleep_until(until).await;
        return false;
    };
    tokio::select! {
        () = context.clock.sleep_until(until) => false,
        () = answers.all() => {
            context.clock.sleep_until(until.min(context.clock.now() + NOTED)).await;
            true
        }
    }
}

/// Reads may be repeated freely; what changes something at the CA is in the store before it leaves.
const fn changes_something(call: &Call) -> bool {
    matches!(call.body, Body::Post(_))
}

pub(super) async fn save(context: &Context, lease: &Lease, under: &mut Under) -> Result<(), Fault> {
    let changes = put(under)?;
    context.apply(Some(lease), &Actor::Engine, &changes).await?;
    Ok(())
}

/// The order as it stands, and an entry of the log for everything that was remarked since it was stored last.
pub(super) fn put(Under { order, flow }: &mut Under) -> Result<Vec<Change>, Fault> {
    let told = Case::remarks(order).len();
    order.flow = written(flow)?;
    order.exemption.replaces_accepted = flow.replaces_accepted();
    order.missed_chain = flow
        .missed_chain()
        .map(|(wanted, offered)| MissedChain { wanted: wanted.to_owned(), offered: offered.to_vec() });
    let mut changes = vec![Change::PutOrder(order.clone())];
    for remark in flow.remarks().iter().skip(told) {
        tracing::warn!(op = %order.id, remark = %remark.text, "on the way of an order");
        changes.push(Change::Event {
            kind: "notafter.order.remarked.v1".to_owned(),
            subject: Subject::Lineage(order.lineage_id),
            data: json!({ "order": order.id, "at": remark.at, "text": remark.text }),
        });
    }
    Ok(changes)
}

/// The protocol's state as the store keeps it.
pub(super) fn written(flow: &OrderFlow) -> Result<serde_json::Value, Fault> {
    serde_json::to_value(flow).map_err(|error| {
        Fault::new("store.unreadable", "the order's state cannot be written as JSON", "report this")
            .because(error.to_string())
    })
}

/// A certificate that is not valid yet, or judged expired too early, helps nobody: a clock that is off by more than an
/// hour is told before it does harm (a public CA backdates by one hour only).
fn clock_is_wrong(flow: &OrderFlow, now: Time) -> Option<AttemptFailure> {
    let skew = flow.clock_skew().filter(|skew| skew.abs() > MAX_CLOCK_SKEW)?;
    let direction = if skew.is_negative() { "behind" } else { "ahead of" };
    Some(AttemptFailure {
        at: now,
        class: FailureClass::Ours,
        code: "clock.disagrees".to_owned(),
        message: format!("this machine's clock is {} {direction} the CA's", skew.abs()),
        identifiers: Vec::new(),
        retry_after: None,
    })
}
