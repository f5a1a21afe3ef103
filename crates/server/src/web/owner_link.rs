//! What the link of a message that asks an owner leads to: a button that says that it still answers. Looking answers nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::Redirect;
use http::HeaderMap;
use notafter_engine::context::Context;
use notafter_engine::owner_link::{self, Shown};

use super::{Page, written};
use crate::auth;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "owner_link.html")]
struct OwnerLink {
    owner: String,
    holdings: String,
    contact: String,
    written: String,
    answered: Option<Answered>,
    until: String,
}

struct Answered {
    by: String,
    until: String,
}

/// The form that answers it.
pub(crate) async fn form(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Page {
    let shown = owner_link::look(&context, &link, &auth::peer(&peer, &headers)).await?;
    let Shown { owner, holdings, contact, written: at, answered, until } = shown;
    written(&OwnerLink {
        owner,
        holdings: holdings.unwrap_or_else(|| "what it owns".to_owned()),
        contact,
        written: at.for_people(),
        answered: answered.map(|(until, by)| Answered { by, until: until.for_people() }),
        until: until.for_people(),
    })
}

/// Answers it. The page that follows says so, and may be loaded anew.
pub(crate) async fn acknowledge(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Redirect, Refusal> {
    owner_link::acknowledge(&context, &link, &auth::peer(&peer, &headers)).await?;
    Ok(Redirect::to(&format!("/owner/{link}/acknowledge")))
}
