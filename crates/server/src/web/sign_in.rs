//! Coming in and going out.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Extension, Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use notafter_engine::access::{self, Secret};
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;
use serde::Deserialize;

use super::fields::{Asked, Filled};
use super::openid;
use super::passkey::Site;
use super::{Page, written};
use crate::auth::{self, Visit, Way};
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    fault: Option<Fault>,
    /// Another password was chosen just now.
    is_changed: bool,
    name: String,
    next: String,
    passkey_site: Site,
    passkey_page: &'static str,
    /// The provider that people sign in through, and the address that leads there.
    provider: Option<(String, String)>,
}

impl SignIn {
    fn new(context: &Context, fault: Option<Fault>, name: String, next: String) -> Self {
        let provider = openid::leads_to(context, &next);
        Self {
            fault,
            is_changed: false,
            name,
            next,
            passkey_site: Site::of(context),
            passkey_page: "/sign-in",
            provider,
        }
    }
}

#[derive(Template)]
#[template(path = "link.html")]
struct Link {
    name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
    done: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// The form.
pub(crate) async fn form(
    State(context): State<Arc<Context>>,
    way: Way,
    Asked(Next { next, done }): Asked<Next>,
) -> Page {
    privately(way)?;
    let is_changed = done.as_deref() == Some("password");
    written(&SignIn { is_changed, ..SignIn::new(&context, None, String::new(), ours(&next)) })
}

/// The form, filled in.
pub(crate) async fn with_password(
    State(context): State<Arc<Context>>,
    way: Way,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Filled(filled): Filled<Credentials>,
) -> Result<Response, Refusal> {
    privately(way)?;
    let peer = auth::peer(&peer, &headers);
    match access::sign_in(&context, &filled.name, &filled.password, peer).await {
        Ok(secret) => Ok(let_in(way, &secret, &ours(&filled.next))),
        Err(fault) => refused(&context, fault, filled.name, ours(&filled.next)),
    }
}

/// The form again, with what was refused; a page of its own where nothing was judged.
pub(super) fn refused(
    context: &Context,
    fault: Fault,
    name: String,
    next: String,
) -> Result<Response, Refusal> {
    if !fault.code.starts_with("access.") {
        return Err(Refusal::of(fault));
    }
    let status = match fault.code.as_str() {
        "access.too-many-attempts" => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::FORBIDDEN,
    };
    let page = SignIn::new(context, Some(fault), name, next);
    Ok((status, written(&page)?).into_response())
}

/// What a sign-in link leads to: it is not used up by being looked at, which programs do that preview links.
pub(crate) async fn link(
    State(context): State<Arc<Context>>,
    way: Way,
    Path(secret): Path<String>,
) -> Result<Html<String>, Refusal> {
    privately(way)?;
    let secret = Secret::read(&secret).ok_or_else(access::link_is_over)?;
    let user = access::link(&context, &secret).await?;
    written(&Link { name: user.name })
}

/// Uses a sign-in link up.
pub(crate) async fn with_link(
    State(context): State<Arc<Context>>,
    way: Way,
    Path(secret): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    privately(way)?;
    let secret = Secret::read(&secret).ok_or_else(access::link_is_over)?;
    let session = access::take_link(&context, &secret, auth::peer(&peer, &headers)).await?;
    Ok(let_in(way, &session, "/account"))
}

/// Ends the browser's session.
pub(crate) async fn out(
    State(context): State<Arc<Context>>,
    way: Way,
    Extension(visit): Extension<Visit>,
) -> Result<Response, Refusal> {
    if let Some(session) = &visit.session {
        access::end(&context, session.as_ref().clone()).await?;
    }
    Ok(([(SET_COOKIE, auth::clear(way))], Redirect::to("/sign-in")).into_response())
}

pub(super) fn let_in(way: Way, secret: &Secret, next: &str) -> Response {
    ([(SET_COOKIE, auth::set(way, secret))], Redirect::to(next)).into_response()
}

/// Where a sign-in leads: a page of ours, whatever the address said.
pub(super) fn ours(next: &str) -> String {
    let is_path =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_path { next.to_owned() } else { "/".to_owned() }
}

/// A password that crosses a network in the clear is everybody's.
pub(super) fn privately(way: Way) -> Result<(), Fault> {
    if way.is_private {
        return Ok(());
    }
    Err(Fault::new(
        "access.not-private",
        "nobody signs in over plain HTTP from another machine",
        "set tls_listen, let a proxy with TLS answer for this server and name its address in the setting base_url, or \
         reach it on 127.0.0.1 through ssh -L",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_our_own_pages_alone() {
        for next in ["/lineages?q=x", "/"] {
            assert_eq!(ours(next), next);
        }
        for next in
            ["", "https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "lineages"]
        {
            assert_eq!(ours(next), "/", "{next:?}");
        }
    }
}
