//! Pings of other people's jobs, as healthchecks.io takes them: whoever has the address may ping, and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use notafter_engine::context::Context;
use notafter_engine::ping::{Asked, BODY_KEPT, Came, take};
use notafter_inventory::model::Says;
use serde::Deserialize;
use uuid::Uuid;

use crate::auth;

/// A job's whole log may be sent along; its beginning is kept.
const LONGEST_BODY: usize = 1024 * 1024;

/// What stands behind the question mark. Clients add what they like.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Run {
    rid: Option<String>,
}

/// That all went well.
pub(crate) async fn success(
    state: State<Arc<Context>>,
    Path(id): Path<String>,
    run: Query<Run>,
    peer: ConnectInfo<SocketAddr>,
    (headers, body): (HeaderMap, Body),
) -> Response {
    came(state, (id, String::new()), run, peer, (headers, body)).await
}

/// What the last part of the address says.
pub(crate) async fn said(
    state: State<Arc<Context>>,
    Path((id, what)): Path<(String, String)>,
    run: Query<Run>,
    peer: ConnectInfo<SocketAddr>,
    (headers, body): (HeaderMap, Body),
) -> Response {
    came(state, (id, what), run, peer, (headers, body)).await
}

async fn came(
    State(context): State<Arc<Context>>,
    (id, what): (String, String),
    Query(Run { rid }): Query<Run>,
    peer: ConnectInfo<SocketAddr>,
    (headers, body): (HeaderMap, Body),
) -> Response {
    let Some(says) = Says::read(&what) else { return answer(StatusCode::NOT_FOUND, "not found") };
    let run = match rid.map(|rid| Uuid::parse_str(&rid)).transpose() {
        Ok(run) => run.map(|run| run.to_string()),
        Err(_) => return answer(StatusCode::BAD_REQUEST, "invalid uuid format"),
    };
    let Ok(bytes) = to_bytes(body, LONGEST_BODY).await else {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, "request body is too large");
    };
    let kept = bytes.get(..BODY_KEPT).unwrap_or(&bytes);
    let asked = Asked { id, says, run, body: String::from_utf8_lossy(kept).into_owned() };
    match take(&context, &asked, &auth::peer(&peer, &headers)).await {
        Ok(Came::Taken) => answer(StatusCode::OK, "OK"),
        Ok(Came::Nowhere) => answer(StatusCode::NOT_FOUND, "not found"),
        Ok(Came::TooMany) => answer(StatusCode::TOO_MANY_REQUESTS, "rate limited"),
        Err(fault) => {
            tracing::error!(code = fault.code, "a ping could not be taken: {}", fault.what);
            answer(StatusCode::SERVICE_UNAVAILABLE, "not taken, try again")
        }
    }
}

/// Programs are told how much of a body is worth sending.
fn answer(status: StatusCode, words: &'static str) -> Response {
    (status, [("ping-body-limit", BODY_KEPT.to_string())], words).into_response()
}
