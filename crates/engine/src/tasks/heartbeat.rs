//! The dead-man ping (healthchecks.io protocol): it goes out while every loop gets on, and stops when one does not (law 12).
//!
//! That the task runs at all shows that the store takes writes: it was claimed.

use futures_util::FutureExt;
use notafter_cert::Span;
use notafter_net::http::{Client, Options, Request};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use notafter_store::Lease;

use super::{Next, Task, Work, ensure_one};
use crate::context::Context;
use crate::operate::Fault;

/// The kind of this task.
pub const KIND: &str = "heartbeat";

/// Below the five pings a minute at which the protocol's reference service begins to throttle.
const INTERVAL: Span = Span::minutes(1);
/// The limit on one ping.
const WITHIN: Span = Span::seconds(10);

/// Plans the first ping, where a URL is set.
///
/// # Errors
/// The store failed.
pub async fn ensure(context: &Context) -> Result<(), Fault> {
    if context.settings.dead_man_url.is_none() {
        return Ok(());
    }
    ensure_one(context, KIND).await
}

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "pings the dead-man's switch while every loop gets on",
    parallel: |_| 1,
    lease_for: Span::minutes(5),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// Pings, unless a loop is stalled. A ping that does not arrive is not repeated before the next one: its absence is the
/// message.
async fn run(context: &Context, _lease: &Lease) -> Result<Next, Fault> {
    let Some(url) = &context.settings.dead_man_url else { return Ok(Next::Done) };
    let now = context.clock.now();
    let stalled = context.progress.stalled(now);
    if stalled.is_empty() {
        ping(context, url).await;
    } else {
        let names: Vec<&str> = stalled.iter().map(|stalled| stalled.name).collect();
        tracing::error!(loops = names.join(","), "no dead-man ping: a loop does not get on");
    }
    Ok(Next::At(now + INTERVAL))
}

async fn ping(context: &Context, url: &str) {
    let policy = AddressPolicy::Server { private_allowed: true };
    let trust = Trust::system().unwrap_or_else(|_| Trust::mozilla()).and(&Trust::mozilla());
    let mut options = Options::new(context.resolver.clone(), policy, Some(trust));
    options.within = WITHIN;
    match Client::new(options).send(Request::get(url)).await {
        Ok(response) if response.status < 300 => {}
        Ok(response) => {
            tracing::warn!(status = response.status, "the dead-man service did not take the ping");
        }
        Err(error) => tracing::warn!(%error, "the dead-man ping did not arrive"),
    }
}
