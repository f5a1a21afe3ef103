//! Who asks, and whether that is enough: one guard before every route.

mod cookie;
mod forgery;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{AUTHORIZATION, HOST, USER_AGENT};
use http::request::Parts;
use http::{Extensions, HeaderMap, Method};
use notafter_engine::access::{self, Caller, Peer, Secret};
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;
use notafter_inventory::model::{Actor, Grant, Needed, Role, Session, User};

pub(crate) use cookie::{carried, challenge, clear, forget_challenge, keep_challenge, set};

use crate::api::problem::is_api;
use crate::host;
use crate::refusal::Refusal;
use crate::secure::Secure;
use crate::web::refused;

/// What a route needs of whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Anybody may ask.
    Nothing,
    /// Anybody may ask, from a page of any site: nothing that a browser knows of whoever has it is made use of, such as where a
    /// copy of the status page lies elsewhere.
    Anybody,
    /// Whoever has the link that a message carried, or that somebody made, may ask; the link says who that is and what for.
    Link,
    /// At least this role; what is seen and done stays within the caller's reach.
    Within(Role),
    /// At least this role, over the whole installation.
    Whole(Role),
}

impl Needs {
    const fn needed(self) -> Option<Needed> {
        match self {
            Self::Nothing | Self::Anybody | Self::Link => None,
            Self::Within(role) => Some(Needed { role, whole: false }),
            Self::Whole(role) => Some(Needed { role, whole: true }),
        }
    }

    /// Whether whoever has this grant is let in.
    pub(crate) fn lets_in(self, grant: Grant) -> bool {
        self.needed().is_none_or(|needed| grant.allows(needed))
    }
}

/// How a request came, as far as secrets may go the same way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// Passwords and sessions may cross the wire: on this machine, over TLS, or under an `https` address that a proxy before us
    /// answers for.
    pub(crate) is_private: bool,
    /// The browser came over https: it keeps and sends what is for https alone.
    pub(crate) is_https: bool,
}

impl Way {
    /// Of the request with these parts. Where we serve TLS ourselves, nobody needs a proxy: who asks for this machine's own
    /// address in the clear came through a tunnel, and the cookie must be one that his browser sends.
    pub(crate) fn of(context: &Context, extensions: &Extensions, headers: &HeaderMap) -> Self {
        let is_secure = Secure::is(extensions);
        let is_site_https = context.site().starts_with("https://");
        let is_tunnel = || {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            context.settings.tls_listen.is_some() && host::is_of_this_machine(host)
        };
        let listens = context.settings.listen.parse::<SocketAddr>();
        let is_here = listens.is_ok_and(|address| address.ip().is_loopback());
        let is_proxied = is_site_https && (is_here || context.settings.tls_listen.is_none());
        Self {
            is_private: is_secure || is_here || is_proxied,
            is_https: is_secure || is_proxied && !is_tunnel(),
        }
    }
}

impl FromRequestParts<Arc<Context>> for Way {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<Context>) -> Result<Self, Infallible> {
        Ok(Self::of(context, &parts.extensions, &parts.headers))
    }
}

/// Somebody who was let in, and the installation as far as it may be seen by them.
#[derive(Clone)]
pub(crate) struct Visit {
    /// The installation, within reach.
    pub(crate) context: Context,
    /// Who, and what for.
    pub(crate) caller: Caller,
    /// What the forms of a page carry.
    pub(crate) form_key: String,
    /// The browser's session; nothing where a program asks with a token.
    pub(crate) session: Option<Arc<(Session, User)>>,
    /// How far the log was before anything was read for a page: what comes after it, the page does not know.
    pub(crate) seen: i64,
}

/// Lets a request through to its route, or answers it.
pub(crate) async fn guard(
    State((context, needs)): State<(Arc<Context>, Needs)>,
    request: Request,
    next: Next,
) -> Response {
    // A link is the whole authority: no browser adds anything to it that another site could make use of, and one that reaches
    // us by http says no `Sec-Fetch-Site`, and `null` for the origin of a page that keeps its address to itself.
    let is_secure = Secure::is(request.extensions());
    if changes(&request)
        && ![Needs::Anybody, Needs::Link].contains(&needs)
        && forgery::is_from_another_site(request.headers(), is_secure)
    {
        return Refusal::forged().into_response();
    }
    let Some(needed) = needs.needed() else { return next.run(request).await };
    let way = Way::of(&context, request.extensions(), request.headers());
    let known = match visit(&context, way, request.headers()).await {
        Ok(Found::Known(known)) => *known,
        Ok(Found::Nobody(presented)) => return to_sign_in(&request, presented),
        Err(fault) => return Refusal::of(fault).into_response(),
    };
    let (visit, path) = (known.clone(), request.uri().path().to_owned());
    let response = let_in(known, needed, request, next).await;
    refused::among_pages(response, &visit, &path)
}

/// Lets somebody who is known through, as far as that goes.
async fn let_in(known: Visit, needed: Needed, request: Request, next: Next) -> Response {
    if !known.caller.grant.allows(needed) {
        return Refusal::not_allowed(needed, &known.caller).into_response();
    }
    let changes = changes(&request);
    let request = match changes && known.session.is_some() {
        true => forgery::meant(request, &known.form_key).await,
        false => Ok(request),
    };
    let mut request: Request<Body> = match request {
        Ok(request) => request,
        Err(refusal) => return refusal.into_response(),
    };
    request.extensions_mut().insert(known);
    next.run(request).await
}

fn changes(request: &Request) -> bool {
    ![Method::GET, Method::HEAD].contains(request.method())
}

/// Refuses what no route answers: among the pages, where whoever asks is known.
pub(crate) async fn refuse(
    context: &Context,
    way: Way,
    headers: &HeaderMap,
    path: &str,
    refusal: Refusal,
) -> Response {
    let response = refusal.into_response();
    match known(context, way, headers).await {
        Ok(Some(visit)) => refused::among_pages(response, &visit, path),
        // What cannot be read now is refused all the same.
        Ok(None) | Err(_) => response,
    }
}

/// Whoever these headers show, where that is somebody still.
///
/// # Errors
/// The store failed.
pub(crate) async fn known(context: &Context, way: Way, headers: &HeaderMap) -> Result<Option<Visit>, Fault> {
    Ok(match visit(context, way, headers).await? {
        Found::Known(known) => Some(*known),
        Found::Nobody(_) => None,
    })
}

/// What a request says of who asks.
enum Found {
    Known(Box<Visit>),
    Nobody(Presented),
}

/// What somebody presented who is not known by it.
#[derive(Clone, Copy)]
pub(crate) enum Presented {
    Nothing,
    Token,
    Session,
}

/// By token where there is one, else by the browser's session.
async fn visit(context: &Context, way: Way, headers: &HeaderMap) -> Result<Found, Fault> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let Some(token) = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")) else {
            return Ok(Found::Nobody(Presented::Nothing));
        };
        let caller = match Secret::read(token) {
            Some(secret) => access::by_token(context, &secret).await?,
            None => None,
        };
        let Some(caller) = caller else { return Ok(Found::Nobody(Presented::Token)) };
        let context = context.within(caller.scope());
        return Ok(Found::Known(Box::new(Visit {
            context,
            caller,
            form_key: String::new(),
            session: None,
            seen: 0,
        })));
    }
    let Some(secret) = carried(way, headers) else { return Ok(Found::Nobody(Presented::Nothing)) };
    let Some((session, user)) = access::by_session(context, &secret).await? else {
        return Ok(Found::Nobody(Presented::Session));
    };
    let caller = Caller { actor: Actor::User(user.name.clone()), grant: user.grant };
    Ok(Found::Known(Box::new(Visit {
        context: context.within(caller.scope()),
        caller,
        form_key: secret.form_key(),
        session: Some(Arc::new((session, user))),
        seen: context.store.last_event(&context.scope).await?,
    })))
}

/// A person is led to the sign-in and back; a program is told.
fn to_sign_in(request: &Request, presented: Presented) -> Response {
    let is_page = request.method() == Method::GET
        && !request.headers().contains_key(AUTHORIZATION)
        && !is_api(request.uri().path());
    if !is_page {
        return Refusal::nobody(presented).into_response();
    }
    let to = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if to == "/" {
        return Redirect::to("/sign-in").into_response();
    }
    let next: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
    Redirect::to(&format!("/sign-in?next={next}")).into_response()
}

/// Who is at the other end. A proxy on this machine says it last in `X-Forwarded-For`; from elsewhere that is hearsay.
pub(crate) fn peer(ConnectInfo(peer): &ConnectInfo<SocketAddr>, headers: &HeaderMap) -> Peer {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let peer = peer.ip().to_canonical();
    let forwarded =
        headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = forwarded
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| last.trim().parse::<IpAddr>().ok());
    let address = last.filter(|_| peer.is_loopback()).unwrap_or(peer);
    Peer { address: address.to_canonical(), agent: agent.to_owned() }
}
