//! Tells the supervisor that started this process how it gets on (sd_notify(3)); silent where none listens.

use std::convert::Infallible;

use notafter_engine::context::Context;
use sd_notify::NotifyState;

/// So often within the time that the supervisor allows: one sign of life may be late.
const SIGNS: u32 = 3;

/// The process does its work from now on.
pub(crate) fn ready(standing: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(standing)]);
}

/// It ends, and was asked to.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Gives signs of life while every loop turns, where the supervisor asks for them. A loop that turns without getting on
/// (a full disk) is no reason for a new process, and is told by other ways.
pub(crate) async fn watch(context: &Context) -> Infallible {
    let Some(allowed) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let mut signs = tokio::time::interval(allowed / SIGNS);
    loop {
        signs.tick().await;
        let dead = context.progress.dead(context.clock.now());
        if dead.is_empty() {
            tell(&[NotifyState::Watchdog]);
        } else {
            let names: Vec<&str> = dead.iter().map(|dead| dead.name).collect();
            tracing::error!(
                loops = names.join(","),
                "no sign of life for the supervisor: a loop stands still"
            );
        }
    }
}

/// Whoever does not listen misses nothing that the log does not say.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the supervisor could not be told");
    }
}
