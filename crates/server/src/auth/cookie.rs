//! The cookie that holds a browser's session.

use http::HeaderValue;
use http::header::COOKIE;
use notafter_engine::access::{SESSION_LASTS, Secret};

use super::Way;

/// `__Host-`: browsers take it over https alone, for this host alone, and let no subdomain write it (RFC 6265bis,
/// section 4.1.3.2). Over http, on loopback, they would not take it at all.
const SECURE_NAME: &str = "__Host-notafter";
const PLAIN_NAME: &str = "notafter";

/// What a request carries; nothing where it can be no secret of ours. Under https the plain name is not ours: a subdomain,
/// or whoever is between, could have written it.
pub(crate) fn carried(way: Way, headers: &http::HeaderMap) -> Option<Secret> {
    let ours = name(way);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == ours).and_then(|(_, value)| Secret::read(value))
}

/// Gives a browser its session.
pub(crate) fn set(way: Way, secret: &Secret) -> HeaderValue {
    written(way, &secret.written(), SESSION_LASTS.as_micros() / 1_000_000)
}

/// Takes it away.
pub(crate) fn clear(way: Way) -> HeaderValue {
    written(way, "", 0)
}

const fn name(way: Way) -> &'static str {
    if way.is_https { SECURE_NAME } else { PLAIN_NAME }
}

fn written(way: Way, value: &str, seconds: i64) -> HeaderValue {
    let name = name(way);
    let secure = if name == SECURE_NAME { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
