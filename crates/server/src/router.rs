//! Every route on one page, with what it needs of whoever asks.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use notafter_engine::context::Context;
use notafter_inventory::model::Role::{Admin, Operator, Viewer};

use crate::auth::Needs::{self, Nothing, Whole, Within};
use crate::auth::guard;
use crate::refusal::Refusal;
use crate::web::{account, alerts, endpoint, endpoints, events, files, lineage, lineages, overview, sign_in};
use crate::{headers, health, host, metrics, probe};

/// One route.
pub(crate) struct Route {
    #[cfg_attr(not(test), expect(dead_code, reason = "the golden list and the table of tests read it"))]
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    answer: fn() -> MethodRouter<Arc<Context>>,
}

macro_rules! route {
    (GET $path:literal, $needs:expr, $handler:path) => {
        Route { method: "GET", path: $path, needs: $needs, answer: || get($handler) }
    };
    (POST $path:literal, $needs:expr, $handler:path) => {
        Route { method: "POST", path: $path, needs: $needs, answer: || post($handler) }
    };
}

/// The routes. A new one is added to the golden list of the tests, too.
pub(crate) const ROUTES: &[Route] = &[
    route!(GET "/healthz", Nothing, health::healthz),
    route!(GET "/readyz", Nothing, health::readyz),
    route!(GET "/metrics", Nothing, metrics::metrics),
    route!(GET "/probe", Nothing, probe::probe),
    route!(GET "/style.css", Nothing, files::style),
    route!(GET "/sign-in", Nothing, sign_in::form),
    route!(POST "/sign-in", Nothing, sign_in::with_password),
    route!(GET "/sign-in/{secret}", Nothing, sign_in::link),
    route!(POST "/sign-in/{secret}", Nothing, sign_in::with_link),
    route!(POST "/sign-out", Within(Viewer), sign_in::out),
    route!(GET "/", Within(Viewer), overview::page),
    route!(GET "/endpoints", Within(Viewer), endpoints::page),
    route!(GET "/endpoints/{id}", Within(Viewer), endpoint::page),
    route!(GET "/lineages", Within(Viewer), lineages::page),
    route!(GET "/lineages/{lineage}", Within(Viewer), lineage::page),
    route!(POST "/lineages/{lineage}/renew", Within(Operator), lineage::renew),
    route!(POST "/lineages/{lineage}/rollback", Within(Operator), lineage::roll_back),
    route!(GET "/alerts", Within(Viewer), alerts::page),
    route!(POST "/alerts/{id}/acknowledge", Within(Operator), alerts::acknowledge),
    route!(GET "/events", Whole(Viewer), events::page),
    route!(GET "/account", Within(Viewer), account::page),
    route!(POST "/account/password", Within(Viewer), account::password),
    route!(GET "/accounts", Whole(Admin), account::all),
];

/// All of them, each behind its guard, as they are answered at this address.
pub(crate) fn router(context: Arc<Context>, address: SocketAddr) -> Router {
    let mut router = Router::new();
    for Route { path, needs, answer, .. } in ROUTES {
        let guarded = from_fn_with_state((Arc::clone(&context), *needs), guard);
        router = router.route(path, answer().layer(guarded));
    }
    router = router
        .fallback(async || Refusal::absent("such page"))
        .method_not_allowed_fallback(async || Refusal::other_method());
    if address.ip().is_loopback() {
        router = router.layer(from_fn_with_state(Arc::clone(&context), host::by_its_own_name));
    }
    router.layer(from_fn(headers::add)).with_state(context)
}
