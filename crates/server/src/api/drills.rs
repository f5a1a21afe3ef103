//! Drills: rehearsals of a lineage's near-expiry, and what they showed.

use notafter_engine::operate::drill::{ListArgs, RunArgs, ShowArgs, Shown};
use notafter_inventory::drill::{self as judged, StepName};
use notafter_inventory::model::{self, Drill, DrillEnding, DrillFault, DrillId, Script};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Made, One};
use super::call::{Call, call};
use super::request::{Asked, Json, NoBody, Nothing};
use super::view::{Doer, Instant, words};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static LIST: Call = call!("list-drills", "The last drills, the newest first", list, [NOT_FOUND]);
pub(crate) static SHOW: Call = call!("show-drill", "A drill, with what it showed", show);
pub(crate) static BEGIN: Call = call!(
    "begin-drill",
    "Begins a drill of a lineage, which goes on by itself: ask for it again. It never touches what is served",
    begin,
    [NOT_FOUND, CONFLICT, UNPROCESSABLE_ENTITY]
);
pub(crate) static END: Call = call!("end-drill", "Calls a drill off", end, [CONFLICT]);

words! {
    /// What goes wrong on the stage.
    Fault = DrillFault {
        /// The CA does not answer.
        CaDown,
        /// No name can be resolved.
        DnsDown,
        /// Reloads end well and change nothing.
        ReloadIneffective,
        /// Nothing can be written where the pair should lie.
        DiskFull,
        /// What is sent to the first contact arrives nowhere.
        AlertPathSilent,
    }
}

words! {
    /// What a step showed.
    StepVerdict = judged::Verdict {
        /// It went as it should.
        Passed,
        /// A part of it did.
        Partly,
        /// It would have failed.
        Failed,
        /// It was not played, or not yet.
        NotPlayed,
    }
}

impl From<Fault> for DrillFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::CaDown => Self::CaDown,
            Fault::DnsDown => Self::DnsDown,
            Fault::ReloadIneffective => Self::ReloadIneffective,
            Fault::DiskFull => Self::DiskFull,
            Fault::AlertPathSilent => Self::AlertPathSilent,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Of this lineage alone, by name.
    lineage: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct At {
    /// Identity (`dr_...`).
    id: String,
}

/// A drill to begin.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDrill {
    /// The lineage's name.
    lineage: String,
    /// What goes wrong on the stage; nothing where this is left out.
    fault: Option<Fault>,
    /// The issuer of the inventory that is asked for the certificate; a CA of the stage where this is left out.
    issuer: Option<String>,
    /// Leaves the people out of it.
    #[serde(default)]
    without_alarm: bool,
}

/// A drill.
#[derive(Serialize, JsonSchema)]
struct OneDrill {
    /// Identity.
    id: String,
    /// The lineage's name.
    lineage: String,
    /// The lineage.
    lineage_id: String,
    /// When it began.
    begun_at: Instant,
    /// Who wanted it.
    begun_by: Doer,
    /// What goes wrong on the stage.
    fault: Option<Fault>,
    /// How far it is, in words.
    stands: String,
    /// When it ended; null while it goes on.
    ended_at: Option<Instant>,
    /// Points of 100; null where it goes on, or was not played to its end.
    score: Option<u8>,
    /// The steps that were played, in order.
    steps: Vec<OneStep>,
    /// Seconds between the new certificate's being served everywhere and the end of the old one; null where that was not
    /// reached.
    runway_seconds: Option<i64>,
    /// Who would have been told what on the stage.
    told: Vec<WouldBeTold>,
    /// The alert that tells of the alarm.
    alert: Option<String>,
}

/// A step.
#[derive(Serialize, JsonSchema)]
struct OneStep {
    /// Its name.
    name: String,
    /// What it showed.
    verdict: StepVerdict,
    /// Points that it brought.
    points: u8,
    /// Points that it could bring.
    of: u8,
    /// What happened.
    text: String,
    /// What would have failed, and what to do about it.
    mend: Vec<String>,
}

/// Somebody who would have been told.
#[derive(Serialize, JsonSchema)]
struct WouldBeTold {
    /// Seconds after the renewal's first try, by the stage's clock.
    after_seconds: i64,
    /// Who.
    to: String,
    /// What.
    subject: String,
}

/// Drills.
#[derive(Serialize, JsonSchema)]
struct Drills {
    /// Each of them, the newest first.
    items: Vec<OneDrill>,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<One<Drills>, Refusal> {
    let args = ListArgs { lineage: asked.query.lineage };
    let drills: Vec<Shown> = operate(&visit, "drill.list", args).await?;
    Ok(One(Drills { items: drills.into_iter().map(one).collect() }))
}

async fn show(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneDrill>, Refusal> {
    let shown = operate(&visit, "drill.show", ShowArgs { id: parse(&asked.path)? }).await?;
    Ok(One(one(shown)))
}

async fn begin(
    visit: Visit,
    asked: Asked<Nothing, Nothing, Json<NewDrill>>,
) -> Result<Made<OneDrill>, Refusal> {
    let Json(NewDrill { lineage, fault, issuer, without_alarm }) = asked.body;
    let script = Script { fault: fault.map(Into::into), issuer, without_alarm };
    let drill: Drill = operate(&visit, "drill.begin", RunArgs { lineage, script }).await?;
    let shown = operate(&visit, "drill.show", ShowArgs { id: drill.id }).await?;
    Ok(Made(one(shown)))
}

async fn end(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneDrill>, Refusal> {
    let shown = operate(&visit, "drill.end", ShowArgs { id: parse(&asked.path)? }).await?;
    Ok(One(one(shown)))
}

fn parse(at: &At) -> Result<DrillId, Refusal> {
    at.id.parse().map_err(|_| Refusal::absent("such drill"))
}

fn one(Shown { drill, result }: Shown) -> OneDrill {
    let stands = drill.words();
    let ended = drill.ended.as_ref().map(|end| (end.at, &end.how, end.score));
    let score = ended.and_then(|(_, how, score)| score.filter(|_| *how == DrillEnding::Played));
    OneDrill {
        id: drill.id.to_string(),
        lineage_id: drill.lineage_id.to_string(),
        begun_at: drill.begun_at.into(),
        fault: drill.script.fault.map(Into::into),
        stands,
        ended_at: ended.map(|(at, ..)| at.into()),
        score,
        steps: result.steps.into_iter().map(step).collect(),
        runway_seconds: result.runway.map(notafter_cert::Span::as_seconds),
        told: drill.played.iter().flat_map(told).collect(),
        alert: drill.alarm.as_ref().and_then(|alarm| alarm.alert).map(|alert| alert.to_string()),
        lineage: drill.lineage,
        begun_by: drill.begun_by.into(),
    }
}

fn step(step: judged::Step) -> OneStep {
    let judged::Step { name, verdict, points, of, text, mend } = step;
    OneStep { name: StepName::words(name).to_owned(), verdict: verdict.into(), points, of, text, mend }
}

fn told(played: &model::Played) -> Vec<WouldBeTold> {
    let one = |told: &model::PlayedTold| WouldBeTold {
        after_seconds: told.at.since(played.began_at).as_seconds(),
        to: told.contact.shown(),
        subject: told.subject.clone(),
    };
    played.told.iter().map(one).collect()
}
