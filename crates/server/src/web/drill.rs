//! One drill: what it showed, step by step.

use askama::Template;
use axum::extract::{Extension, Path};
use notafter_cert::Time;
use notafter_engine::operate::drill::{ShowArgs, Shown};
use notafter_inventory::drill::{self, Step, Verdict};
use notafter_inventory::model::{Alarm, AlertId, DrillFault, DrillId, LineageId, PlayedTold};

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
    score: String,
    stands: Option<String>,
    begun: String,
    fault: Option<&'static str>,
    issuer: Option<String>,
    is_open: bool,
    steps: Vec<StepView>,
    runway: Option<String>,
    heard: Vec<HeardView>,
    told: Vec<ToldView>,
    alarm: Option<AlarmView>,
}

struct StepView {
    class: &'static str,
    verdict: String,
    name: &'static str,
    text: String,
    points: u8,
    of: u8,
    mend: Vec<String>,
}

/// Somebody who would have been told, for the first time.
struct HeardView {
    told: ToldView,
    often: Option<String>,
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
    let (score, stands) = (shown.score(), shown.stands());
    let Shown { drill, result } = shown;
    let (mut heard, mut told) = (Vec::new(), Vec::new());
    if let Some(played) = &drill.played {
        heard = drill::heard(played)
            .iter()
            .map(|one| HeardView { told: told_at(one.first, played.began_at), often: one.often() })
            .collect();
        told = played.told.iter().map(|told| told_at(told, played.began_at)).collect();
    }
    written(&DrillPage {
        frame: Frame::of(&visit, "/drills"),
        id,
        lineage: drill.lineage.clone(),
        lineage_id: drill.lineage_id,
        class: class(&drill),
        score,
        stands,
        begun: format!("{} by {}", drill.begun_at.for_people(), drill.begun_by),
        fault: drill.script.fault.map(DrillFault::words),
        issuer: drill.script.issuer.clone(),
        is_open: drill.is_open(),
        runway: result.runway_for_people(),
        steps: result.steps.into_iter().map(step).collect(),
        // Each of them is told above already.
        told: if told.len() > heard.len() { told } else { Vec::new() },
        heard,
        alarm: drill.alarm.as_ref().map(alarm),
    })
}

fn told_at(told: &PlayedTold, began_at: Time) -> ToldView {
    ToldView {
        after: told.at.since(began_at).to_string(),
        to: told.contact.shown(),
        subject: told.subject.clone(),
    }
}

fn step(step: Step) -> StepView {
    let class = match step.verdict {
        Verdict::Passed => "ok",
        Verdict::Partly => "warning",
        Verdict::Failed => "critical",
        Verdict::NotPlayed => "unknown",
    };
    let verdict = step.verdict_words();
    let Step { name, points, of, text, mend, .. } = step;
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
