//! Drills: those that were played, and a form that begins one.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_engine::operate::drill::{ListArgs, RunArgs, ShowArgs, Shown};
use notafter_inventory::drill::PASS;
use notafter_inventory::model::{Drill, DrillFault, DrillId, Script};
use serde::Deserialize;

use super::fields::{Asked, Filled};
use super::{Frame, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "drills.html")]
struct Drills {
    frame: Frame,
    drills: Vec<DrillView>,
    /// The lineage that is chosen already.
    chosen: String,
    faults: Vec<(&'static str, &'static str)>,
}

struct DrillView {
    id: DrillId,
    class: &'static str,
    lineage: String,
    score: String,
    fault: &'static str,
    begun: String,
    by: String,
}

/// What a link may choose.
#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    lineage: Option<String>,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(chosen): Asked<Chosen>) -> Page {
    let drills: Vec<Shown> = operate(&visit, "drill.list", ListArgs::default()).await?;
    written(&Drills {
        frame: Frame::of(&visit, "/drills"),
        drills: drills.iter().map(view).collect(),
        chosen: chosen.lineage.unwrap_or_default(),
        faults: DrillFault::ALL.map(|fault| (fault.name(), fault.words())).to_vec(),
    })
}

fn view(shown: &Shown) -> DrillView {
    let drill = &shown.drill;
    DrillView {
        id: drill.id,
        class: class(drill),
        lineage: drill.lineage.clone(),
        score: shown.headline(),
        fault: drill.script.fault.map_or("nothing", DrillFault::words),
        begun: drill.begun_at.for_people(),
        by: drill.begun_by.to_string(),
    }
}

/// How it is marked: by its score, once it is over.
pub(super) fn class(drill: &Drill) -> &'static str {
    match drill.ended.as_ref().map(|end| end.score) {
        Some(Some(score)) if score >= PASS => "ok",
        Some(Some(_)) => "warning",
        Some(None) => "unknown",
        None => "work",
    }
}

/// What the form says.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    lineage: String,
    #[serde(default)]
    fault: String,
    #[serde(default)]
    issuer: String,
    /// Written where the people are to be left out.
    without_alarm: Option<String>,
}

/// Begins one, and shows it.
pub(crate) async fn begin(
    Extension(visit): Extension<Visit>,
    Filled(wish): Filled<Wish>,
) -> Result<Redirect, Refusal> {
    let script = Script {
        fault: DrillFault::read(&wish.fault),
        issuer: Some(wish.issuer.trim().to_owned()).filter(|issuer| !issuer.is_empty()),
        without_alarm: wish.without_alarm.is_some(),
    };
    let drill: Drill = operate(&visit, "drill.begin", RunArgs { lineage: wish.lineage, script }).await?;
    Ok(Redirect::to(&format!("/drills/{}", drill.id)))
}

/// Calls one off, and shows it.
pub(crate) async fn end(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Redirect, Refusal> {
    let id: DrillId = id.parse().map_err(|_| Refusal::absent("such drill"))?;
    let _: Shown = operate(&visit, "drill.end", ShowArgs { id }).await?;
    Ok(Redirect::to(&format!("/drills/{id}")))
}
