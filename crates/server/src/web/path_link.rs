//! What the link of a test message leads to: a button that says that it arrived. Looking confirms nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::Redirect;
use http::HeaderMap;
use notafter_cert::Time;
use notafter_engine::context::Context;
use notafter_engine::path_link::{self, Shown};

use super::{Page, written};
use crate::auth;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "path_link.html")]
struct PathLink {
    contact: String,
    channel: String,
    written: String,
    confirmed_until: Option<String>,
    until: String,
}

/// The form that confirms it.
pub(crate) async fn form(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Page {
    let shown = path_link::look(&context, &link, &auth::peer(&peer, &headers)).await?;
    let Shown { contact, channel, written: at, confirmed_until, until } = shown;
    written(&PathLink {
        contact,
        channel,
        written: at.for_people(),
        confirmed_until: confirmed_until.map(Time::for_people),
        until: until.for_people(),
    })
}

/// Confirms it. The page that follows says so, and may be loaded anew.
pub(crate) async fn confirm(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Redirect, Refusal> {
    path_link::confirm(&context, &link, &auth::peer(&peer, &headers)).await?;
    Ok(Redirect::to(&format!("/alert/{link}/confirm")))
}
