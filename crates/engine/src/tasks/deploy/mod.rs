//! Brings versions to their places and proves them on the wire: the one place where snapshot, stage, activate, prove and
//! restore are put in order, for every deployer.
//!
//! The task is about a place, so that no two deployments of one place ever run at once. What comes next is decided by
//! [`plan`]; each step is stored before the next one begins, and each may be repeated after a crash.

mod wire;

use futures_util::FutureExt;
use notafter_cert::path::Anchors;
use notafter_cert::{Certificate, Span, Time, pem};
use notafter_inventory::model::{
    Actor, Deployment, KeyId, Lineage, LineageId, Place, PlaceId, Step, Subject, Version, Violation,
};
use notafter_inventory::plan::Action;
use notafter_inventory::plan::deploy::{self as plan, Circumstances, Expected, What};
use notafter_inventory::rule::{DeploymentFacts, judge_deployment};
use notafter_inventory::threshold::Thresholds;
use notafter_providers::deploy::{DeployError, Deployer, Job, Material, Own};
use notafter_providers::hands::Bounds;
use notafter_store::{Change, Lease, StoreError, TaskSubject};
use notafter_tls::Offer;
use serde_json::json;

use super::{Next, Task, Work, scan};
use crate::context::Context;
use crate::driver::run_claimed;
use crate::findings;
use crate::operate::Fault;

/// The task's name.
pub const KIND: &str = "deploy";

/// Deployments of one place that are looked at to find the open ones.
const RECENT: u32 = 50;

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "brings new versions to their places and proves them on the wire",
    parallel: |settings| settings.renew_parallel,
    lease_for: Span::minutes(10),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// The task about this place.
#[must_use]
pub fn subject(place: PlaceId) -> TaskSubject {
    TaskSubject::of(place)
}

/// What opens a deployment of this version to each of these places; to be applied together with what it follows from. A
/// place that is getting this very version already is left alone, unless `again`: a person asked.
///
/// # Errors
/// The store failed.
pub async fn open(
    context: &Context,
    version: &Version,
    places: &[Place],
    again: bool,
) -> Result<Vec<Change>, StoreError> {
    let now = context.clock.now();
    let mut changes = Vec::new();
    for place in places {
        let known = context.store.deployments_to(&context.scope, place.id, 1).await?;
        let under_way = |known: &Deployment| known.version_id == version.id && known.step != Step::Superseded;
        if !again && known.first().is_some_and(under_way) {
            continue;
        }
        let deployment = plan::open(context.new_id(), version, place, now);
        changes.push(event(&deployment, place, "opened"));
        changes.push(Change::PutDeployment(deployment));
        changes.push(Change::Schedule { task: KIND, subject: subject(place.id), due_at: now });
    }
    Ok(changes)
}

/// As [`open`], for every place of a lineage.
///
/// # Errors
/// The store failed.
pub async fn open_everywhere(
    context: &Context,
    lineage: LineageId,
    version: &Version,
    again: bool,
) -> Result<Vec<Change>, StoreError> {
    let places = context.store.places_of(&context.scope, lineage).await?;
    open(context, version, &places, again).await
}

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    loop {
        let Some(mut case) = Case::load(context, lease).await? else { return Ok(Next::Done) };
        let now = context.clock.now();
        let action = plan::next(&case.deployment, case.facts(), now);
        if action.what == What::Rest {
            case.store(context, lease).await?;
            return Ok(Next::Done);
        }
        if action.not_before > now {
            return Ok(Next::At(action.not_before));
        }
        tracing::info!(op = %case.deployment.id, place = %case.place.name, what = ?action.what, why = action.why);
        case.step(context, lease, &action).await?;
        case.store(context, lease).await?;
    }
}

/// Looks at once at what an open deployment must be proved at, for a person who waits: the pause before the next look is for
/// when nobody does. Where somebody works on it just now, that is look enough.
///
/// # Errors
/// The store failed, or the run ended with a fault.
pub(crate) async fn prove_now(context: &Context, place: PlaceId) -> Result<(), Fault> {
    let until = context.clock.now() + TASK.lease_for;
    let claimed = context.store.claim_idle(KIND, &subject(place), &context.holder, until).await?;
    let Some(lease) = claimed else { return Ok(()) };
    let looked = async {
        if let Some(mut case) = Case::load(context, &lease).await?
            && case.deployment.step == Step::Activated
        {
            case.prove(context).await;
            case.store(context, &lease).await?;
        }
        Ok(())
    };
    let looked: Result<(), Fault> = looked.await;
    // Whatever came of it, the task is put back.
    run_claimed(context, &TASK, &lease).await.and(looked)
}

/// The newest open deployment of a place, and everything that its next step depends on.
struct Case {
    deployment: Deployment,
    place: Place,
    lineage: Lineage,
    version: Version,
    versions: Vec<Version>,
    chain: Vec<Vec<u8>>,
    slot: Offer,
    stored_step: Step,
    /// What is known of the endpoints is out of date.
    look_sooner: bool,
}

impl Case {
    /// Older open deployments of the place are closed: the newest takes over.
    async fn load(context: &Context, lease: &Lease) -> Result<Option<Self>, Fault> {
        let (store, scope) = (&context.store, &context.scope);
        let Some(id) = lease.subject.id() else { return Ok(None) };
        let Some(place) = store.place(scope, id).await? else {
            left_behind(context, lease, id).await?;
            return Ok(None);
        };
        let mut open = store.deployments_to(scope, place.id, RECENT).await?.into_iter();
        let Some(mut deployment) = open.by_ref().find(|deployment| deployment.closed_at.is_none()) else {
            return Ok(None);
        };
        plan::forget_others(&mut deployment, &place, context.clock.now());
        supersede(context, lease, &place, open.filter(|older| older.closed_at.is_none())).await?;
        let Some(lineage) = store.lineage(scope, deployment.lineage_id).await? else { return Ok(None) };
        let versions = store.versions_of(scope, lineage.id).await?;
        let Some(version) = versions.iter().find(|version| version.id == deployment.version_id).cloned()
        else {
            return Ok(None);
        };
        let unreadable = |why: String| {
            Fault::new(
                "version.unreadable",
                "the stored chain of the version cannot be read",
                "renew the lineage",
            )
            .because(why)
        };
        let chain =
            pem::chain_from(version.chain_pem.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
        let leaf = chain.first().map(|der| Certificate::parse(der));
        let leaf = leaf.transpose().map_err(|error| unreadable(error.to_string()))?;
        let slot = leaf.map_or(Offer::Any, |leaf| Offer::answered_by(&leaf));
        let stored_step = deployment.step;
        Ok(Some(Self {
            deployment,
            place,
            lineage,
            version,
            versions,
            chain,
            slot,
            stored_step,
            look_sooner: false,
        }))
    }

    fn facts(&self) -> Circumstances<'_> {
        Circumstances {
            place: &self.place,
            version: &self.version,
            versions: &self.versions,
            blocked_keys: &self.lineage.renewal.blocked_keys,
        }
    }

    fn job(&self) -> Job {
        Job {
            place: self.place.id,
            operation: self.deployment.id,
            settings: self.place.settings.clone(),
            slot: self.slot,
            bounds: Bounds::own(),
        }
    }

    fn deployer<'a>(&self, context: &'a Context) -> Result<&'a dyn Deployer, DeployError> {
        let is_elsewhere = context.settings.tls_lineage.as_ref() != Some(&self.lineage.name);
        if self.place.deployer == Own::NAME && is_elsewhere {
            return Err(DeployError::NoListener);
        }
        context.deployers.find(&self.place.deployer)
    }

    async fn step(&mut self, context: &Context, lease: &Lease, action: &Action<What>) -> Result<(), Fault> {
        match action.what {
            What::Snapshot => self.snapshot(context).await,
            What::Stage => self.stage(context).await,
            What::Activate => match self.foreseen_worse(context).await {
                Some(why) => plan::refused(&mut self.deployment, why, context.clock.now()),
                None => self.activate(context).await,
            },
            What::Prove => self.prove(context).await,
            What::ActivateAgain => {
                self.activate(context).await;
                self.prove(context).await;
            }
            What::Restore => {
                plan::restoring(&mut self.deployment, &action.why, context.clock.now());
                // The decision is durable before a file is touched: a crash resumes the restoration, not the proof.
                self.store(context, lease).await?;
                self.restore(context).await;
                self.prove(context).await;
            }
            What::BeginAgain => plan::begun_again(&mut self.deployment, context.clock.now()),
            What::Rest => {}
        }
        Ok(())
    }

    async fn snapshot(&mut self, context: &Context) {
        let outcome = match self.deployer(context) {
            Ok(deployer) => deployer.snapshot(&self.job()).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(snapshot) => {
                let sights = wire::look(context, &self.place, &self.deployment, self.slot).await;
                let anchors = wire::anchors(context, &self.place).await;
                plan::staged(&mut self.deployment, snapshot, &sights, &anchors, context.clock.now());
            }
            Err(error) => self.failed(context, &error.into()),
        }
    }

    async fn stage(&mut self, context: &Context) {
        match self.write(context).await {
            Ok(()) => plan::validated(&mut self.deployment, context.clock.now()),
            Err(fault) => self.failed(context, &fault),
        }
    }

    async fn write(&self, context: &Context) -> Result<(), Fault> {
        let missing =
            || Fault::new("vault.no-such-key", "the version has no key of ours", "renew the lineage");
        let id: KeyId = self.version.key_id.ok_or_else(missing)?;
        let password = match self.place.secret() {
            Some(secret) => Some(context.open_secret(&secret).await?.into()),
            None => None,
        };
        let material = Material { key: context.open_key(id).await?, chain: self.chain.clone(), password };
        Ok(self.deployer(context)?.stage(&self.job(), self.seen_before(), &material).await?)
    }

    async fn activate(&mut self, context: &Context) {
        if self.deployer(context).is_ok_and(Deployer::forgets)
            && let Err(fault) = self.write(context).await
        {
            return self.failed(context, &fault);
        }
        let outcome = match self.deployer(context) {
            Ok(deployer) => deployer.activate(&self.job(), self.seen_before()).await,
            Err(error) => Err(error),
        };
        let now = context.clock.now();
        let live_already = self.deployment.step == Step::Activated;
        match outcome {
            Ok(()) => plan::activated(&mut self.deployment, Ok(()), now),
            Err(error) if error.is_after_swap() || live_already => {
                let words = words(&error.into());
                tracing::warn!(op = %self.deployment.id, place = %self.place.name, error = words, "the product did not read the new files");
                plan::activated(&mut self.deployment, Err(words), now);
            }
            Err(error) => self.failed(context, &error.into()),
        }
    }

    async fn restore(&mut self, context: &Context) {
        let outcome = match self.deployer(context) {
            Ok(deployer) => deployer.restore(&self.job(), self.seen_before()).await,
            Err(error) => Err(error),
        };
        let put_back = outcome.map_err(|error| words(&error.into()));
        plan::restored(&mut self.deployment, put_back, context.clock.now());
    }

    async fn foreseen_worse(&self, context: &Context) -> Option<String> {
        let anchors = wire::anchors(context, &self.place).await;
        let expected = expected(&self.version, &self.chain, &anchors);
        plan::foreseen_worse(&self.deployment, self.facts(), expected, context.clock.now())
    }

    async fn prove(&mut self, context: &Context) {
        let sights = wire::look(context, &self.place, &self.deployment, self.slot).await;
        let anchors = wire::anchors(context, &self.place).await;
        let expected = expected(&self.version, &self.chain, &anchors);
        let facts = Circumstances {
            place: &self.place,
            version: &self.version,
            versions: &self.versions,
            blocked_keys: &self.lineage.renewal.blocked_keys,
        };
        let refused = plan::refusing(&self.deployment);
        plan::proved(&mut self.deployment, facts, &sights, expected, context.clock.now());
        self.look_sooner |= plan::refusing(&self.deployment) != refused;
    }

    fn failed(&mut self, context: &Context, fault: &Fault) {
        plan::failed(&mut self.deployment, words(fault), context.clock.now());
    }

    fn seen_before(&self) -> &serde_json::Value {
        self.deployment.snapshot.as_ref().unwrap_or(&serde_json::Value::Null)
    }

    /// The deployment with its findings, in one step.
    async fn store(&mut self, context: &Context, lease: &Lease) -> Result<(), Fault> {
        let now = context.clock.now();
        let mut changes = vec![Change::PutDeployment(self.deployment.clone())];
        if self.deployment.step != self.stored_step {
            changes.push(event(&self.deployment, &self.place, verb(self.deployment.step)));
            self.stored_step = self.deployment.step;
            self.look_sooner |= self.deployment.step == Step::Proven;
        }
        if std::mem::take(&mut self.look_sooner) {
            changes.extend(self.look_again(context, now).await?);
        }
        changes.extend(self.findings(context, now).await?);
        Ok(context.apply(Some(lease), &Actor::Engine, &changes).await?)
    }

    /// What was wrong with the endpoints may be mended now, or what was well may be down: their next look does not wait for
    /// its turn.
    async fn look_again(&self, context: &Context, now: Time) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        for target in &self.place.endpoints {
            if let Some(endpoint) = context.store.endpoint_at(&context.scope, target).await? {
                let subject = scan::subject(endpoint.id);
                changes.push(Change::Schedule { task: scan::KIND, subject, due_at: now });
            }
        }
        Ok(changes)
    }

    async fn findings(&self, context: &Context, now: Time) -> Result<Vec<Change>, StoreError> {
        let facts = DeploymentFacts {
            deployment: &self.deployment,
            place: &self.place,
            version: &self.version,
            thresholds: &Thresholds::default(),
            now,
        };
        let subject = Subject::Place(self.place.id);
        let could_see = |earlier: &Violation| could_see(&self.deployment, earlier);
        findings::of_subject(context, self.place.owner_id, &subject, judge_deployment(&facts), &could_see)
            .await
    }
}

fn expected<'a>(version: &'a Version, chain: &'a [Vec<u8>], anchors: &'a Anchors) -> Expected<'a> {
    Expected { leaf: version.fingerprint, chain, anchors, insisted: version.is_insisted_on() }
}

/// Whether this deployment is far enough to say that an earlier finding about its place does not hold any more: a new
/// case does not make a stale node fresh (law 6).
fn could_see(deployment: &Deployment, earlier: &Violation) -> bool {
    if !earlier.code.starts_with("deployment.") {
        return false;
    }
    match deployment.step {
        Step::Issued | Step::Staged | Step::Validated => false,
        Step::Activated => {
            earlier.code == "deployment.failing" || deployment.attempts >= plan::SETTLING_ROUNDS
        }
        Step::Proven | Step::Retired | Step::Restored | Step::Superseded => true,
    }
}

/// The place is gone: what was under way there ends, and nobody hears of it any more.
async fn left_behind(context: &Context, lease: &Lease, place: PlaceId) -> Result<(), StoreError> {
    let mut changes = Vec::new();
    for mut deployment in context.store.deployments_to(&context.scope, place, RECENT).await? {
        if deployment.closed_at.is_none() {
            plan::dropped(&mut deployment, context.clock.now());
            changes.push(Change::PutDeployment(deployment));
        }
    }
    changes.extend(findings::end_of(context, &Subject::Place(place), |_| true).await?);
    if changes.is_empty() {
        return Ok(());
    }
    context.apply(Some(lease), &Actor::Engine, &changes).await
}

async fn supersede(
    context: &Context,
    lease: &Lease,
    place: &Place,
    older: impl Iterator<Item = Deployment>,
) -> Result<(), StoreError> {
    let mut changes = Vec::new();
    for mut deployment in older {
        plan::superseded(&mut deployment, context.clock.now());
        changes.push(event(&deployment, place, verb(deployment.step)));
        changes.push(Change::PutDeployment(deployment));
    }
    if changes.is_empty() {
        return Ok(());
    }
    context.apply(Some(lease), &Actor::Engine, &changes).await
}

fn event(deployment: &Deployment, place: &Place, verb: &str) -> Change {
    let last = deployment.log.last();
    Change::Event {
        kind: format!("notafter.deployment.{verb}.v1"),
        subject: Subject::Place(place.id),
        data: json!({
            "deployment": deployment.id,
            "version": deployment.version_id,
            "lineage": deployment.lineage_id,
            "what": last.map(|record| &record.what),
        }),
    }
}

const fn verb(step: Step) -> &'static str {
    match step {
        Step::Issued => "begun-again",
        Step::Staged => "staged",
        Step::Validated => "validated",
        Step::Activated => "activated",
        Step::Proven => "proven",
        Step::Retired => "retired",
        Step::Restored => "restored",
        Step::Superseded => "superseded",
    }
}

/// What, why and what to do, in one line of the deployment's log.
fn words(fault: &Fault) -> String {
    match &fault.why {
        Some(why) => format!("{}: {why} ({})", fault.what, fault.hint),
        None => format!("{} ({})", fault.what, fault.hint),
    }
}
