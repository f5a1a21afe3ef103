//! What a request of the API carries: path, query and body, each with a type, refused with words where it does not fit.

use std::time::Duration;

use axum::body::{Body as Stream, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Path as Segments, Query as Searched, Request};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use notafter_engine::operate::Fault;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::document::Schemas;
use crate::misread::in_words;
use crate::refusal::Refusal;

/// Where what is asked for is described.
const DESCRIBED: &str = "see /api/v1/openapi.json for what it takes";
/// Whoever takes longer to send a body holds a connection for nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// PostgreSQL keeps no text with one, and no name has one.
const NUL: &str = "it has a NUL character in it";
/// A body that is no inventory file says little.
const LONGEST: usize = 64 * 1024;
/// A hundred thousand endpoints, with labels.
pub(super) const LONGEST_FILE: usize = 32 * 1024 * 1024;

/// A request, read.
pub(crate) struct Asked<P, Q, B> {
    pub(crate) path: P,
    pub(crate) query: Q,
    pub(crate) body: B,
    pub(crate) headers: HeaderMap,
}

/// What the path names.
pub(crate) trait Path: DeserializeOwned + JsonSchema + Send + 'static {}
impl<T: DeserializeOwned + JsonSchema + Send + 'static> Path for T {}

/// What stands behind the question mark. Types refuse what they do not know.
pub(crate) trait Query: DeserializeOwned + JsonSchema + Send + 'static {}
impl<T: DeserializeOwned + JsonSchema + Send + 'static> Query for T {}

/// What a request sends along.
pub(crate) trait Body: Sized + Send + 'static {
    /// Bytes that are read at most; nothing is where there are none.
    const LONGEST: usize;

    /// From the bytes.
    fn read(bytes: &[u8]) -> Result<Self, String>;

    /// Its schema, and whether there must be one; nothing where none is read.
    fn told(schemas: &mut Schemas) -> Option<(Value, bool)>;
}

/// Nothing is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// No body is read.
pub(crate) struct NoBody;

impl Body for NoBody {
    const LONGEST: usize = 0;

    fn read(_: &[u8]) -> Result<Self, String> {
        Ok(Self)
    }

    fn told(_: &mut Schemas) -> Option<(Value, bool)> {
        None
    }
}

/// A JSON object. An empty body is the empty object, for calls that can do without.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + JsonSchema + Send + 'static> Body for Json<T> {
    const LONGEST: usize = LONGEST;

    fn read(bytes: &[u8]) -> Result<Self, String> {
        object(bytes).map(Self)
    }

    fn told(schemas: &mut Schemas) -> Option<(Value, bool)> {
        Some(schemas.sent::<T>())
    }
}

/// A JSON object with an inventory file in it.
pub(crate) struct LongJson<T>(pub(crate) T);

impl<T: DeserializeOwned + JsonSchema + Send + 'static> Body for LongJson<T> {
    const LONGEST: usize = LONGEST_FILE;

    fn read(bytes: &[u8]) -> Result<Self, String> {
        object(bytes).map(Self)
    }

    fn told(schemas: &mut Schemas) -> Option<(Value, bool)> {
        Some(schemas.sent::<T>())
    }
}

/// Reads a JSON object.
pub(crate) fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

impl<P: Path, Q: Query, B: Body> Asked<P, Q, B> {
    pub(super) async fn read(request: Request) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        if parts.uri.path_and_query().is_some_and(|asked| asked.as_str().contains("%00")) {
            return Err(unreadable("the address", NUL.to_owned()));
        }
        let path = Segments::<P>::from_request_parts(&mut parts, &()).await;
        let Segments(path) = path.map_err(|why| unreadable("the path", why.body_text()))?;
        let query = Searched::<Q>::from_request_parts(&mut parts, &()).await;
        let Searched(query) = query.map_err(|why| unreadable("the query", why.body_text()))?;
        let bytes = if B::LONGEST > 0 { bytes(body, B::LONGEST, &parts.headers).await? } else { Vec::new() };
        if escapes_nul(&bytes) {
            return Err(unreadable("the body", NUL.to_owned()));
        }
        let body = B::read(&bytes).map_err(|why| unreadable("the body", why))?;
        Ok(Self { path, query, body, headers: parts.headers })
    }
}

async fn bytes(body: Stream, longest: usize, headers: &HeaderMap) -> Result<Vec<u8>, Refusal> {
    let bytes = bytes_of(body, longest).await?;
    if !bytes.is_empty() && !is_json(headers) {
        return Err(other_type());
    }
    Ok(bytes.into())
}

/// A whole body, within its bounds.
pub(super) async fn bytes_of(body: Stream, longest: usize) -> Result<Bytes, Refusal> {
    let read = tokio::time::timeout(PATIENCE, to_bytes(body, longest)).await;
    read.map_err(|_| Refusal::too_slow())?.map_err(|_| too_long(longest))
}

/// Whether a string in JSON has a NUL in it, which stands there as an escape alone (RFC 8259 section 7).
fn escapes_nul(json: &[u8]) -> bool {
    const ESCAPE: &[u8] = b"\\u0000";
    let backslashes = |before: &[u8]| before.iter().rev().take_while(|byte| **byte == b'\\').count();
    let mut places = json.windows(ESCAPE.len()).enumerate().filter(|(_, six)| *six == ESCAPE);
    places.any(|(place, _)| backslashes(&json[..place]) % 2 == 0)
}

fn is_json(headers: &HeaderMap) -> bool {
    let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    written.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

pub(super) fn unreadable(what: &str, why: String) -> Refusal {
    let fault =
        Fault::new("access.unreadable", format!("{what} cannot be read, and nothing was done"), DESCRIBED);
    Refusal::with(StatusCode::BAD_REQUEST, fault.because(in_words(&why)))
}

pub(super) fn too_long(longest: usize) -> Refusal {
    let fault = Fault::new(
        "access.too-long",
        format!("the body is longer than {longest} bytes, and nothing was done"),
        "send less",
    );
    Refusal::with(StatusCode::PAYLOAD_TOO_LARGE, fault)
}

fn other_type() -> Refusal {
    let fault = Fault::new(
        "access.other-type",
        "the body is not said to be JSON, and nothing was done",
        "send the header `Content-Type: application/json`",
    );
    Refusal::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_name_whatever_stands_behind_it() {
        for (written, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/jsonl", false),
            ("text/plain", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, written.parse().unwrap())]);
            assert_eq!(is_json(&headers), json, "{written}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn a_nul_is_found_in_a_string_and_not_in_what_is_written_about_one() {
        for (json, has) in [
            (r#"{"a":"\u0000"}"#, true),
            (r#"{"a":"\\\u0000"}"#, true),
            (r#"{"a":"\\u0000"}"#, false),
            (r#"{"a":"u0000"}"#, false),
        ] {
            assert_eq!(escapes_nul(json.as_bytes()), has, "{json}");
        }
    }

    #[test]
    fn no_body_is_the_empty_object() {
        assert!(object::<Nothing>(b"").is_ok());
        assert!(object::<Nothing>(b"{}").is_ok());
        assert!(object::<Nothing>(b"{\"x\":1}").unwrap_err().contains("unknown field `x`"));
    }
}
