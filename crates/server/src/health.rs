//! Whether the process lives, and whether it can do its work.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use notafter_engine::context::Context;
use notafter_engine::tasks::scan;

/// Every loop gets on. 503 with the stalled ones otherwise: restart, and report.
pub(crate) async fn healthz(State(context): State<Arc<Context>>) -> (StatusCode, String) {
    stalled(&context).unwrap_or_else(|| (StatusCode::OK, "ok\n".to_owned()))
}

/// The loops that do not get on, if there are any.
fn stalled(context: &Context) -> Option<(StatusCode, String)> {
    let stalled = context.progress.stalled(context.clock.now());
    let lines: String =
        stalled.iter().map(|one| format!("loop {} has not moved since {}\n", one.name, one.since)).collect();
    (!stalled.is_empty()).then_some((StatusCode::SERVICE_UNAVAILABLE, lines))
}

/// The database answers, and every loop has begun and gets on.
pub(crate) async fn readyz(State(context): State<Arc<Context>>) -> (StatusCode, String) {
    if context.progress.beats().is_empty() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the loops have not begun\n".to_owned());
    }
    match context.store.next_due(scan::KIND).await {
        Ok(_) => stalled(&context).unwrap_or_else(|| (StatusCode::OK, "ready\n".to_owned())),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("the database does not answer: {error}\n")),
    }
}
