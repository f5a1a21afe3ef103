//! Looks at endpoints that are due, judges, keeps what changed, and plans the next look: hundreds at a time.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use notafter_cert::{Span, Time};
use notafter_inventory::check::{Judge, Look, Report};
use notafter_inventory::finding::Judged;
use notafter_inventory::model::{Endpoint, EndpointId, Finding, Subject, Violation};
use notafter_inventory::plan::scan::{LastLook, next_look};
use notafter_inventory::threshold::Thresholds;
use notafter_net::trust::Trust;
use notafter_store::{Change, Lease, Looked, Store, StoreError, TaskSubject};
use notafter_tls::observation::{Observation, Outcome};

use super::{Task, Work};
use crate::context::Context;
use crate::driver::run_batch;
use crate::findings;
use crate::operate::Fault;

/// The task's name.
pub const KIND: &str = "scan";

/// Endpoints per batch: one transaction each.
const BATCH: usize = 500;

/// Little beside the shortest interval between two looks, a minute.
const GATHERS: Span = Span::seconds(5);

/// The pause between two looks at work that another loop is doing.
const LOOK_AGAIN: Span = Span::millis(50);

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

/// Looks at these now, for a person who waits: what another loop works on is waited for, until `deadline`. Answers how many
/// are left then.
///
/// # Errors
/// The store failed.
pub(crate) async fn now(
    context: &Context,
    subjects: &[TaskSubject],
    deadline: Time,
) -> Result<u64, StoreError> {
    let (now, lasts) = (context.clock.now(), TASK.lease_for);
    for part in subjects.chunks(BATCH) {
        if context.clock.now() >= deadline {
            break;
        }
        let mut leases = Vec::new();
        for subject in part {
            leases.extend(
                context.store.claim_one(KIND, subject, context.clock.now(), &context.holder, lasts).await?,
            );
        }
        run_batch(context, &TASK, leases).await;
    }
    until_done(context, Awaited { which: Some(subjects), due_by: now }, deadline).await
}

/// As [`now`], with everything that is due; for whoever reaches everything.
///
/// # Errors
/// The store failed.
pub(crate) async fn all_now(context: &Context, deadline: Time) -> Result<u64, StoreError> {
    let begun = context.clock.now();
    while context.clock.now() < deadline {
        let leases = context.claim(&TASK, BATCH).await?;
        if leases.is_empty() {
            break;
        }
        run_batch(context, &TASK, leases).await;
    }
    until_done(context, Awaited { which: None, due_by: begun }, deadline).await
}

/// What is waited for: of these, or of all, what was due then, or somebody works on.
#[derive(Clone, Copy)]
struct Awaited<'a> {
    which: Option<&'a [TaskSubject]>,
    due_by: Time,
}

impl Awaited<'_> {
    async fn left(self, store: &Store) -> Result<u64, StoreError> {
        let Some(subjects) = self.which else { return store.unfinished(KIND, self.due_by).await };
        let mut left = 0;
        for subject in subjects {
            let planned = store.planned(KIND, subject).await?;
            left += u64::from(planned.is_some_and(|one| one.holder.is_some() || one.due_at <= self.due_by));
        }
        Ok(left)
    }
}

/// Waits until nothing is left, or until `deadline`; answers how many are left.
async fn until_done(context: &Context, awaited: Awaited<'_>, deadline: Time) -> Result<u64, StoreError> {
    loop {
        let left = awaited.left(&context.store).await?;
        let now = context.clock.now();
        if left == 0 || now >= deadline || context.clock.is_staged() {
            return Ok(left);
        }
        context.clock.sleep_until((now + LOOK_AGAIN).min(deadline)).await;
    }
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
        context.news.tell();
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
        None => context.judge().look(look, at),
        Some(path) => context.judges.of(path).look(look, at),
    }
}

/// Judges by anchors that endpoints name: each file is read once, and again when it has changed.
#[derive(Default)]
pub struct Judges(std::sync::Mutex<HashMap<String, (Stamp, Arc<Judge>)>>);

/// What tells that a file was written again, or why it cannot be looked at.
type Stamp = Result<(SystemTime, u64, u64), io::ErrorKind>;

fn stamp(path: &Path) -> Stamp {
    let of = || {
        let file = std::fs::metadata(path)?;
        Ok((file.modified()?, file.len(), file.ino()))
    };
    of().map_err(|error: io::Error| error.kind())
}

impl Judges {
    /// The judge by the anchors in this file: one without any, who says why, where it cannot be used.
    pub fn of(&self, path: &str) -> Arc<Judge> {
        let (file, mut known) =
            (Path::new(path), self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let now = stamp(file);
        if let Some((_, judge)) = known.get(path).filter(|(read, _)| *read == now) {
            return Arc::clone(judge);
        }
        let thresholds = Thresholds::default();
        let judge = Arc::new(match Trust::file(file) {
            // It came into being since: the next one who asks knows its stamp.
            Ok(trust) if now.is_err() => return Arc::new(Judge::new(trust.anchors().clone(), thresholds)),
            Ok(trust) => Judge::new(trust.anchors().clone(), thresholds),
            Err(error) => {
                tracing::warn!(path, %error, "trust anchors of an endpoint cannot be used");
                Judge::without_anchors(whole(&error), thresholds)
            }
        });
        known.insert(path.to_owned(), (now, Arc::clone(&judge)));
        judge
    }
}

/// The error with its source, in a line.
fn whole(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;
    use notafter_lab::authority::{Authority, Validity};

    use super::*;

    fn root(name: &str) -> String {
        let from = Time::from_unix_seconds(1_790_000_000);
        Authority::new(name, Validity { from, to: from + Span::days(1) }).unwrap().root_pem()
    }

    #[test]
    fn anchors_are_read_again_when_their_file_changes_and_missing_ones_are_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("house.pem");
        let (judges, name) = (Judges::default(), path.to_str().unwrap());
        let none = judges.of(name);
        assert_eq!(none.anchors().len(), 0, "not the installation's");
        assert!(Arc::ptr_eq(&none, &judges.of(name)), "said once, and not at each look or scrape");
        let first = root("First");
        std::fs::write(&path, &first).unwrap();
        let read = judges.of(name);
        assert_eq!(read.anchors().len(), 1);
        assert!(Arc::ptr_eq(&read, &judges.of(name)), "read once");
        let second = root("Second");
        std::fs::write(&path, format!("{first}{second}")).unwrap();
        assert_eq!(judges.of(name).anchors().len(), 2);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(judges.of(name).anchors().len(), 0);
    }
}
