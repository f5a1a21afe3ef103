//! Every refusal of the API as a problem (RFC 9457), whoever refused: an operation, the guard, or axum itself.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use notafter_engine::operate::Fault;
use notafter_inventory::catalogue;
use schemars::JsonSchema;
use serde::Serialize;

use crate::refusal::Refusal;

/// The media type of problems.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// Why something was not done.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// The kind of problem: `urn:notafter:code:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in a few words.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What happened here, and why.
    detail: String,
    /// The path that was asked for.
    instance: String,
    /// The code in the catalogue: `/api/v1/explain/CODE` says more.
    code: String,
    /// What to do.
    hint: String,
    /// Whether asking again later may help.
    retry: bool,
}

/// Whether a path is the API's.
pub(crate) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// There is nothing at this address of the API.
pub(crate) fn absent() -> Refusal {
    let fault = Fault::new(
        "access.no-such-page",
        "there is nothing at this address",
        "see /api/v1/openapi.json for what there is",
    );
    Refusal::with(StatusCode::NOT_FOUND, fault)
}

/// There is something, which is not asked like this.
pub(crate) fn other_method() -> Refusal {
    let fault = Fault::new(
        "access.other-method",
        "this address is not asked in this way",
        "see the header Allow, and /api/v1/openapi.json",
    );
    Refusal::with(StatusCode::METHOD_NOT_ALLOWED, fault)
}

/// Writes refusals of the API as problems. Their other headers stay.
pub(crate) async fn told(request: Request, next: Next) -> Response {
    if !is_api(request.uri().path()) {
        return next.run(request).await;
    }
    let instance = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let fault = parts.extensions.remove::<Fault>().unwrap_or_else(|| unsaid(status));
    let Ok(bytes) = serde_json::to_vec(&problem(fault, status, instance)) else {
        return Response::from_parts(parts, Body::empty());
    };
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    Response::from_parts(parts, Body::from(bytes))
}

fn problem(fault: Fault, status: StatusCode, instance: String) -> Problem {
    let Fault { code, what, why, hint, retry } = fault;
    let title = catalogue::find(&code).map_or_else(|| code.clone(), |entry| entry.title.to_owned());
    Problem {
        kind: format!("urn:notafter:code:{code}"),
        title,
        status: status.as_u16(),
        detail: why.map_or_else(|| what.clone(), |why| format!("{what}: {why}")),
        instance,
        code,
        hint,
        retry,
    }
}

/// Of an answer that says nothing but its status.
fn unsaid(status: StatusCode) -> Fault {
    let what = status.canonical_reason().unwrap_or("the request was refused");
    match status.is_server_error() {
        true => Fault::new("server.page-failed", what, "report this, with the log of the server"),
        false => Fault::new("access.unreadable", what, "see /api/v1/openapi.json for what it takes"),
    }
}
