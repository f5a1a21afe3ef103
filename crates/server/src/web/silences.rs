//! The silences in force: what each covers, until when, who made it and why.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::Time;
use notafter_engine::operate::alert::{ListArgs, Listing, UnsilenceArgs};
use notafter_inventory::model::{Silence, SilenceId};
use serde::Deserialize;
use serde_json::Value;

use super::fields::Asked;
use super::{Frame, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "silences.html")]
struct Silences {
    frame: Frame,
    said: Option<&'static str>,
    rows: Vec<SilenceView>,
}

/// A silence as people read it.
pub(super) struct SilenceView {
    pub(super) id: SilenceId,
    pub(super) covers: String,
    pub(super) from: String,
    pub(super) ends: String,
    pub(super) why: String,
    pub(super) by: String,
    /// Whoever visits may lift it.
    pub(super) may_lift: bool,
}

impl SilenceView {
    pub(super) fn of(visit: &Visit, silence: Silence, covers: String, now: Time) -> Self {
        // One that covers what is of others, too, is not for somebody to end who is kept to one owner.
        let reaches = |kept| silence.scope.owner == Some(kept);
        Self {
            may_lift: visit.context.scope.kept_to().is_none_or(reaches),
            id: silence.id,
            covers,
            from: silence.from.for_people(),
            ends: format!("{} (in {})", silence.until.for_people(), silence.until.since(now)),
            why: silence.why,
            by: silence.by.to_string(),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

/// The page, with the one that ends first at the top.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(Done { done }): Asked<Done>) -> Page {
    let Listing { mut silences, mut covers, .. } =
        operate(&visit, "alert.list", ListArgs { all: false }).await?;
    silences.sort_by_key(|silence| (silence.until, silence.id));
    let now = visit.context.clock.now();
    let view = |silence: Silence| {
        let covers = covers.remove(&silence.id).unwrap_or_default();
        SilenceView::of(&visit, silence, covers, now)
    };
    let rows = silences.into_iter().map(view).collect();
    let said =
        done.filter(|done| done == "lifted").map(|_| "It is lifted: whoever answers for it is told again.");
    written(&Silences { frame: Frame::of(&visit, "/alerts"), said, rows })
}

/// Ends one now.
pub(crate) async fn lift(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Redirect, Refusal> {
    let id: SilenceId = id.parse().map_err(|_| Refusal::absent("such silence"))?;
    let _: Value = operate(&visit, "alert.unsilence", UnsilenceArgs { id }).await?;
    Ok(Redirect::to("/silences?done=lifted"))
}
