//! Drills: those that were played, and a form that begins one.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use notafter_engine::operate::Fault;
use notafter_engine::operate::drill::{self, ListArgs, RunArgs, ShowArgs, Shown};
use notafter_engine::operate::status;
use notafter_inventory::drill::PASS;
use notafter_inventory::model::{Drill, DrillFault, DrillId, Issuer, Script};
use serde::Deserialize;

use super::fields::{Asked, Filled};
use super::{Frame, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// Of more lineages than this nobody chooses one from a list.
const CHOSEN_FROM: usize = 200;
/// So many are suggested to whoever types.
const SUGGESTED: usize = 1000;

#[derive(Template)]
#[template(path = "drills.html")]
struct Drills {
    frame: Frame,
    drills: Vec<DrillView>,
    /// What is chosen already.
    wish: Wish,
    /// Why it was not begun, and what to do about that.
    wrong: Option<(String, String)>,
    lineages: Vec<String>,
    /// Whether there are so many lineages that one is typed.
    is_typed: bool,
    issuers: Vec<String>,
    faults: Vec<(&'static str, &'static str)>,
}

struct DrillView {
    id: DrillId,
    class: &'static str,
    lineage: String,
    score: String,
    stands: Option<String>,
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
    let wish = Wish { lineage: chosen.lineage.unwrap_or_default(), ..Wish::default() };
    written(&shown(&visit, wish, None).await?)
}

async fn shown(visit: &Visit, wish: Wish, wrong: Option<Fault>) -> Result<Drills, Refusal> {
    let drills: Vec<Shown> = operate(visit, "drill.list", ListArgs::default()).await?;
    let (store, scope) = (&visit.context.store, &visit.context.scope);
    // Only what notafter renews has an issuer.
    let kept = status::kept(&visit.context).await?;
    let managed = kept.rows.iter().filter(|row| row.issuer.is_some());
    let mut lineages: Vec<String> = managed.map(|row| row.name.clone()).collect();
    lineages.sort_unstable();
    let is_typed = lineages.len() > CHOSEN_FROM;
    lineages.truncate(SUGGESTED);
    let can_stage = |issuer: Issuer| match issuer {
        Issuer::Acme(acme) if acme.external_account.is_none() => Some(acme.name),
        _ => None,
    };
    Ok(Drills {
        frame: Frame::of(visit, "/drills"),
        drills: drills.iter().map(view).collect(),
        wish,
        wrong: wrong.map(|fault| {
            let why = fault.why.map_or_else(String::new, |why| format!(": {why}"));
            (format!("{}{why}", fault.what), fault.hint)
        }),
        lineages,
        is_typed,
        issuers: store.issuers(scope).await?.into_iter().filter_map(can_stage).collect(),
        faults: DrillFault::ALL.map(|fault| (fault.name(), fault.words())).to_vec(),
    })
}

fn view(shown: &Shown) -> DrillView {
    let drill = &shown.drill;
    DrillView {
        id: drill.id,
        class: class(drill),
        lineage: drill.lineage.clone(),
        score: shown.score(),
        stands: shown.stands(),
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
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    lineage: String,
    #[serde(default)]
    fault: String,
    #[serde(default)]
    issuer: String,
    /// Written where the people are to be left out.
    without_alarm: Option<String>,
}

/// Begins one, and shows it; or the form again, with what is wrong.
pub(crate) async fn begin(
    Extension(visit): Extension<Visit>,
    Filled(wish): Filled<Wish>,
) -> Result<Response, Refusal> {
    let script = Script {
        fault: DrillFault::read(&wish.fault),
        issuer: Some(wish.issuer.trim().to_owned()).filter(|issuer| !issuer.is_empty()),
        without_alarm: wish.without_alarm.is_some(),
    };
    let args = RunArgs { lineage: wish.lineage.trim().to_owned(), script };
    match drill::begin(&visit.context, &visit.caller.actor, args).await {
        Ok(drill) => Ok(Redirect::to(&format!("/drills/{}", drill.id)).into_response()),
        Err(fault) => {
            let refusal = Refusal::of(fault.clone());
            if refusal.status().is_server_error() {
                return Err(refusal);
            }
            let form = written(&shown(&visit, wish, Some(fault)).await?)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, form).into_response())
        }
    }
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
