//! Looks at endpoints that are due, judges, keeps what changed, and plans the next look: hundreds at a time. Those that are
//! critical are handed over to [`urgent`], which looks at each by itself.

use std::collections::HashMap;
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use notafter_cert::{Span, Time};
use notafter_inventory::check::{Hsts, Judge, Look, Report};
use notafter_inventory::finding::Judged;
use notafter_inventory::model::{
    Actor, Criticality, Endpoint, EndpointId, Finding, FindingState, Subject, Violation,
};
use notafter_inventory::plan::alert::is_confirmed;
use notafter_inventory::plan::scan::{AT_ONCE, CONFIRMING, LastLook, SOON_CONFIRMED, next_look};
use notafter_inventory::run_book::is_web;
use notafter_inventory::threshold::Thresholds;
use notafter_net::trust::Trust;
use notafter_store::{Change, Lease, Looked, Store, StoreError, TaskSubject};
use notafter_tls::observation::{Failure, FailureKind, Observation, Outcome};

use super::{Task, Work, urgent};
use crate::context::Context;
use crate::driver::{run_batch, run_claimed};
use crate::findings;
use crate::operate::Fault;
use crate::private_roots;
use crate::settle::run_due;

/// The task's name.
pub const KIND: &str = "scan";

/// Endpoints per batch: one transaction each.
const BATCH: usize = 500;

/// Little beside the shortest interval between two looks, a minute.
const GATHERS: Span = Span::seconds(5);

/// The pause between two looks at work that another loop is doing.
const LOOK_AGAIN: Span = Span::millis(50);

/// So long what was learnt of HSTS when something went wrong is not asked again.
const HSTS_HOLDS: Span = Span::minutes(10);

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
        stream::iter(part.to_vec())
            .map(|subject| async move {
                // A fault is told already, and the look comes again.
                drop(run_due(context, urgent::KIND, &subject).await);
            })
            .buffer_unordered(context.settings.scan_parallel.max(1))
            .for_each(ready)
            .await;
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
    let urgent = context.claim(&urgent::TASK, usize::MAX).await?;
    stream::iter(urgent)
        .map(|lease| async move {
            // A fault is told already, and the look comes again.
            drop(run_claimed(context, &urgent::TASK, &lease).await);
        })
        .buffer_unordered(context.settings.scan_parallel.max(1))
        .for_each(ready)
        .await;
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
        let mut left = 0;
        for kind in [KIND, urgent::KIND] {
            let Some(subjects) = self.which else {
                left += store.unfinished(kind, self.due_by).await?;
                continue;
            };
            for subject in subjects {
                let planned = store.planned(kind, subject).await?;
                left +=
                    u64::from(planned.is_some_and(|one| one.holder.is_some() || one.due_at <= self.due_by));
            }
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
    let (critical, endpoints): (Vec<Endpoint>, Vec<Endpoint>) = context
        .store
        .endpoints_of(&context.scope, &ids)
        .await?
        .into_iter()
        .partition(|endpoint| endpoint.criticality == Criticality::Critical);
    hand_over(context, &critical).await?;
    let leases: Vec<Lease> = leases.iter().filter(|lease| !is_about(lease, &critical)).cloned().collect();
    private_roots::refresh(context).await?;
    let subjects: Vec<Subject> = endpoints.iter().map(|endpoint| Subject::Endpoint(endpoint.id)).collect();
    let mut open: HashMap<Subject, Vec<Finding>> = HashMap::new();
    for finding in context.store.findings_open_among(&context.scope, &subjects).await? {
        open.entry(finding.violation.subject.clone()).or_default().push(finding);
    }
    let known: HashMap<EndpointId, Endpoint> =
        endpoints.into_iter().map(|endpoint| (endpoint.id, endpoint)).collect();
    let parallel = context.settings.scan_parallel.max(1);
    let (known, open) = (&known, &open);
    let looked: Vec<Looked> = stream::iter(leases.clone())
        .map(|lease| async move {
            let endpoint = known.get(&lease.subject.id()?)?;
            let earlier = open.get(&Subject::Endpoint(endpoint.id)).map_or(&[][..], Vec::as_slice);
            Some(look(context, &lease, endpoint, earlier).await)
        })
        .buffer_unordered(parallel)
        .filter_map(ready)
        .collect()
        .await;
    keep(context, &looked).await?;
    gone(context, &leases, known).await
}

/// Stores what was seen, and wakes whoever tells of it.
///
/// # Errors
/// The store failed.
pub(super) async fn keep(context: &Context, looked: &[Looked]) -> Result<(), StoreError> {
    context.store.record_looks(&context.scope, looked).await?;
    if looked.iter().any(|looked| !looked.changes.is_empty()) {
        context.news.tell();
        context.wake();
    }
    Ok(())
}

fn is_about(lease: &Lease, endpoints: &[Endpoint]) -> bool {
    lease.subject.id().is_some_and(|id| endpoints.iter().any(|endpoint| endpoint.id == id))
}

/// What is critical waits behind no others: it is looked at in a loop of its own, from now on.
async fn hand_over(context: &Context, critical: &[Endpoint]) -> Result<(), StoreError> {
    let due_at = context.clock.now();
    let moved = |endpoint: &Endpoint| {
        let subject = subject(endpoint.id);
        let taken = Change::Unschedule { task: KIND, subject: subject.clone() };
        [taken, Change::Schedule { task: urgent::KIND, subject, due_at }]
    };
    let changes: Vec<Change> = critical.iter().flat_map(moved).collect();
    if changes.is_empty() {
        return Ok(());
    }
    context.apply(None, &Actor::Engine, &changes).await
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
    Ok(context.apply(None, &Actor::Engine, &changes).await?)
}

/// Looks at every address of one endpoint and judges what was seen; `earlier` are its open findings.
pub(super) async fn look(
    context: &Context,
    lease: &Lease,
    endpoint: &Endpoint,
    earlier: &[Finding],
) -> Looked {
    let at = context.clock.now();
    let patience = Patience::of(endpoint, earlier, at);
    let resolution = context.eye.resolve(&endpoint.target).await;
    let addresses = resolution.as_ref().map(|found| found.addresses.clone()).unwrap_or_default();
    let observations: Vec<Observation> = stream::iter(addresses)
        .map(|address| observe(context, endpoint, address, patience))
        .buffered(ADDRESSES_AT_ONCE)
        .collect()
        .await;
    let subject = Subject::Endpoint(endpoint.id);
    let mut look = Look { subject, ..Look::at(endpoint.target.clone(), resolution, observations) };
    let mut report = judge(context, endpoint, &look);
    if report.depends_on_hsts() && is_web(&endpoint.target) {
        look.hsts = hsts(context, &look, earlier).await;
        report = judge(context, endpoint, &look);
    }
    let could_see = |earlier: &Violation| report.could_see(earlier);
    let (owner_id, criticality) = (endpoint.owner_id, endpoint.criticality);
    let judged = Judged { owner_id, at, violations: report.violations(), judged: &could_see };
    let changes = findings::changes(earlier, judged, criticality, &mut || context.random());
    let last = LastLook {
        at,
        verdict: report.verdict,
        lifetime: report.shortest_lifetime(),
        turning_point: report.turning_point(&Thresholds::default()),
        unconfirmed_at: has_unconfirmed(&changes, criticality).then(|| context.clock.now()),
    };
    Looked {
        lease: Some(lease.clone()),
        next_due: Some(next_look(endpoint.id, criticality, last)),
        endpoint_id: endpoint.id,
        at,
        resolution: look.resolution,
        observations: look.observations,
        changes,
    }
}

/// Whether the server asks for HSTS, which decides whether a warning can be clicked away: not asked again while people are being
/// told, and at each look from then on. It waits a moment and no more, and is never a reason for a verdict.
async fn hsts(context: &Context, look: &Look, earlier: &[Finding]) -> Hsts {
    let (before, is_fresh) = known_hsts(earlier, context.clock.now());
    if is_fresh {
        return before;
    }
    let serves = |seen: &&Observation| matches!(seen.outcome, Outcome::Served(_));
    let Some(seen) = look.observations.iter().find(serves) else { return before };
    let head = tokio::select! {
        biased;
        head = context.eye.head(&look.target, seen.address) => head,
        () = context.clock.sleep(AT_ONCE) => None,
    };
    head.map_or(before, |head| Hsts::of_head(&head))
}

/// What was learnt of HSTS when something went wrong, and whether that is too new to be asked again.
fn known_hsts(earlier: &[Finding], now: Time) -> (Hsts, bool) {
    let known = earlier.iter().find_map(|one| Some((Hsts::in_evidence(&one.violation)?, one.opened_at)));
    known.map_or((Hsts::Unknown, false), |(hsts, at)| (hsts, now.since(at) < HSTS_HOLDS))
}

fn has_unconfirmed(changes: &[Change], criticality: Criticality) -> bool {
    let open = changes.iter().filter_map(|change| match change {
        Change::PutFinding(finding) if finding.state == FindingState::Open => Some(finding),
        _ => None,
    });
    open.into_iter().any(|finding| !is_confirmed(finding, criticality))
}

/// How long samples of one address are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// As the settings say, and once more where the first one failed.
    Usual,
    /// The same, but what follows a failure must not take long: somebody is told within seconds of it.
    Critical,
    /// One sample that confirms what was seen a moment ago.
    Confirming,
}

impl Patience {
    fn of(endpoint: &Endpoint, earlier: &[Finding], now: Time) -> Self {
        // One that no look could judge since is nothing that this one is here for.
        let is_just_seen = |finding: &&Finding| now.since(finding.seen_at) <= SOON_CONFIRMED;
        match endpoint.criticality {
            Criticality::Low | Criticality::Normal | Criticality::High => Self::Usual,
            level if earlier.iter().filter(is_just_seen).any(|finding| !is_confirmed(finding, level)) => {
                Self::Confirming
            }
            Criticality::Critical => Self::Critical,
        }
    }
}

/// A failure counts only when looking again at once does not mend it: one lost packet wakes nobody. Where nothing came within
/// the limit, packets were sent again already.
async fn observe(
    context: &Context,
    endpoint: &Endpoint,
    address: SocketAddr,
    patience: Patience,
) -> Observation {
    if patience == Patience::Confirming {
        let at = context.clock.now();
        let seen = sample(context, endpoint, address, CONFIRMING).await;
        return seen.unwrap_or_else(|| unanswered(address, at));
    }
    let first = context.eye.look(&endpoint.target, address).await;
    match (&first.outcome, patience) {
        (Outcome::Served(_), _) => first,
        (Outcome::Failed(failure), Patience::Critical) if failure.kind == FailureKind::Timeout => first,
        (Outcome::Failed(_), Patience::Critical) => {
            sample(context, endpoint, address, AT_ONCE).await.unwrap_or(first)
        }
        (Outcome::Failed(_), _) => context.eye.look(&endpoint.target, address).await,
    }
}

/// What one address shows, if it does so in time.
async fn sample(
    context: &Context,
    endpoint: &Endpoint,
    address: SocketAddr,
    within: Span,
) -> Option<Observation> {
    tokio::select! {
        biased;
        seen = context.eye.look(&endpoint.target, address) => Some(seen),
        () = context.clock.sleep(within) => None,
    }
}

/// Nothing came while a failure was confirmed.
fn unanswered(address: SocketAddr, at: Time) -> Observation {
    let detail = format!("nothing came within {CONFIRMING} of looking again");
    let outcome = Outcome::Failed(Failure { kind: FailureKind::Timeout, detail, alert: None });
    Observation { at, vantage: "local".to_owned(), address, outcome, took: CONFIRMING }
}

/// By the endpoint's own anchors where it names some.
fn judge(context: &Context, endpoint: &Endpoint, look: &Look) -> Report {
    context.judge_of(endpoint).look(look, context.clock.now())
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
    use futures_util::future::BoxFuture;
    use notafter_cert::Time;
    use notafter_inventory::model::{CriticalityBy, Labels, OwnerId};
    use notafter_lab::authority::{Authority, Validity};
    use notafter_net::dns::Resolver;
    use notafter_net::{Clock, Resolution, ResolveError};

    use super::*;
    use crate::open;
    use crate::settings::Settings;

    fn root(name: &str) -> String {
        let from = Time::from_unix_seconds(1_790_000_000);
        Authority::new(name, Validity { from, to: from + Span::days(1) }).unwrap().root_pem()
    }

    /// The run-book went on saying that there was no HSTS, as was so at the first look.
    #[test]
    fn hsts_of_the_first_look_held_for_as_long_as_the_warning_lasted() {
        let opened_at = Time::from_unix_seconds(1_790_000_000);
        let finding = |evidence: serde_json::Value| Finding {
            id: notafter_inventory::model::FindingId::new(opened_at, [1; 10]),
            owner_id: OwnerId::from_bytes([1; 16]),
            violation: Violation {
                code: "certificate.expired".to_owned(),
                severity: notafter_inventory::model::Severity::Critical,
                subject: Subject::Installation,
                cause: String::new(),
                text: String::new(),
                hint: String::new(),
                evidence,
            },
            state: FindingState::Open,
            opened_at,
            changed_at: opened_at,
            seen_at: opened_at,
            closed_at: None,
        };
        let known = [finding(serde_json::json!({})), finding(serde_json::json!({ "hsts": "asked" }))];
        let at = |after: Span| opened_at + after;
        assert_eq!(known_hsts(&known, at(HSTS_HOLDS - Span::seconds(1))), (Hsts::Asked, true));
        assert_eq!(known_hsts(&known, at(HSTS_HOLDS)), (Hsts::Asked, false), "kept where no answer comes");
        assert_eq!(known_hsts(&known[..1], opened_at), (Hsts::Unknown, false), "nobody asked yet");
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

    /// An address that never answers, and a name that leads there.
    struct Silent;

    impl notafter_net::Eye for Silent {
        fn resolve<'a>(
            &'a self,
            target: &'a notafter_tls::Target,
        ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
            Box::pin(ready(Ok(Resolution::known(vec![SocketAddr::from(([192, 0, 2, 1], target.port))]))))
        }

        fn look_for<'a>(
            &'a self,
            _: &'a notafter_tls::Target,
            _: SocketAddr,
            _: notafter_tls::Offer,
        ) -> BoxFuture<'a, Observation> {
            Box::pin(std::future::pending())
        }
    }

    /// Ten seconds of silence that follow ten seconds of silence would be told far too late.
    #[tokio::test]
    async fn what_confirms_a_failure_of_a_critical_endpoint_is_not_waited_for_as_long_as_a_look() {
        let (folder, start) = (tempfile::tempdir().unwrap(), Time::from_unix_seconds(1_796_000_000));
        let path = |name: &str| Some(folder.path().join(name));
        let settings =
            Settings { data: path("data"), key_encryption_key: path("kek"), ..Settings::default() };
        let clock = Clock::staged(start);
        let resolver = Resolver::system(Span::seconds(1));
        let eye = Arc::new(Silent);
        let installation =
            open::open_with(&settings, clock.clone(), resolver, eye, &Trust::mozilla()).await.unwrap();
        let endpoint = Endpoint {
            id: EndpointId::from_bytes([1; 16]),
            owner_id: OwnerId::from_bytes([2; 16]),
            target: "shop.example".parse().unwrap(),
            labels: Labels::new(),
            criticality: Criticality::Critical,
            criticality_by: CriticalityBy::Endpoint,
            trust: None,
            written_by_admin: true,
        };
        let address = SocketAddr::from(([192, 0, 2, 1], 443));
        let observed = observe(&installation.context, &endpoint, address, Patience::Confirming);
        let later = async { clock.advance_to(start + CONFIRMING) };
        let (observed, ()) = tokio::join!(observed, later);
        let Outcome::Failed(failure) = observed.outcome else { panic!("{observed:?}") };
        assert_eq!((failure.kind, observed.at, observed.took), (FailureKind::Timeout, start, CONFIRMING));
    }
}
