//! One drill: what it showed, step by step.

use askama::Template;
use axum::extract::{Extension, Path};
use notafter_engine::operate::drill::{ShowArgs, Shown};
use notafter_inventory::drill::{Step, Verdict};
use notafter_inventory::model::{Alarm, AlertId, DrillFault, DrillId, LineageId};

use super::{Frame, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::drills::class;

#[derive(Template)]
#[template(path = "drill.html")]
struct DrillPage {
    frame: Frame,
    id: DrillId,
    lineage: String,
    lineage_id: LineageId,
    class: &'static str,
    headline: String,
    begun: String,
    fault: Option<&'static str>,
    issuer: Option<String>,
    is_open: bool,
    steps: Vec<StepView>,
    runway: Option<String>,
    told: Vec<ToldView>,
    alarm: Option<AlarmView>,
}

struct StepView {
    class: &'static str,
    verdict: Verdict,
    name: &'static str,
    text: String,
    points: u8,
    of: u8,
    mend: Vec<String>,
}

struct ToldView {
    after: String,
    to: String,
    subject: String,
}

struct AlarmView {
    alert: Option<AlertId>,
    given: String,
    told: Vec<String>,
    taken: Option<String>,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Path(id): Path<String>) -> Page {
    let id: DrillId = id.parse().map_err(|_| Refusal::absent("such drill"))?;
    let shown: Shown = operate(&visit, "drill.show", ShowArgs { id }).await?;
    let headline = shown.headline();
    let Shown { drill, result } = shown;
    let told = drill.played.iter().flat_map(|played| {
        played.told.iter().map(|told| ToldView {
            after: told.at.since(played.began_at).to_string(),
            to: told.contact.shown(),
            subject: told.subject.clone(),
        })
    });
    written(&DrillPage {
        frame: Frame::of(&visit, "/drills"),
        id,
        lineage: drill.lineage.clone(),
        lineage_id: drill.lineage_id,
        class: class(&drill),
        headline,
        begun: format!("{} by {}", drill.begun_at.for_people(), drill.begun_by),
        fault: drill.script.fault.map(DrillFault::words),
        issuer: drill.script.issuer.clone(),
        is_open: drill.is_open(),
        runway: result.runway_for_people(),
        steps: result.steps.into_iter().map(step).collect(),
        told: told.collect(),
        alarm: drill.alarm.as_ref().map(alarm),
    })
}

fn step(step: Step) -> StepView {
    let class = match step.verdict {
        Verdict::Passed => "ok",
        Verdict::Partly => "warning",
        Verdict::Failed => "critical",
        Verdict::NotPlayed => "unknown",
    };
    let Step { name, verdict, points, of, text, mend } = step;
    StepView { class, verdict, name: name.words(), text, points, of, mend }
}

fn alarm(alarm: &Alarm) -> AlarmView {
    let told = alarm
        .told
        .iter()
        .map(|told| format!("{} {}: {}", told.at.for_people(), told.contact.shown(), told.words()));
    AlarmView {
        alert: alarm.alert,
        given: alarm.at.for_people(),
        told: told.collect(),
        taken: alarm.taken.as_ref().map(|taken| {
            let note = taken.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
            format!("{} taken by {}{note}", taken.at.for_people(), taken.by)
        }),
    }
}
