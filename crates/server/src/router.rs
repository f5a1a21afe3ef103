//! Every route on one page.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use notafter_engine::context::Context;

use crate::{health, metrics, probe};

/// The routes.
pub(crate) fn router(context: Arc<Context>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .route("/probe", get(probe::probe))
        .with_state(context)
}
