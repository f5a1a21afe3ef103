//! Whether the process lives, and whether it can do its work: liveness and readiness as Kubernetes means them. Whoever
//! restarts what does not live must be able to mend it by that.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use notafter_engine::context::Context;
use notafter_engine::progress::Stalled;
use notafter_engine::tasks::scan;

/// Every loop turns, even where nothing can be stored. 503 with those that do not: restart, and report.
pub(crate) async fn healthz(State(context): State<Arc<Context>>) -> (StatusCode, String) {
    told(context.progress.dead(context.clock.now()), "does not turn any more since").unwrap_or_else(well)
}

fn well() -> (StatusCode, String) {
    (StatusCode::OK, "ok\n".to_owned())
}

/// The loops that are not well, if there are any.
fn told(loops: Vec<Stalled>, what: &str) -> Option<(StatusCode, String)> {
    let line = |one: &Stalled| {
        let why = one.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("loop {} {what} {}{why}\n", one.name, one.since)
    };
    let lines: String = loops.iter().map(line).collect();
    (!loops.is_empty()).then_some((StatusCode::SERVICE_UNAVAILABLE, lines))
}

/// The database answers, and every loop has begun and gets on.
pub(crate) async fn readyz(State(context): State<Arc<Context>>) -> (StatusCode, String) {
    if context.progress.beats().is_empty() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the loops have not begun\n".to_owned());
    }
    match context.store.next_due(scan::KIND).await {
        Ok(_) => told(context.progress.stalled(context.clock.now()), "has not moved since")
            .unwrap_or_else(|| (StatusCode::OK, "ready\n".to_owned())),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("the database does not answer: {error}\n")),
    }
}
