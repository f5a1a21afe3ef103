//! Every route on one page, with what it needs of whoever asks.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, get, post};
use axum::{Extension, Router};
use http::{HeaderMap, Uri};
use notafter_engine::context::Context;
use notafter_inventory::model::Grant;
use notafter_inventory::model::Role::{Admin, Calendar, Operator, Viewer};

use crate::api::Call;
use crate::api::problem::{self, is_api};
use crate::api::repeat;
use crate::auth::Needs::{self, Anybody, Link, Nothing, Whole, Within};
use crate::auth::{Way, guard, refuse};
use crate::patience::{self, Patience};
use crate::refusal::Refusal;
use crate::status_page::{self, Board, subscription};
use crate::web::{
    account, alert, alert_link, alerts, ca, code, drill, drills, endpoint, endpoints, events, files, finding,
    findings, incident, incidents, inventory, lifetimes, lineage, lineages, openid, overview, owner_link,
    passkey, path_link, settings, sign_in, silences, why,
};
use crate::{api, headers, health, host, live, metrics, ping, probe, secure};

/// One route.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    /// What the document says of it, where it is the API's.
    pub(crate) call: Option<&'static Call>,
    answer: fn() -> MethodRouter<Arc<Context>>,
}

macro_rules! route {
    (GET $path:literal, $needs:expr, $handler:path) => {
        Route { method: "GET", path: $path, needs: $needs, call: None, answer: || get($handler) }
    };
    (POST $path:literal, $needs:expr, $handler:path) => {
        Route { method: "POST", path: $path, needs: $needs, call: None, answer: || post($handler) }
    };
    ($method:ident $path:literal, $needs:expr, call $call:path) => {
        Route {
            method: stringify!($method),
            path: $path,
            needs: $needs,
            call: Some(&$call),
            answer: || ($call.route)(MethodFilter::$method),
        }
    };
}

/// The routes. A new one is added to the golden list of the tests, too.
pub(crate) const ROUTES: &[Route] = &[
    route!(GET "/healthz", Nothing, health::healthz),
    route!(GET "/readyz", Nothing, health::readyz),
    route!(GET "/metrics", Nothing, metrics::metrics),
    route!(GET "/probe", Nothing, probe::probe),
    route!(GET "/style.css", Nothing, files::style),
    route!(GET "/icon.svg", Nothing, files::icon),
    route!(GET "/live.js", Nothing, files::script),
    route!(GET "/passkey.js", Nothing, files::passkey_script),
    route!(GET "/status", Nothing, status_page::file),
    route!(GET "/status/feed.atom", Nothing, status_page::file),
    route!(GET "/status/components/{feed}", Nothing, status_page::file),
    route!(GET "/status/components/{component}/warning", Nothing, status_page::file),
    route!(POST "/status/subscriptions", Anybody, subscription::ask),
    route!(GET "/status/subscriptions/{link}/confirm", Link, subscription::confirm_form),
    route!(POST "/status/subscriptions/{link}/confirm", Link, subscription::confirm),
    route!(GET "/status/subscriptions/{link}/leave", Link, subscription::leave_form),
    route!(POST "/status/subscriptions/{link}/leave", Link, subscription::leave),
    route!(GET "/api/v2/summary.json", Nothing, status_page::file),
    route!(GET "/api/v2/status.json", Nothing, status_page::file),
    route!(GET "/api/v2/components.json", Nothing, status_page::file),
    route!(GET "/api/v2/incidents.json", Nothing, status_page::file),
    route!(GET "/api/v2/incidents/unresolved.json", Nothing, status_page::file),
    route!(GET "/api/v2/scheduled-maintenances.json", Nothing, status_page::file),
    route!(GET "/api/v2/scheduled-maintenances/upcoming.json", Nothing, status_page::file),
    route!(GET "/api/v2/scheduled-maintenances/active.json", Nothing, status_page::file),
    route!(GET "/ca", Nothing, ca::page),
    route!(GET "/ca/{file}", Nothing, ca::root),
    route!(GET "/sign-in", Nothing, sign_in::form),
    route!(POST "/sign-in", Nothing, sign_in::with_password),
    route!(GET "/sign-in/openid", Nothing, openid::ask),
    route!(GET "/sign-in/openid/callback", Nothing, openid::back),
    route!(POST "/sign-in/passkey", Nothing, passkey::sign_in),
    route!(POST "/sign-in/passkey/challenge", Nothing, passkey::ask_to_sign_in),
    route!(GET "/sign-in/{secret}", Nothing, sign_in::link),
    route!(POST "/sign-in/{secret}", Nothing, sign_in::with_link),
    route!(GET "/alert/{link}/acknowledge", Link, alert_link::acknowledge_form),
    route!(POST "/alert/{link}/acknowledge", Link, alert_link::acknowledge),
    route!(GET "/alert/{link}/silence", Link, alert_link::silence_form),
    route!(POST "/alert/{link}/silence", Link, alert_link::silence),
    route!(GET "/alert/{link}/confirm", Link, path_link::form),
    route!(POST "/alert/{link}/confirm", Link, path_link::confirm),
    route!(GET "/owner/{link}/acknowledge", Link, owner_link::form),
    route!(POST "/owner/{link}/acknowledge", Link, owner_link::acknowledge),
    route!(GET "/ping/{id}", Link, ping::success),
    route!(POST "/ping/{id}", Link, ping::success),
    route!(GET "/ping/{id}/{says}", Link, ping::said),
    route!(POST "/ping/{id}/{says}", Link, ping::said),
    route!(GET "/calendar/{secret}/notafter.ics", Link, api::calendar::by_link),
    route!(POST "/sign-out", Within(Viewer), sign_in::out),
    route!(GET "/", Within(Viewer), overview::page),
    route!(GET "/endpoints", Within(Viewer), endpoints::page),
    route!(GET "/endpoints/{id}", Within(Viewer), endpoint::page),
    route!(POST "/endpoints/{id}/look", Within(Operator), endpoint::look),
    route!(GET "/lifetimes", Within(Viewer), lifetimes::page),
    route!(GET "/lineages", Within(Viewer), lineages::page),
    route!(GET "/lineages/{lineage}", Within(Viewer), lineage::page),
    route!(POST "/lineages/{lineage}/renew", Within(Operator), lineage::renew),
    route!(POST "/lineages/{lineage}/rollback", Within(Operator), lineage::roll_back),
    route!(POST "/lineages/{lineage}/revoke", Within(Admin), lineage::revoke),
    route!(GET "/findings", Within(Viewer), findings::page),
    route!(GET "/findings/{id}", Within(Viewer), finding::page),
    route!(POST "/findings/{id}/acknowledge", Within(Operator), finding::acknowledge),
    route!(POST "/findings/{id}/silence", Within(Operator), finding::silence),
    route!(GET "/codes/{code}", Within(Viewer), code::page),
    route!(GET "/alerts", Within(Viewer), alerts::page),
    route!(GET "/alerts/{id}", Within(Viewer), alert::page),
    route!(POST "/alerts/{id}/acknowledge", Within(Operator), alert::acknowledge),
    route!(POST "/alerts/{id}/silence", Within(Operator), alert::silence),
    route!(GET "/silences", Within(Viewer), silences::page),
    route!(POST "/silences/{id}/lift", Within(Operator), silences::lift),
    route!(GET "/drills", Within(Viewer), drills::page),
    route!(POST "/drills", Within(Operator), drills::begin),
    route!(GET "/drills/{id}", Within(Viewer), drill::page),
    route!(POST "/drills/{id}/end", Within(Operator), drills::end),
    route!(GET "/incidents", Within(Viewer), incidents::page),
    route!(POST "/incidents", Whole(Operator), incidents::open),
    route!(GET "/incidents/{id}", Within(Viewer), incident::page),
    route!(POST "/incidents/{id}/updates", Whole(Operator), incident::tell),
    route!(POST "/maintenances", Whole(Operator), incidents::plan_work),
    route!(POST "/maintenances/{id}/updates", Whole(Operator), incidents::tell_of_work),
    route!(GET "/inventory", Whole(Viewer), inventory::page),
    route!(POST "/inventory/endpoints", Whole(Admin), inventory::list),
    route!(POST "/inventory/plan", Whole(Admin), inventory::plan),
    route!(POST "/inventory/apply", Whole(Admin), inventory::apply),
    route!(GET "/events", Whole(Viewer), events::page),
    route!(GET "/events/export", Whole(Viewer), events::export),
    route!(GET "/why", Within(Viewer), why::page),
    route!(GET "/settings", Within(Viewer), settings::page),
    route!(POST "/settings/prove", Within(Operator), settings::prove),
    route!(POST "/settings/confirm", Within(Operator), settings::confirm),
    route!(POST "/settings/acknowledge", Within(Operator), settings::acknowledge),
    route!(GET "/live", Within(Viewer), live::stream),
    route!(GET "/account", Within(Viewer), account::page),
    route!(POST "/account/password", Within(Viewer), account::password),
    route!(POST "/account/passkeys", Within(Viewer), passkey::add),
    route!(POST "/account/passkeys/challenge", Within(Viewer), passkey::ask_to_add),
    route!(POST "/account/passkeys/{id}/remove", Within(Viewer), passkey::remove),
    route!(POST "/account/sessions/end-others", Within(Viewer), account::end_others),
    route!(POST "/account/sessions/{id}/end", Within(Viewer), account::end_session),
    route!(POST "/account/tokens/{id}/end", Within(Viewer), account::end_token),
    route!(POST "/account/calendar", Within(Viewer), account::calendar),
    route!(POST "/account/calendar/remove", Within(Viewer), account::no_calendar),
    route!(GET "/accounts", Whole(Admin), account::all),
    route!(POST "/accounts/sign-out", Whole(Admin), account::sign_out_everywhere),
    route!(POST "/accounts/sessions/{id}/end", Whole(Admin), account::end_session_of_any),
    route!(POST "/accounts/tokens/{id}/end", Whole(Admin), account::end_token_of_any),
    route!(GET "/api/v1/openapi.json", Nothing, call api::document::DOCUMENT),
    route!(GET "/api/v1/explain", Nothing, call api::codes::LIST),
    route!(GET "/api/v1/explain/{code}", Nothing, call api::codes::SHOW),
    route!(GET "/api/v1/overview", Within(Viewer), call api::overview::SHOW),
    route!(GET "/api/v1/calendar", Within(Calendar), call api::calendar::SHOW),
    route!(GET "/api/v1/endpoints", Within(Viewer), call api::endpoints::LIST),
    route!(GET "/api/v1/endpoints/{id}", Within(Viewer), call api::endpoints::SHOW),
    route!(POST "/api/v1/endpoints/{id}/check", Within(Operator), call api::endpoints::CHECK),
    route!(GET "/api/v1/lifetimes", Within(Viewer), call api::lifetimes::SHOW),
    route!(GET "/api/v1/lineages", Within(Viewer), call api::lineages::LIST),
    route!(GET "/api/v1/lineages/{lineage}", Within(Viewer), call api::lineages::SHOW),
    route!(GET "/api/v1/lineages/{lineage}/explanation", Within(Viewer), call api::lineages::EXPLAIN),
    route!(POST "/api/v1/lineages/{lineage}/renew", Within(Operator), call api::lifecycle::RENEW),
    route!(POST "/api/v1/lineages/{lineage}/deploy", Within(Operator), call api::lifecycle::DEPLOY),
    route!(POST "/api/v1/lineages/{lineage}/rollback", Within(Operator), call api::lifecycle::ROLL_BACK),
    route!(POST "/api/v1/lineages/{lineage}/revoke", Within(Admin), call api::lifecycle::REVOKE),
    route!(GET "/api/v1/pings", Within(Operator), call api::pings::LIST),
    route!(POST "/api/v1/lineages/{lineage}/ping-address", Within(Operator), call api::pings::NEW_ADDRESS),
    route!(GET "/api/v1/findings", Within(Viewer), call api::findings::LIST),
    route!(GET "/api/v1/findings/{id}", Within(Viewer), call api::findings::SHOW),
    route!(GET "/api/v1/alerts", Within(Viewer), call api::alerts::LIST),
    route!(GET "/api/v1/alerts/{id}", Within(Viewer), call api::alerts::SHOW),
    route!(POST "/api/v1/alerts/{id}/acknowledge", Within(Operator), call api::alerts::ACKNOWLEDGE),
    route!(GET "/api/v1/paths", Within(Viewer), call api::alerts::PATHS),
    route!(POST "/api/v1/paths/test", Within(Operator), call api::alerts::TEST_PATH),
    route!(POST "/api/v1/paths/confirm", Within(Operator), call api::alerts::CONFIRM_PATH),
    route!(GET "/api/v1/owners", Within(Viewer), call api::owners::LIST),
    route!(POST "/api/v1/owners/{owner}/acknowledge", Within(Operator), call api::owners::ACKNOWLEDGE),
    route!(GET "/api/v1/silences", Within(Viewer), call api::silences::LIST),
    route!(POST "/api/v1/silences", Within(Operator), call api::silences::MAKE),
    route!(DELETE "/api/v1/silences/{id}", Within(Operator), call api::silences::END),
    route!(GET "/api/v1/drills", Within(Viewer), call api::drills::LIST),
    route!(POST "/api/v1/drills", Within(Operator), call api::drills::BEGIN),
    route!(GET "/api/v1/drills/{id}", Within(Viewer), call api::drills::SHOW),
    route!(POST "/api/v1/drills/{id}/end", Within(Operator), call api::drills::END),
    route!(GET "/api/v1/incidents", Within(Viewer), call api::incidents::LIST),
    route!(POST "/api/v1/incidents", Whole(Operator), call api::incidents::OPEN),
    route!(GET "/api/v1/incidents/{id}", Within(Viewer), call api::incidents::SHOW),
    route!(GET "/api/v1/incidents/{id}/report", Within(Viewer), call api::incidents::REPORT),
    route!(POST "/api/v1/incidents/{id}/updates", Whole(Operator), call api::incidents::UPDATE),
    route!(GET "/api/v1/maintenances", Within(Viewer), call api::maintenances::LIST),
    route!(POST "/api/v1/maintenances", Whole(Operator), call api::maintenances::PLAN),
    route!(GET "/api/v1/maintenances/{id}", Within(Viewer), call api::maintenances::SHOW),
    route!(POST "/api/v1/maintenances/{id}/updates", Whole(Operator), call api::maintenances::UPDATE),
    route!(GET "/api/v1/events", Whole(Viewer), call api::events::LIST),
    route!(GET "/api/v1/why", Within(Viewer), call api::why::SHOW),
    route!(GET "/api/v1/inventory", Whole(Viewer), call api::inventory::SHOW),
    route!(PUT "/api/v1/inventory", Whole(Admin), call api::inventory::APPLY),
    route!(POST "/api/v1/inventory/plan", Whole(Admin), call api::inventory::PLAN),
    route!(GET "/api/v1/accounts", Whole(Admin), call api::accounts::ACCOUNTS),
    route!(DELETE "/api/v1/accounts/{account}/sessions", Whole(Admin), call api::accounts::SIGN_OUT),
    route!(DELETE "/api/v1/accounts/{account}/sessions/{id}", Whole(Admin), call api::accounts::END_SESSION),
    route!(GET "/api/v1/tokens", Whole(Admin), call api::accounts::TOKENS),
    route!(DELETE "/api/v1/tokens/{id}", Whole(Admin), call api::accounts::END_TOKEN),
    route!(GET "/api/v1/account", Within(Viewer), call api::account::SHOW),
    route!(DELETE "/api/v1/account/sessions", Within(Viewer), call api::account::END_OTHERS),
    route!(DELETE "/api/v1/account/sessions/{id}", Within(Viewer), call api::account::END_SESSION),
    route!(DELETE "/api/v1/account/tokens/{id}", Within(Viewer), call api::account::END_TOKEN),
];

/// Whether whoever has this grant may ask for this route.
pub(crate) fn lets_in(method: &str, path: &str, grant: Grant) -> bool {
    let route = ROUTES.iter().find(|route| route.method == method && route.path == path);
    route.is_some_and(|route| route.needs.lets_in(grant))
}

/// The status page, and nothing else, for a listener of its own. Nobody signs in there, and whatever it says is for everybody: it
/// answers by whatever name it is asked.
pub(crate) fn status(context: Arc<Context>, board: Arc<Board>) -> Router {
    let mut router = Router::new().route("/", get(status_page::file)).route("/style.css", get(files::style));
    router = router.route("/icon.svg", get(files::icon));
    let is_public = |route: &&Route| {
        matches!(route.needs, Nothing | Anybody | Link)
            && (route.path.starts_with("/status") || route.path.starts_with("/api/v2/"))
    };
    for route in ROUTES.iter().filter(is_public) {
        router = router.route(route.path, (route.answer)());
    }
    router
        .fallback(async || Refusal::absent("such page"))
        .method_not_allowed_fallback(async || Refusal::other_method())
        .layer(from_fn_with_state(Patience::USUAL, patience::with_body))
        .layer(from_fn(problem::told))
        .layer(from_fn(headers::add))
        .layer(Extension(board))
        .with_state(context)
}

/// All of them, each behind its guard, as they are answered at this address.
pub(crate) fn router(context: Arc<Context>, address: SocketAddr, board: Arc<Board>) -> Router {
    let mut router = Router::new();
    for Route { method, path, needs, answer, call } in ROUTES {
        let mut answer = answer();
        if call.is_some() && *method == "POST" {
            answer = answer.layer(from_fn(repeat::once));
        }
        let guarded = from_fn_with_state((Arc::clone(&context), *needs), guard);
        router = router.route(path, answer.layer(guarded));
    }
    router = router.fallback(absent).method_not_allowed_fallback(other_method);
    if address.ip().is_loopback() {
        router = router.layer(from_fn_with_state(Arc::clone(&context), host::by_its_own_name));
    }
    router
        .layer(from_fn_with_state(Patience::USUAL, patience::with_body))
        .layer(from_fn(problem::told))
        .layer(from_fn_with_state(Arc::clone(&context), secure::only))
        .layer(from_fn(headers::add))
        .layer(from_fn(secure::host))
        .layer(Extension(board))
        .with_state(context)
}

async fn absent(State(context): State<Arc<Context>>, way: Way, headers: HeaderMap, uri: Uri) -> Response {
    match is_api(uri.path()) {
        true => problem::absent().into_response(),
        false => refuse(&context, way, &headers, uri.path(), Refusal::absent("such page")).await,
    }
}

async fn other_method(
    State(context): State<Arc<Context>>,
    way: Way,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    match is_api(uri.path()) {
        true => problem::other_method().into_response(),
        false => refuse(&context, way, &headers, uri.path(), Refusal::other_method()).await,
    }
}
