//! What the API answers: JSON with an entity tag, lists in parts, nothing.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use notafter_cert::Fingerprint;
use notafter_engine::operate::Fault;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::document::Schemas;
use crate::refusal::Refusal;

/// An answer, written out.
pub(crate) struct Written {
    pub(crate) status: StatusCode,
    pub(crate) kind: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// What the entity tag begins with, where a later write is held against it.
    pub(crate) revision: Option<i64>,
    /// Where the next part of a list begins.
    pub(crate) next: Option<String>,
}

/// What the document says of an answer.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) words: &'static str,
    /// Media types, each with its schema.
    pub(crate) content: Vec<(&'static str, Value)>,
    /// Whether it may have a `Link` to the next part.
    pub(crate) in_parts: bool,
}

/// What a call may answer.
pub(crate) trait Answers: Send + 'static {
    /// Writes it out.
    fn written(self) -> Result<Written, Refusal>;

    /// What the document says of it.
    fn told(schemas: &mut Schemas) -> Told;
}

pub(crate) const JSON: &str = "application/json";

/// A thing.
pub(crate) struct One<T>(pub(crate) T);

impl<T: Serialize + JsonSchema + Send + 'static> Answers for One<T> {
    fn written(self) -> Result<Written, Refusal> {
        Ok(Written { status: StatusCode::OK, kind: JSON, bytes: json(&self.0)?, revision: None, next: None })
    }

    fn told(schemas: &mut Schemas) -> Told {
        let content = vec![(JSON, schemas.said::<T>())];
        Told { status: StatusCode::OK, words: "It is there, or was done.", content, in_parts: false }
    }
}

/// Something that came into being.
pub(crate) struct Made<T>(pub(crate) T);

impl<T: Serialize + JsonSchema + Send + 'static> Answers for Made<T> {
    fn written(self) -> Result<Written, Refusal> {
        One(self.0).written().map(|written| Written { status: StatusCode::CREATED, ..written })
    }

    fn told(schemas: &mut Schemas) -> Told {
        Told { status: StatusCode::CREATED, words: "It was made.", ..One::<T>::told(schemas) }
    }
}

/// Something that was asked for, and comes about by itself.
pub(crate) struct Begun<T>(pub(crate) T);

impl<T: Serialize + JsonSchema + Send + 'static> Answers for Begun<T> {
    fn written(self) -> Result<Written, Refusal> {
        One(self.0).written().map(|written| Written { status: StatusCode::ACCEPTED, ..written })
    }

    fn told(schemas: &mut Schemas) -> Told {
        Told { status: StatusCode::ACCEPTED, words: "It was asked for.", ..One::<T>::told(schemas) }
    }
}

/// A part of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PartOf{T}")]
pub(crate) struct Part<T> {
    /// The things of this part.
    pub(crate) items: Vec<T>,
    /// Give this as `after` for the next part. It is left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl<T: Serialize + JsonSchema + Send + 'static> Answers for Part<T> {
    fn written(self) -> Result<Written, Refusal> {
        let next = self.next.clone();
        Ok(Written { next, ..One(self).written()? })
    }

    fn told(schemas: &mut Schemas) -> Told {
        Told { words: "A part of the list.", in_parts: true, ..One::<Self>::told(schemas) }
    }
}

/// It was done, and there is nothing to say.
pub(crate) struct Gone;

impl Answers for Gone {
    fn written(self) -> Result<Written, Refusal> {
        let (status, bytes) = (StatusCode::NO_CONTENT, Vec::new());
        Ok(Written { status, kind: JSON, bytes, revision: None, next: None })
    }

    fn told(_: &mut Schemas) -> Told {
        let (status, words) = (StatusCode::NO_CONTENT, "It was done.");
        Told { status, words, content: Vec::new(), in_parts: false }
    }
}

/// Writes JSON out.
pub(crate) fn json(value: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(|error| {
        let fault = Fault::new("server.page-failed", "the answer cannot be written", "report this");
        Refusal::with(StatusCode::INTERNAL_SERVER_ERROR, fault.because(error.to_string()))
    })
}

/// With its headers; 304 where whoever asks has it already.
pub(super) fn response(written: Written, method: &Method, uri: &Uri, asked: &HeaderMap) -> Response {
    let Written { status, kind, bytes, revision, next } = written;
    let mut headers = HeaderMap::new();
    let is_read = [Method::GET, Method::HEAD].contains(method);
    if is_read || revision.is_some() {
        let tag = tag(&bytes, revision);
        let known = is_read && asked.get_all(IF_NONE_MATCH).iter().any(|known| names(known, &tag));
        put(&mut headers, ETAG, &tag);
        if is_read {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            headers.insert(VARY, HeaderValue::from_static("Accept, Authorization, Cookie"));
        }
        if known {
            return with(StatusCode::NOT_MODIFIED, headers, Vec::new());
        }
    }
    if let Some(next) = next {
        put(&mut headers, LINK, &format!("<{}>; rel=\"next\"", following(uri, &next)));
    }
    if status != StatusCode::NO_CONTENT {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    with(status, headers, bytes)
}

fn with(status: StatusCode, headers: HeaderMap, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn put(headers: &mut HeaderMap, name: http::HeaderName, text: &str) {
    headers.extend(HeaderValue::try_from(text).map(|value| (name, value)));
}

/// `"12-9f86d081884c7d65"`: the revision, where there is one, and what is said.
fn tag(bytes: &[u8], revision: Option<i64>) -> String {
    let said = Fingerprint::of(bytes).to_string();
    let said = said.get(..16).unwrap_or_default();
    revision.map_or_else(|| format!("\"{said}\""), |revision| format!("\"{revision}-{said}\""))
}

/// Whether a list of entity tags has this one, weakly compared (RFC 9110 section 13.1.2).
pub(crate) fn names(list: &HeaderValue, tag: &str) -> bool {
    let list = list.to_str().unwrap_or_default();
    list.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// The same address, from another place on.
fn following(uri: &Uri, next: &str) -> String {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let kept = pairs.filter(|(name, _)| name != "after");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("after", next)
        .finish();
    format!("{}?{query}", uri.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_in_a_list_and_whether_weak_or_not() {
        let known = |list: &'static str| names(&HeaderValue::from_static(list), "\"1-a\"");
        for list in ["\"1-a\"", "W/\"1-a\"", "\"b\", \"1-a\"", "*"] {
            assert!(known(list), "{list}");
        }
        for list in ["\"a\"", "1-a", ""] {
            assert!(!known(list), "{list}");
        }
    }

    #[test]
    fn the_next_part_keeps_what_was_asked_for() {
        let uri = "/api/v1/x?q=a%26b&after=old&limit=2".parse().unwrap();
        assert_eq!(following(&uri, "new"), "/api/v1/x?q=a%26b&limit=2&after=new");
        assert_eq!(following(&"/api/v1/x".parse().unwrap(), "new"), "/api/v1/x?after=new");
    }
}
