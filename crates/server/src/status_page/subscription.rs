//! Mails about what the page tells: asked for with its form, and confirmed and ended by links in mails. Opening a link does nothing:
//! programs that look for malware in mail, or preview links, open them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::HeaderMap;
use notafter_engine::context::Context;
use notafter_engine::subscription::{self, Does};
use serde::Deserialize;

use super::unwritable;
use crate::auth;
use crate::refusal::Refusal;
use crate::web::fields::Filled;

#[derive(Template)]
#[template(path = "status_subscription.html")]
struct Said<'a> {
    name: &'a str,
    title: &'static str,
    lines: Vec<String>,
    /// What there is to do, and where.
    button: Option<&'static str>,
    action: String,
    is_done: bool,
}

impl Said<'_> {
    fn answer(&self) -> Result<Response, Refusal> {
        let text = self.render().map_err(|error| Refusal::of(unwritable(&error)))?;
        Ok(Html(text).into_response())
    }
}

fn done(context: &Context, title: &'static str, lines: &[&str]) -> Result<Response, Refusal> {
    let said = Said {
        name: context.settings.status_name.trim(),
        title,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        button: None,
        action: String::new(),
        is_done: true,
    };
    said.answer()
}

/// What the form of the page carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Asking {
    address: String,
    /// Beside others, `component.ID` for each that is chosen.
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

/// Asks for mails. The answer is the same whether the address is known or not.
pub(crate) async fn ask(
    State(context): State<Arc<Context>>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Filled(Asking { address, rest }): Filled<Asking>,
) -> Result<Response, Refusal> {
    let mut components: Vec<String> =
        rest.keys().filter_map(|key| key.strip_prefix("component.")).map(str::to_owned).collect();
    components.retain(|id| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    components.sort_unstable();
    subscription::ask(&context, &address, components, &auth::peer(&peer, &headers)).await?;
    done(
        &context,
        "Look into your mail",
        &[
            "We have sent a mail to the address, if it was not sent one within the last hour. Open the link in it within a day, and \
             confirm: until then you get nothing else from us.",
            "If none comes, look among what was taken for junk, and see whether the address was typed as it is.",
        ],
    )
}

/// The page of a link that confirms.
pub(crate) async fn confirm_form(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let peer = auth::peer(&peer, &headers);
    let known = subscription::look(&context, Does::Confirm, &link, &peer).await?;
    let said = Said {
        name: context.settings.status_name.trim(),
        title: "Do you want these mails?",
        lines: vec![
            format!(
                "{} gets a mail when something goes wrong and does not pass within minutes, when people tell more of it, and when work is announced, begins and ends.",
                known.address
            ),
            "Each mail has a link that ends them.".to_owned(),
        ],
        button: Some("Yes, send them"),
        action: format!("/status/subscriptions/{link}/confirm"),
        is_done: false,
    };
    said.answer()
}

/// Confirms.
pub(crate) async fn confirm(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    subscription::confirm(&context, &link, &auth::peer(&peer, &headers)).await?;
    done(
        &context,
        "You get the mails",
        &["They begin with what happens from now on. Each has a link that ends them."],
    )
}

/// The page of a link that ends them.
pub(crate) async fn leave_form(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let peer = auth::peer(&peer, &headers);
    let known = subscription::look(&context, Does::Leave, &link, &peer).await?;
    let said = Said {
        name: context.settings.status_name.trim(),
        title: "No more mails?",
        lines: vec![format!(
            "{} gets no more mails about the status page, and we forget the address.",
            known.address
        )],
        button: Some("Send no more"),
        action: format!("/status/subscriptions/{link}/leave"),
        is_done: false,
    };
    said.answer()
}

/// Ends them: with the button of the page, or by the one click of a program that reads mail (RFC 8058).
pub(crate) async fn leave(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    subscription::leave(&context, &link, &auth::peer(&peer, &headers)).await?;
    done(&context, "No more mails", &["The address is forgotten."])
}
