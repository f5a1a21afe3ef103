//! Whether a request that changes something was meant by the person whose browser sends it.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue};

use crate::api::problem::is_api;
use crate::refusal::Refusal;

/// The field of every form that a page of ours made.
pub(crate) const FIELD: &str = "form_key";

/// The header of calls that a page of ours makes.
const HEADER: &str = "x-form-key";

/// No form of ours is longer.
const LONGEST: usize = 64 * 1024;

/// Whoever takes longer to send a form holds a connection for nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Browsers say where a request comes from: `Sec-Fetch-Site` (W3C Fetch Metadata), or else `Origin` (RFC 6454, section 7).
/// Programs say neither. What comes over our own TLS can only be of a page that did, too.
pub(super) fn is_from_another_site(headers: &HeaderMap, is_secure: bool) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return !["same-origin", "none"].iter().any(|ours| site == ours);
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.is_none_or(|(scheme, authority)| authority != host || is_secure && scheme != "https")
}

/// Gives a request back whose sender read a page of ours, with the key of the session in it: a form carries it as a field, and a
/// call of the API as a header, which no page of another site can send along.
pub(super) async fn meant(request: Request, key: &str) -> Result<Request, Refusal> {
    if !is_api(request.uri().path()) {
        return with_form_key(request, key).await;
    }
    let sent = request.headers().get(HEADER).map(HeaderValue::as_bytes);
    if sent.is_some_and(|sent| same(sent, key.as_bytes())) { Ok(request) } else { Err(Refusal::forged()) }
}

/// Reads the form of a request, and gives the request back if the form carries the key of the session.
async fn with_form_key(request: Request, key: &str) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(PATIENCE, to_bytes(body, LONGEST)).await;
    let bytes = read.map_err(|_| Refusal::too_slow())?.map_err(|_| Refusal::too_long())?;
    let found = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == FIELD);
    if found.is_none_or(|(_, value)| !same(value.as_bytes(), key.as_bytes())) {
        return Err(Refusal::forged());
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// In a time that does not tell how much of it fits.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn where_a_request_comes_from_is_believed_of_browsers() {
        for (pairs, foreign) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], true),
            (
                &[("sec-fetch-site", "cross-site"), ("host", "na.example"), ("origin", "https://na.example")],
                true,
            ),
            (&[("host", "na.example"), ("origin", "https://na.example")], false),
            (&[("host", "127.0.0.1:8400"), ("origin", "http://127.0.0.1:8400")], false),
            (&[("host", "na.example"), ("origin", "https://evil.example")], true),
            (&[("host", "na.example"), ("origin", "https://na.example.evil.example")], true),
            (&[("host", "na.example"), ("origin", "null")], true),
        ] {
            assert_eq!(is_from_another_site(&headers(pairs), false), foreign, "{pairs:?}");
        }
        for (origin, foreign) in [("https://na.example", false), ("http://na.example", true)] {
            let pairs = &[("host", "na.example"), ("origin", origin)];
            assert_eq!(is_from_another_site(&headers(pairs), true), foreign, "{origin}");
        }
    }

    #[test]
    fn a_key_is_the_same_to_its_last_byte() {
        assert!(same(b"abc", b"abc"));
        for other in [&b"abd"[..], b"ab", b"abcd", b""] {
            assert!(!same(b"abc", other));
        }
    }
}
