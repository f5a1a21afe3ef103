//! What needs a person now, counts, and what is not proven.

use notafter_cert::Time;
use notafter_engine::operate::status::{self, LineageRow, Server, Status, Totals, Unproven};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::One;
use super::call::{Call, call};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Instant, OpenFinding, Step};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static SHOW: Call = call!("overview", "What needs a person now, and how everything stands", show);

/// How everything stands.
#[derive(Serialize, JsonSchema)]
struct Overview {
    /// Whether a server keeps everything going.
    server: Loops,
    /// The loops that do not get on.
    stalled: Vec<String>,
    /// Open findings, counted.
    findings: Counted,
    /// The worst of them, then the oldest: at most a thousand.
    needs: Vec<OpenFinding>,
    /// The endpoints, counted.
    endpoints: Endpoints,
    /// How many lineages there are.
    lineages: usize,
    /// Deployments that are not proven at every address.
    unproven: Vec<NotProven>,
    /// What happens next by itself, the soonest first: at most a hundred.
    next: Vec<NextStep>,
}

/// Something that happens by itself.
#[derive(Serialize, JsonSchema)]
struct NextStep {
    /// When; an instant that is past is due now.
    at: Instant,
    /// The lineage's name.
    lineage: String,
    /// What: `renew`.
    what: What,
    /// Why then.
    why: String,
}

/// What happens.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// The lineage is renewed.
    Renew,
}

/// Steps that are told.
const STEPS: usize = 100;

/// Whether the loops turn.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Loops {
    /// They have not begun.
    Absent,
    /// Every one gets on.
    Runs,
    /// Some do not get on.
    Stalled,
}

/// How many of each severity.
#[derive(Serialize, JsonSchema)]
struct Counted {
    /// Somebody must act, now.
    critical: usize,
    /// Somebody should act, soon.
    warning: usize,
    /// It cannot be judged.
    unknown: usize,
}

/// Endpoints, by the worst that is known of each.
#[derive(Serialize, JsonSchema)]
struct Endpoints {
    /// All of them.
    known: usize,
    /// Those that nobody has looked at yet.
    not_looked_at: usize,
    /// Those of which something is amiss, or not known.
    amiss: Counted,
}

/// A deployment that is not proven.
#[derive(Serialize, JsonSchema)]
struct NotProven {
    /// The lineage's name.
    lineage: String,
    /// The place's name.
    place: String,
    /// How far it is.
    step: Step,
    /// Since when it is open.
    since: Instant,
    /// When it is tried again.
    next_at: Option<Instant>,
    /// Addresses that must serve it.
    addresses: usize,
    /// Those that do.
    proven: usize,
    /// The others, each with what it serves.
    others: Vec<String>,
    /// What failed last, where it does not get on.
    failure: Option<String>,
}

async fn show(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<Overview>, Refusal> {
    let status: Status = operate(&visit, "status.all", status::Nothing {}).await?;
    let (server, stalled) = match status.server {
        Server::Absent => (Loops::Absent, Vec::new()),
        Server::Runs => (Loops::Runs, Vec::new()),
        Server::Stalled { loops, .. } => (Loops::Stalled, loops),
    };
    let endpoints = status.endpoints;
    Ok(One(Overview {
        server,
        stalled,
        findings: status.findings.into(),
        needs: status.needs.into_iter().map(OpenFinding::from).collect(),
        endpoints: Endpoints {
            known: endpoints.known,
            not_looked_at: endpoints.not_looked_at,
            amiss: endpoints.amiss.into(),
        },
        lineages: status.lineages.len(),
        next: status::next(&status.lineages, STEPS).into_iter().map(next).collect(),
        unproven: status.unproven.into_iter().map(NotProven::from).collect(),
    }))
}

fn next((at, row): (Time, &LineageRow)) -> NextStep {
    NextStep { at: at.into(), lineage: row.name.clone(), what: What::Renew, why: row.why.clone() }
}

impl From<Totals> for Counted {
    fn from(Totals { critical, warning, unknown }: Totals) -> Self {
        Self { critical, warning, unknown }
    }
}

impl From<Unproven> for NotProven {
    fn from(case: Unproven) -> Self {
        Self {
            lineage: case.lineage,
            place: case.place,
            step: case.step.into(),
            since: case.since.into(),
            next_at: case.next_at.map(Instant),
            addresses: case.addresses,
            proven: case.proven,
            others: case.others,
            failure: case.failure,
        }
    }
}
