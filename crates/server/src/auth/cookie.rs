//! The cookies that a browser keeps: its session, and a question that it was asked.

use http::HeaderValue;
use http::header::COOKIE;
use notafter_cert::Span;
use notafter_engine::access::{CHALLENGE_LASTS, SESSION_LASTS, Secret};

use super::Way;

/// `__Host-`: browsers take it over https alone, for this host alone, and let no subdomain write it (RFC 6265bis,
/// section 4.1.3.2). Over http, on loopback, they would not take it at all.
const SECURE: &str = "__Host-";
const SESSION: &str = "notafter";
const CHALLENGE: &str = "notafter-challenge";

/// The session that a request carries; nothing where it can be no secret of ours. Under https the plain name is not ours: a
/// subdomain, or whoever is between, could have written it.
pub(crate) fn carried(way: Way, headers: &http::HeaderMap) -> Option<Secret> {
    value(way, headers, SESSION).and_then(Secret::read)
}

/// The question that a request brings back.
pub(crate) fn challenge(way: Way, headers: &http::HeaderMap) -> Option<String> {
    value(way, headers, CHALLENGE).map(str::to_owned)
}

fn value<'a>(way: Way, headers: &'a http::HeaderMap, name: &str) -> Option<&'a str> {
    let ours = full_name(way, name);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == ours).map(|(_, value)| value)
}

/// Gives a browser its session.
pub(crate) fn set(way: Way, secret: &Secret) -> HeaderValue {
    written(way, SESSION, &secret.written(), SESSION_LASTS)
}

/// Takes it away.
pub(crate) fn clear(way: Way) -> HeaderValue {
    written(way, SESSION, "", Span::ZERO)
}

/// Lets a browser keep a question until it is answered.
pub(crate) fn keep_challenge(way: Way, text: &str) -> HeaderValue {
    written(way, CHALLENGE, text, CHALLENGE_LASTS)
}

/// Takes it away.
pub(crate) fn forget_challenge(way: Way) -> HeaderValue {
    written(way, CHALLENGE, "", Span::ZERO)
}

fn full_name(way: Way, name: &str) -> String {
    let guard = if way.is_https { SECURE } else { "" };
    format!("{guard}{name}")
}

/// `Lax`: whoever follows a link to us is signed in, and comes back from signing in elsewhere with the question.
fn written(way: Way, name: &str, value: &str, lasts: Span) -> HeaderValue {
    let (name, seconds) = (full_name(way, name), lasts.as_micros() / 1_000_000);
    let secure = if way.is_https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
