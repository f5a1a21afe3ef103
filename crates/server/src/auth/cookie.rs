//! The cookie that holds a browser's session.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use notafter_engine::access::{SESSION_LASTS, Secret};
use notafter_engine::context::Context;

/// `__Host-`: browsers take it over https alone, for this host alone, and let no subdomain write it (RFC 6265bis,
/// section 4.1.3.2). Over http, on loopback, they would not take it at all.
const SECURE_NAME: &str = "__Host-notafter";
const PLAIN_NAME: &str = "notafter";

/// What a request carries; nothing where it can be no secret of ours. Under https the plain name is not ours: a subdomain,
/// or whoever is between, could have written it.
pub(crate) fn carried(context: &Context, headers: &HeaderMap) -> Option<Secret> {
    let ours = name(context);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == ours).and_then(|(_, value)| Secret::read(value))
}

/// Gives a browser its session.
pub(crate) fn set(context: &Context, secret: &Secret) -> HeaderValue {
    written(context, &secret.written(), SESSION_LASTS.as_micros() / 1_000_000)
}

/// Takes it away.
pub(crate) fn clear(context: &Context) -> HeaderValue {
    written(context, "", 0)
}

fn name(context: &Context) -> &'static str {
    if context.site().starts_with("https://") { SECURE_NAME } else { PLAIN_NAME }
}

fn written(context: &Context, value: &str, seconds: i64) -> HeaderValue {
    let name = name(context);
    let secure = if name == SECURE_NAME { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
