//! Why a name was served as it was at an instant.

use notafter_engine::operate::why::{self, Told};
use notafter_inventory::why as past;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::One;
use super::call::{Call, call};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Instant, Severity, words};
use crate::auth::Visit;
use crate::refusal::Refusal;

pub(crate) static SHOW: Call = call!(
    "why",
    "What was issued, on disk, served, found and decided for a name at an instant, each with its evidence",
    show,
    [NOT_FOUND, UNPROCESSABLE_ENTITY]
);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// A host, a target such as `smtp://mail.example`, or a lineage by name.
    host: String,
    /// The instant; now, when absent.
    at: Option<Instant>,
}

words! {
    /// Which question a line answers.
    Part = past::Part {
        /// What the CA had given.
        Issued,
        /// What lay where servers read it.
        OnDisk,
        /// What was seen on the wire.
        Served,
        /// What was judged.
        Found,
        /// What was in force: a renewal that was planned, alerts that were out, silences, drills.
        Decided,
        /// What was done before, the newest first.
        Done,
    }
}

/// What was so.
#[derive(Serialize, JsonSchema)]
struct Answer {
    /// As it was asked.
    host: String,
    /// The instant.
    at: Instant,
    /// In the order in which people read them.
    lines: Vec<Line>,
    /// How many entries of the log are older than those that are told.
    earlier: usize,
}

/// One thing that was so.
#[derive(Serialize, JsonSchema)]
struct Line {
    /// Which question it answers.
    part: Part,
    /// Since when it was so; when it happened.
    since: Instant,
    /// What it is about, as people call it.
    subject: String,
    /// What was so.
    text: String,
    /// How bad that was, where it was judged.
    severity: Option<Severity>,
    /// Where it can be read: a version, a deployment, a look, a finding, an alert, an entry of the log.
    evidence: String,
    /// The page on which that can be read, where there is one.
    page: Option<String>,
    /// Nothing is on record of it.
    unknown: bool,
}

async fn show(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<One<Answer>, Refusal> {
    let Wish { host, at } = asked.query;
    let wish = why::Why { host, at: at.map(|Instant(at)| at) };
    let Told { host, at, lines, earlier } = why::tell(&visit.context, wish).await?;
    Ok(One(Answer { host, at: at.into(), lines: lines.into_iter().map(line).collect(), earlier }))
}

fn line(line: past::Line) -> Line {
    Line {
        page: line.page(),
        unknown: line.is_unknown(),
        part: line.part.into(),
        since: line.since.into(),
        subject: line.subject,
        text: line.text,
        severity: line.severity.map(Severity::from),
        evidence: line.evidence,
    }
}
