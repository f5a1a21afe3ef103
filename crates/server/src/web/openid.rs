//! Signing in through a provider: a browser is sent there, and comes back.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use notafter_acme::jose::{base64url, from_base64url};
use notafter_engine::access::openid::{self, Returned};
use notafter_engine::context::Context;
use serde::Deserialize;

use super::fields::Asked;
use super::sign_in;
use crate::auth::{self, Way};
use crate::refusal::Refusal;

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// What the provider is called, and the address that leads to it: at the name under which the browser comes back, whatever
/// name it is at now, so that it still has its cookie then.
pub(super) fn leads_to(context: &Context, next: &str) -> Option<(String, String)> {
    let name = openid::provider_name(&context.settings)?;
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    Some((name, format!("{}/sign-in/openid?next={next}", context.site())))
}

/// Sends the browser to the provider.
pub(crate) async fn ask(
    State(context): State<Arc<Context>>,
    way: Way,
    Asked(Next { next }): Asked<Next>,
) -> Result<Response, Refusal> {
    sign_in::privately(way)?;
    let next = sign_in::ours(&next);
    match openid::ask(&context).await {
        Ok(begun) => {
            // Where it leads afterwards is the browser's own business, and looked at again when it comes back.
            let kept = format!("{}.{}", begun.challenge, base64url(next.as_bytes()));
            let cookie = auth::keep_challenge(way, &kept);
            Ok(([(SET_COOKIE, cookie)], Redirect::to(&begun.url)).into_response())
        }
        Err(fault) => sign_in::refused(&context, fault, String::new(), next),
    }
}

/// Signs in whoever comes back.
pub(crate) async fn back(
    State(context): State<Arc<Context>>,
    way: Way,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Asked(returned): Asked<Returned>,
) -> Result<Response, Refusal> {
    sign_in::privately(way)?;
    let kept = auth::challenge(way, &headers).unwrap_or_default();
    let (challenge, next) = kept.split_once('.').unwrap_or((&kept, ""));
    let next = from_base64url(next).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let next = sign_in::ours(&next);
    let peer = auth::peer(&peer, &headers);
    match openid::sign_in(&context, challenge, &returned, peer).await {
        Ok(secret) => {
            let cookies = AppendHeaders([
                (SET_COOKIE, auth::set(way, &secret)),
                (SET_COOKIE, auth::forget_challenge(way)),
            ]);
            Ok((cookies, Redirect::to(&next)).into_response())
        }
        Err(fault) => sign_in::refused(&context, fault, String::new(), next),
    }
}
