//! What ends when, as a calendar: for programs with a token, and by a link for those that cannot send one.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, Uri};
use notafter_engine::access::{self, Caller, Secret};
use notafter_engine::context::Context;
use notafter_engine::operate::calendar::{self, Written as Calendar};
use notafter_inventory::model::Actor;
use serde_json::json;

use super::answer::{Answers, Told, Written, response};
use super::call::{Call, call};
use super::document::Schemas;
use super::request::{Asked, NoBody, Nothing};
use crate::auth::Visit;
use crate::refusal::Refusal;

pub(crate) static SHOW: Call = call!(
    "calendar",
    "What ends when and is renewed when, as a calendar (RFC 5545); a token with the role calendar reads it and nothing else",
    show
);

/// A calendar's media type, as it is sent: the text is UTF-8 (RFC 5545 section 8.1).
const ICALENDAR: &str = "text/calendar; charset=utf-8";

struct Feed(Calendar);

impl Answers for Feed {
    fn written(self) -> Result<Written, Refusal> {
        let bytes = self.0.text.into_bytes();
        Ok(Written { status: StatusCode::OK, kind: ICALENDAR, bytes, revision: None, next: None })
    }

    fn told(_: &mut Schemas) -> Told {
        let content = vec![("text/calendar", json!({ "type": "string" }))];
        Told { status: StatusCode::OK, words: "The calendar.", content, in_parts: false }
    }
}

async fn show(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<Feed, Refusal> {
    Ok(Feed(calendar::write(&visit.context, None).await?))
}

/// By a link: whoever has it reads this calendar, and nothing else. Why one leads nowhere is not said; 256 bits are what guards.
pub(crate) async fn by_link(
    State(context): State<Arc<Context>>,
    Path(secret): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Result<Response, Refusal> {
    let token = match Secret::read(&secret) {
        Some(secret) => access::by_calendar_link(&context, &secret).await?,
        None => None,
    };
    let token = token.ok_or_else(|| Refusal::absent("calendar"))?;
    let caller = Caller { actor: Actor::Token(token.name.clone()), grant: token.grant };
    let feed = Feed(calendar::write(&context.within(caller.scope()), Some(&token)).await?);
    Ok(response(feed.written()?, &method, &uri, &headers))
}
