//! From what was played to steps, a score and a runway.

use std::fmt;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::{HELD_BACK, PATIENCE};
use crate::cause::steady;
use crate::model::{
    Alarm, AlarmTold, DeliveryState, Drill, DrillEnd, DrillEnding, DrillFault, Played, PlayedPlace, Setback,
};

/// From so many points on, nothing that was rehearsed is left to be mended.
pub const PASS: u8 = 80;
/// Causes of failed attempts that are told.
const CAUSES: usize = 3;

/// What a drill showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Points of 100, over the steps that were played.
    pub score: u8,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Between the new certificate's being served everywhere and the end of the old one; nothing where that was not reached.
    pub runway: Option<Span>,
}

impl Judgement {
    /// The runway in words.
    #[must_use]
    pub fn runway_for_people(&self) -> Option<String> {
        let runway = self.runway?;
        Some(match runway < Span::ZERO {
            true => format!("none: the new certificate was served {} after the old one had ended", -runway),
            false => {
                format!("{runway} between the new certificate's being served and the end of the old one")
            }
        })
    }

    /// Whether nothing that was rehearsed is left to be mended.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.score >= PASS && self.steps.iter().all(|step| step.verdict != Verdict::Failed)
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// What it showed.
    pub verdict: Verdict,
    /// Points that it brought.
    pub points: u8,
    /// Points that it could bring.
    pub of: u8,
    /// What happened.
    pub text: String,
    /// What would have failed, and what to do about it.
    pub mend: Vec<String>,
}

/// What a step showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It went as it should.
    Passed,
    /// A part of it did.
    Partly,
    /// It would have failed.
    Failed,
    /// It was not played, or not yet.
    NotPlayed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Partly => "in part",
            Self::Failed => "failed",
            Self::NotPlayed => "not played",
        })
    }
}

/// The steps of a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepName {
    /// A CA saw the answer to its challenge and issued.
    Issue,
    /// The real places could take a new pair.
    Places,
    /// The throw-away places took it, and their shadow listeners served it.
    Proof,
    /// The fault was noticed and told while there was time.
    Notice,
    /// The renewal went through by itself once the fault was gone.
    Heal,
    /// The alarm reached those who answer for the lineage.
    Reach,
    /// Somebody took the alarm.
    Take,
}

impl StepName {
    /// What it is called.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Issue => "order and challenge",
            Self::Places => "the real places",
            Self::Proof => "installation and proof",
            Self::Notice => "noticed in time",
            Self::Heal => "healed by itself",
            Self::Reach => "the alarm arrives",
            Self::Take => "somebody takes it",
        }
    }
}

/// Judges a drill by what was played so far.
#[must_use]
pub fn judge(drill: &Drill) -> Judgement {
    let fault = drill.script.fault.filter(|fault| fault.is_on_stage());
    let mut steps = match (&drill.played, fault) {
        (Some(played), None) => vec![issue(played), places(played), proof(played)],
        (Some(played), Some(fault)) => vec![notice(played, fault), places(played), heal(played)],
        (None, _) => Vec::new(),
    };
    if let Some(alarm) = &drill.alarm {
        steps.extend([reach(alarm, drill), take(alarm, drill)]);
    }
    let (points, of) = steps.iter().fold((0_u32, 0_u32), |(points, of), step| {
        (points + u32::from(step.points), of + u32::from(step.of))
    });
    let score = (points * 100).checked_div(of).and_then(|score| u8::try_from(score).ok()).unwrap_or(0);
    let runway = drill.played.as_ref().and_then(|played| Some(played.ends_at.since(proved_at(played)?)));
    Judgement { score, steps, runway }
}

/// Ends a drill. Its score is what it shows from then on: only of one that is over it is known that nobody took the alarm.
#[must_use]
pub fn end(mut drill: Drill, at: Time, how: DrillEnding) -> Drill {
    let was_played = how == DrillEnding::Played;
    drill.ended = Some(DrillEnd { at, how, score: None });
    let score = was_played.then(|| judge(&drill).score);
    if let Some(end) = &mut drill.ended {
        end.score = score;
    }
    drill
}

impl Step {
    /// The verdict in words. What people do about an alarm is still to come, where it is not judged yet.
    #[must_use]
    pub fn verdict_words(&self) -> String {
        match (self.verdict, self.name) {
            (Verdict::NotPlayed, StepName::Reach | StepName::Take) => "under way".to_owned(),
            (verdict, _) => verdict.to_string(),
        }
    }

    fn new(name: StepName, of: u8, text: String) -> Self {
        Self { name, verdict: Verdict::Passed, points: of, of, text, mend: Vec::new() }
    }

    fn partly(self, points: u8, mend: Vec<String>) -> Self {
        Self { verdict: Verdict::Partly, points, mend, ..self }
    }

    fn failed(self, mend: Vec<String>) -> Self {
        Self { verdict: Verdict::Failed, points: 0, mend, ..self }
    }

    fn not_played(self) -> Self {
        Self { verdict: Verdict::NotPlayed, points: 0, of: 0, ..self }
    }
}

fn issue(played: &Played) -> Step {
    let step = |text: String| Step::new(StepName::Issue, 30, text);
    let Some(issued_at) = played.issued_at else {
        let what = played.stopped.clone().unwrap_or_else(|| "no certificate was issued".to_owned());
        return step(what).failed(mend_of(&played.failures));
    };
    match played.failures.len() {
        0 if played.signed_here => step("signed at the first attempt; nothing is asked for".to_owned()),
        0 => step("the CA saw the answer to its challenge, and issued at the first attempt".to_owned()),
        failed => {
            let after = issued_at.since(played.began_at);
            step(format!("issued after {} and {after}", counted(failed, "failed attempt")))
                .partly(15, mend_of(&played.failures))
        }
    }
}

fn places(played: &Played) -> Step {
    let step = |text: String| Step::new(StepName::Places, 20, text);
    let all = played.places.len();
    let obstacles: Vec<(&PlayedPlace, &Setback)> =
        played.places.iter().filter_map(|place| Some((place, place.obstacle.as_ref()?))).collect();
    let mend =
        obstacles.iter().map(|(place, why)| format!("{}: {}; {}", place.name, why.what, why.hint)).collect();
    match (all, obstacles.len()) {
        (0, _) => step("it has no place: whoever uses the certificate fetches it".to_owned()).not_played(),
        (_, 0) => step(format!("{} can take a new pair now", counted(all, "place"))),
        (all, failed) if failed < all => step(format!("{failed} of {all} places could not take a new pair"))
            .partly(share(20, all - failed, all), mend),
        (all, _) => step(format!("{} could not take a new pair", counted(all, "place"))).failed(mend),
    }
}

fn proof(played: &Played) -> Step {
    let step = |text: String| Step::new(StepName::Proof, 20, text);
    if played.issued_at.is_none() || played.places.is_empty() {
        return step("there was nothing to install".to_owned()).not_played();
    }
    let all = played.places.len();
    let stale: Vec<&PlayedPlace> = played.places.iter().filter(|place| place.proved_at.is_none()).collect();
    let mend = stale.iter().map(|place| format!("{}: {}", place.name, place.stands)).collect();
    match stale.len() {
        0 => step(format!(
            "{} served the new certificate, by full handshakes",
            counted(all, "shadow listener")
        )),
        failed if failed < all => step(format!("{failed} of {all} shadow listeners did not serve it"))
            .partly(share(20, all - failed, all), mend),
        _ => step("no shadow listener served it".to_owned()).failed(mend),
    }
}

/// How early somebody was told of a fault on the stage.
fn notice(played: &Played, fault: DrillFault) -> Step {
    let step = |text: String| Step::new(StepName::Notice, 30, text);
    let Some(first) = played.told.first() else {
        let text = format!("nobody would have been told that {}", fault.words());
        return step(text).failed(vec![
            "write contacts for the owner, and prove the ways to them: notafter alert test".to_owned(),
        ]);
    };
    let (after, left) = (first.at.since(played.began_at), played.ends_at.since(first.at));
    let (who, end) = (first.contact.shown(), beside_the_end(left));
    let text = format!("{who} is told after {after}, {end}: {}", first.subject);
    match left {
        left if left <= Span::ZERO => {
            step(text).failed(vec!["it is told when it is too late: let certificates live longer".to_owned()])
        }
        left if left < Span::days(1) => {
            step(text).partly(15, vec!["less than a day is left to act in".to_owned()])
        }
        _ => step(text),
    }
}

fn heal(played: &Played) -> Step {
    let step = |text: String| Step::new(StepName::Heal, 20, text);
    match (proved_at(played), played.mended_at) {
        (Some(proved), Some(mended)) if proved < played.ends_at => {
            let (after, end) = (proved.since(mended), beside_the_end(played.ends_at.since(proved)));
            step(match after < Span::ZERO {
                true => format!("served in spite of the fault, {end}"),
                false => format!("served {after} after the fault was gone, {end}"),
            })
        }
        (Some(_), _) => {
            let text = "the renewal went through after the old certificate had ended".to_owned();
            step(text).failed(mend_of(&played.failures))
        }
        (None, _) => {
            let why = played.stopped.clone().unwrap_or_else(|| "the old certificate ended before".to_owned());
            let mut mend = mend_of(&played.failures);
            let open = played.places.iter().filter(|place| place.proved_at.is_none());
            mend.extend(open.map(|place| format!("{}: {}", place.name, place.stands)));
            step(format!("the renewal did not go through: {why}")).failed(mend)
        }
    }
}

/// How long before the old certificate's end something was, or how long after it.
fn beside_the_end(left: Span) -> String {
    match left < Span::ZERO {
        true => format!("{} after the end", -left),
        false => format!("{left} before the end"),
    }
}

/// When the last place served it; of a lineage without one, when it was issued.
fn proved_at(played: &Played) -> Option<Time> {
    let issued = played.issued_at?;
    let proved: Option<Vec<Time>> = played.places.iter().map(|place| place.proved_at).collect();
    Some(proved?.into_iter().max().unwrap_or(issued))
}

fn reach(alarm: &Alarm, drill: &Drill) -> Step {
    let step = |text: String| Step::new(StepName::Reach, 15, text);
    let is_meant = |told: &&AlarmTold| told.said.as_deref() != Some(HELD_BACK);
    let heard: Vec<&AlarmTold> = alarm.told.iter().filter(is_meant).collect();
    let is_waiting = |told: &&AlarmTold| told.state == DeliveryState::Pending;
    if drill.is_open() && (heard.is_empty() || heard.iter().any(is_waiting)) {
        return step("it is on its way".to_owned()).not_played();
    }
    let arrived = heard.iter().filter(|told| has_arrived(told.state)).count();
    let mend: Vec<String> =
        heard.iter().filter(|told| !has_arrived(told.state)).map(|told| refused(told)).collect();
    match (heard.len(), arrived) {
        (0, _) if !alarm.told.is_empty() => {
            let mend = "write a second contact, on another way, for the owner or for `default`";
            step("nobody but the first contact is ever told".to_owned()).failed(vec![mend.to_owned()])
        }
        (0, _) => {
            let mend = "write contacts for the owner: docs/alerts.md";
            step("there is nobody to tell".to_owned()).failed(vec![mend.to_owned()])
        }
        (all, arrived) if arrived == all => {
            let receipts: Vec<String> = heard.iter().map(|told| told.contact.shown()).collect();
            step(format!("with a receipt for {}", receipts.join(", ")))
        }
        (all, 0) => step(format!("none of {} was taken", counted(all, "message"))).failed(mend),
        (all, arrived) => {
            step(format!("{arrived} of {all} messages were taken")).partly(share(15, arrived, all), mend)
        }
    }
}

fn refused(told: &AlarmTold) -> String {
    let said = told.said.as_deref().unwrap_or("nothing was said yet");
    format!("{}: {said}", told.contact.shown())
}

fn has_arrived(state: DeliveryState) -> bool {
    matches!(state, DeliveryState::Accepted | DeliveryState::Confirmed)
}

fn take(alarm: &Alarm, drill: &Drill) -> Step {
    let step = |text: String| Step::new(StepName::Take, 15, text);
    let Some(taken) = &alarm.taken else {
        if drill.is_open() {
            return step("it waits for somebody".to_owned()).not_played();
        }
        if drill.is_called_off() {
            return step("nobody had taken it when it was called off".to_owned()).not_played();
        }
        let text = "nobody took it before the last contact's time was over".to_owned();
        let mend = "find out why: were they on duty, does the phone make a sound, does the link open?";
        return step(text).failed(vec![mend.to_owned()]);
    };
    let after = taken.at.since(alarm.at);
    let text = format!("by {} after {after}", taken.by);
    // On two paths at once is no climb.
    let climbed = |told: &&AlarmTold| told.at.since(alarm.at) >= PATIENCE && told.at <= taken.at;
    match alarm.told.iter().filter(climbed).count() {
        0 => step(text),
        _ => step(format!("{text}, once it had climbed"))
            .partly(10, vec!["whoever was told first did not answer".to_owned()]),
    }
}

/// Each cause once, with how often it was; the last ones first.
fn mend_of(failures: &[Setback]) -> Vec<String> {
    let mut causes: Vec<(String, &Setback, usize)> = Vec::new();
    for failure in failures.iter().rev() {
        let what = steady(&failure.what);
        match causes.iter_mut().find(|(known, last, _)| *known == what && last.code == failure.code) {
            Some((.., times)) => *times += 1,
            None => causes.push((what, failure, 1)),
        }
    }
    let line = |(what, Setback { code, hint, .. }, times): (String, &Setback, usize)| match times {
        1 => format!("{what} ({code}); {hint}"),
        times => format!("{what} ({code}), {times} times; {hint}"),
    };
    causes.into_iter().take(CAUSES).map(line).collect()
}

fn share(of: u8, part: usize, all: usize) -> u8 {
    u8::try_from(usize::from(of) * part / all.max(1)).unwrap_or(of)
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
