//! Looks at endpoints that are due, judges, keeps what changed, and plans the next look: hundreds at a time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use notafter_cert::Span;
use notafter_inventory::check::{Judge, Look, Report};
use notafter_inventory::finding::Judged;
use notafter_inventory::model::{Endpoint, EndpointId, Finding, Subject, Violation};
use notafter_inventory::plan::scan::{LastLook, next_look};
use notafter_inventory::threshold::Thresholds;
use notafter_net::trust::Trust;
use notafter_store::{Change, Lease, Looked, TaskSubject};
use notafter_tls::observation::{Observation, Outcome};

use super::{Task, Work};
use crate::context::Context;
use crate::findings;
use crate::operate::Fault;

/// The task's name.
pub const KIND: &str = "scan";

/// Endpoints per batch: one transaction each.
const BATCH: usize = 500;

/// Little beside the shortest interval between two looks, a minute.
const GATHERS: Span = Span::seconds(5);

/// Addresses of one endpoint that are looked at at once.
const ADDRESSES_AT_ONCE: usize = 8;

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "looks at every address of every endpoint",
    parallel: |settings| settings.scan_parallel,
    lease_for: Span::minutes(10),
    work: Work::Batch { most: BATCH, gathers: GATHERS, run: |context, leases| run(context, leases).boxed() },
};

/// The task about this endpoint.
#[must_use]
pub fn subject(endpoint: EndpointId) -> TaskSubject {
    TaskSubject::of(endpoint)
}

async fn run(context: &Context, leases: &[Lease]) -> Result<(), Fault> {
    let ids: Vec<EndpointId> = leases.iter().filter_map(|lease| lease.subject.id()).collect();
    let endpoints = context.store.endpoints_of(&context.scope, &ids).await?;
    let subjects: Vec<Subject> = endpoints.iter().map(|endpoint| Subject::Endpoint(endpoint.id)).collect();
    let mut open: HashMap<Subject, Vec<Finding>> = HashMap::new();
    for finding in context.store.findings_open_among(&context.scope, &subjects).await? {
        open.entry(finding.violation.subject.clone()).or_default().push(finding);
    }
    let known: HashMap<EndpointId, Endpoint> =
        endpoints.into_iter().map(|endpoint| (endpoint.id, endpoint)).collect();
    let parallel = context.settings.scan_parallel.max(1);
    let (known, open) = (&known, &open);
    let looked: Vec<Looked> = stream::iter(leases.to_vec())
        .map(|lease| async move { look(context, &lease, known, open).await })
        .buffer_unordered(parallel)
        .filter_map(std::future::ready)
        .collect()
        .await;
    context.store.record_looks(&context.scope, &looked).await?;
    if looked.iter().any(|looked| !looked.changes.is_empty()) {
        context.wake();
    }
    gone(context, leases, known).await
}

/// Tasks of endpoints that are no more.
async fn gone(
    context: &Context,
    leases: &[Lease],
    known: &HashMap<EndpointId, Endpoint>,
) -> Result<(), Fault> {
    let changes: Vec<Change> = leases
        .iter()
        .filter(|lease| lease.subject.id().is_none_or(|id| !known.contains_key(&id)))
        .map(|lease| Change::Unschedule { task: KIND, subject: lease.subject.clone() })
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    Ok(context.apply(None, &notafter_inventory::model::Actor::Engine, &changes).await?)
}

async fn look(
    context: &Context,
    lease: &Lease,
    known: &HashMap<EndpointId, Endpoint>,
    open: &HashMap<Subject, Vec<Finding>>,
) -> Option<Looked> {
    let endpoint = known.get(&lease.subject.id()?)?;
    let at = context.clock.now();
    let resolution = context.eye.resolve(&endpoint.target).await;
    let addresses = resolution.as_ref().map(|found| found.addresses.clone()).unwrap_or_default();
    let observations: Vec<Observation> = stream::iter(addresses)
        .map(|address| observe(context, endpoint, address))
        .buffered(ADDRESSES_AT_ONCE)
        .collect()
        .await;
    let subject = Subject::Endpoint(endpoint.id);
    let look =
        Look { subject: subject.clone(), ..Look::at(endpoint.target.clone(), resolution, observations) };
    let report = judge(context, endpoint, &look);
    let last = LastLook {
        at,
        verdict: report.verdict,
        lifetime: report.shortest_lifetime(),
        turning_point: report.turning_point(&Thresholds::default()),
    };
    let earlier = open.get(&subject).map_or(&[][..], Vec::as_slice);
    let could_see = |earlier: &Violation| report.could_see(earlier);
    let owner_id = endpoint.owner_id;
    let judged = Judged { owner_id, at, violations: report.violations(), judged: &could_see };
    let changes = findings::changes(earlier, judged, &mut || context.random());
    Some(Looked {
        lease: Some(lease.clone()),
        next_due: Some(next_look(endpoint.id, endpoint.criticality, last)),
        endpoint_id: endpoint.id,
        at,
        resolution: look.resolution,
        observations: look.observations,
        changes,
    })
}

/// A failure counts only when looking again at once does not mend it: one lost packet wakes nobody.
async fn observe(context: &Context, endpoint: &Endpoint, address: std::net::SocketAddr) -> Observation {
    let first = context.eye.look(&endpoint.target, address).await;
    match first.outcome {
        Outcome::Served(_) => first,
        Outcome::Failed(_) => context.eye.look(&endpoint.target, address).await,
    }
}

/// By the endpoint's own anchors where it names some.
fn judge(context: &Context, endpoint: &Endpoint, look: &Look) -> Report {
    let at = context.clock.now();
    match endpoint.trust.as_deref() {
        None => context.judge.look(look, at),
        Some(path) => match context.judges.of(path) {
            Some(judge) => judge.look(look, at),
            None => context.judge.look(look, at),
        },
    }
}

/// Judges by anchors that endpoints name, each file read once.
#[derive(Default)]
pub struct Judges(std::sync::Mutex<HashMap<String, Option<Arc<Judge>>>>);

impl Judges {
    /// The judge by the anchors in this file; `None` when it cannot be used, which is logged once.
    pub(crate) fn of(&self, path: &str) -> Option<Arc<Judge>> {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known
            .entry(path.to_owned())
            .or_insert_with(|| match Trust::file(Path::new(path)) {
                Ok(trust) => Some(Arc::new(Judge::new(trust.anchors().clone(), Thresholds::default()))),
                Err(error) => {
                    tracing::error!(path, %error, "trust anchors of an endpoint cannot be used");
                    None
                }
            })
            .clone()
    }
}
