//! Calls that may be repeated: whoever got no answer sends the call again with the same `Idempotency-Key`, and hears what came
//! of the first one (draft-ietf-httpapi-idempotency-key-header).

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use notafter_cert::Fingerprint;
use notafter_engine::operate::Fault;
use notafter_store::{Answering, Begun, Call, Change, Scope, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::request::{LONGEST_FILE, bytes_of, unreadable};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// The header that carries the key.
pub(crate) const HEADER: &str = "idempotency-key";
/// As long as a key may be.
const LONGEST_KEY: usize = 255;
/// Tells that an answer is that of an earlier call.
const REPEATED: &str = "idempotency-replayed";

/// What a key may be.
pub(super) fn schema() -> Value {
    serde_json::json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$" })
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kept {
    /// It was done.
    Said { status: u16, kind: String, text: String },
    /// It could not be done as things stood.
    Refused(Fault),
}

/// Lets a call through once for each key.
pub(crate) async fn once(request: Request, next: Next) -> Response {
    let visit = request.extensions().get::<Visit>().cloned();
    let key = request.headers().get(HEADER).cloned();
    match (visit, key) {
        (Some(visit), Some(key)) => {
            with_key(visit, &key, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        _ => next.run(request).await,
    }
}

async fn with_key(
    visit: Visit,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let call = Call { caller: caller(&visit), key: read(key)? };
    let (parts, body) = request.into_parts();
    let bytes = bytes_of(body, LONGEST_FILE).await?;
    let asked = asked(&parts, &bytes);
    if let Some(answer) = begin(&visit, &call, asked).await? {
        return Ok(answer);
    }
    // It goes on when nobody waits any more: then the answer must be there for whoever asks again.
    let done = tokio::spawn(async move {
        let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
        keep(&visit, call, response).await
    });
    done.await.map_err(|error| {
        let fault =
            Fault::new("server.page-failed", "the call broke off", "report this, with the log of the server");
        Refusal::of(fault.because(error.to_string()))
    })
}

/// Who, with which rights: another token of the same name, or the same account with other rights, is somebody else.
fn caller(visit: &Visit) -> String {
    let caller = &visit.caller;
    serde_json::json!([caller.actor, caller.grant]).to_string()
}

fn read(key: &HeaderValue) -> Result<String, Refusal> {
    let key = key.to_str().unwrap_or_default();
    if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(key.to_owned());
    }
    let why = format!("an Idempotency-Key has 1 to {LONGEST_KEY} visible characters of ASCII");
    Err(unreadable("the header", why))
}

fn asked(Parts { method, uri, .. }: &Parts, bytes: &[u8]) -> Fingerprint {
    let mut asked = format!("{method} {uri}\n").into_bytes();
    asked.extend_from_slice(bytes);
    Fingerprint::of(&asked)
}

/// Begins the call, or gives what came of it before.
async fn begin(visit: &Visit, call: &Call, asked: Fingerprint) -> Result<Option<Response>, Refusal> {
    let begun = async || {
        let now = visit.context.clock.now();
        visit.context.store.begun(&Scope::EVERYTHING, call, now).await
    };
    if let Some(begun) = begun().await? {
        return repeated(begun, asked).map(Some);
    }
    let begin = Change::Answering(Answering::Begin(call.clone(), asked));
    match visit.context.apply(None, &visit.caller.actor, &[begin]).await {
        Ok(()) => Ok(None),
        // Somebody with the same key was quicker.
        Err(StoreError::Overtaken(_)) => match begun().await? {
            Some(begun) => repeated(begun, asked).map(Some),
            None => Err(under_way()),
        },
        Err(error) => Err(error.into()),
    }
}

fn repeated(begun: Begun, asked: Fingerprint) -> Result<Response, Refusal> {
    if begun.asked != asked {
        let fault = Fault::new(
            "access.key-used",
            "this Idempotency-Key was used for another call, and nothing was done",
            "choose another key for each call; send the same one with the same call alone",
        );
        return Err(Refusal::with(StatusCode::UNPROCESSABLE_ENTITY, fault));
    }
    let kept = begun.answer.ok_or_else(under_way)?;
    let mut response = match serde_json::from_value(kept) {
        Ok(Kept::Refused(fault)) => Refusal::of(fault).into_response(),
        Ok(Kept::Said { status, kind, text }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            (status, [(CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => {
            let fault =
                Fault::new("store.unreadable", "the answer of then cannot be read", "restore a backup");
            return Err(Refusal::of(fault.because(error.to_string())));
        }
    };
    response.headers_mut().insert(REPEATED, HeaderValue::from_static("true"));
    Ok(response)
}

fn under_way() -> Refusal {
    let fault = Fault::new(
        "access.call-under-way",
        "the call with this Idempotency-Key is under way, or the server ended before its answer",
        "ask again in a minute; where the server was started again meanwhile, look at what came of it, and choose another key",
    );
    Refusal::with(StatusCode::CONFLICT, fault)
}

/// Keeps what was answered. Where nothing was done the key is free again: what was wrong with the call can be mended.
async fn keep(visit: &Visit, call: Call, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    // It is in memory already.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let answering = match kept(&parts, &bytes) {
        Some(answer) => Answering::End(call, answer),
        None => Answering::Forget(call),
    };
    let kept = visit.context.apply(None, &visit.caller.actor, &[Change::Answering(answering)]).await;
    if let Err(error) = kept {
        tracing::warn!(%error, "the answer to a call with a key could not be kept");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn kept(parts: &http::response::Parts, bytes: &Bytes) -> Option<Value> {
    let kept = match parts.extensions.get::<Fault>() {
        Some(fault) if parts.status == StatusCode::CONFLICT => Kept::Refused(fault.clone()),
        None if parts.status.is_success() => Kept::Said {
            status: parts.status.as_u16(),
            kind: parts.headers.get(CONTENT_TYPE)?.to_str().ok()?.to_owned(),
            text: String::from_utf8_lossy(bytes).into_owned(),
        },
        _ => return None,
    };
    serde_json::to_value(kept).ok()
}
