//! Who hears of an owner's findings: loads what the plan asks for, stores what it decides.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use notafter_cert::{Span, Time};
use notafter_inventory::finding::{Judged, all_judged};
use notafter_inventory::model::{
    Actor, Alert, Channel, Contact, Criticality, Deployment, Endpoint, Finding, FindingState, Lineage,
    LineageId, Mode, Owner, OwnerId, Ownership, Path, Place, Subject,
};
use notafter_inventory::plan::alert::{self, AlertPlan, Background, Inventory, State, What};
use notafter_inventory::rule::{self, ChannelFacts, OwnerFacts, Resting};
use notafter_providers::notify;
use notafter_store::{Change, Lease, StoreError, TaskSubject};
use notafter_tls::Target;

use super::{Next, Task, Work, deliver, digest};
use crate::alert_link::Site;
use crate::context::Context;
use crate::findings;
use crate::operate::Fault;

/// The name of the owner that stands behind all others.
pub const DEFAULT_OWNER: &str = "default";

/// Paths age without anybody's doing: look at least this often.
const LONGEST_WAIT: Span = Span::days(1);

pub(super) static TASK: Task = Task {
    kind: findings::ALERT,
    purpose: "decides who hears of an owner's findings",
    parallel: |_| 4,
    lease_for: Span::minutes(5),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// Decides for one owner.
async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let _telling = context.telling.lock().await;
    let Some(known) = Known::load(context, id).await? else { return Ok(Next::Done) };
    // After everything that is known: a finding from a later instant than the message that tells of it would be news again.
    let now = context.clock.now();
    let mut changes = known.judge(context, now);
    let findings = known.findings_after(&changes);
    let background = known.background(context, &findings).await?;
    let silences = context.store.silences_after(&context.scope, now).await?;
    let state = State {
        owner: &known.owner,
        fallback: known.fallback.as_ref(),
        channels: &known.channels,
        kinds: &notify::kinds(),
        paths: &known.paths,
        alerts: &known.alerts,
        findings: &findings,
        silences: &silences,
        background: &background,
    };
    let plan = alert::decide(&state, now, &mut || context.random());
    let next_at = plan.next_at.into_iter().chain(known.ownership_ends(now)).min();
    changes.extend(stored(plan));
    if !changes.is_empty() {
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(Next::At(next_at.unwrap_or(now + LONGEST_WAIT).min(now + LONGEST_WAIT)))
}

/// Makes sure that every owner is looked after; for the start of a server and after the inventory changed.
///
/// # Errors
/// The store failed.
pub async fn ensure(context: &Context) -> Result<(), Fault> {
    let now = context.clock.now();
    let mut changes = Vec::new();
    // What a setting is to blame for is mended, or begins, by this very start.
    let open = context.store.findings_open(&context.scope).await?;
    let is_known = open.iter().any(|known| known.violation.code == "alert.no-links");
    let is_so = matches!(Site::of(&context.settings), Site::Loopback(_));
    let by_setting = |owner: &Owner| owner.name == DEFAULT_OWNER && is_known != is_so;
    for owner in context.store.owners(&context.scope).await? {
        let subject = TaskSubject::of(owner.id);
        if by_setting(&owner) || context.store.due(findings::ALERT, &subject).await?.is_none() {
            changes.push(Change::Schedule { task: findings::ALERT, subject: subject.clone(), due_at: now });
        }
        if context.store.due(digest::KIND, &subject).await?.is_none() {
            changes.push(digest::schedule(&owner, now));
        }
    }
    if !changes.is_empty() {
        context.apply(None, &Actor::Engine, &changes).await?;
    }
    Ok(())
}

/// What the store holds about one owner.
struct Known {
    owner: Owner,
    fallback: Option<Owner>,
    channels: Vec<Channel>,
    paths: Vec<Path>,
    alerts: Vec<Alert>,
    findings: Vec<Finding>,
    /// Every owner's contacts: an address that nobody has any more may fail unheard.
    contacts: Vec<Contact>,
    /// What would be told on one path alone; judged for the default owner.
    resting: Option<Resting>,
    /// What is known of its answering for what it owns.
    ownership: Option<Ownership>,
}

impl Known {
    async fn load(context: &Context, id: OwnerId) -> Result<Option<Self>, Fault> {
        let (store, scope) = (&context.store, &context.scope);
        let Some(owner) = store.owner(scope, id).await? else { return Ok(None) };
        let fallback = store.owner_named(scope, DEFAULT_OWNER).await?.filter(|last| last.id != id);
        let mine = |owner: OwnerId| owner == id;
        let mut alerts = store.alerts_open(scope).await?;
        alerts.retain(|alert| mine(alert.owner_id));
        let mut findings = store.findings_open(scope).await?;
        findings.retain(|finding| mine(finding.owner_id));
        let known: BTreeSet<_> = findings.iter().map(|finding| finding.id).collect();
        for child in alerts.iter().flat_map(|alert| &alert.findings).filter(|child| !known.contains(child)) {
            findings.extend(store.finding(scope, *child).await?);
        }
        let (channels, owners) = (store.channels(scope).await?, store.owners(scope).await?);
        let resting = match &fallback {
            None => resting(context, &owners, &channels).await?,
            Some(_) => None,
        };
        Ok(Some(Self {
            owner,
            fallback,
            channels,
            paths: store.paths(scope).await?,
            alerts,
            findings,
            contacts: owners.iter().flat_map(Owner::everybody).collect(),
            resting,
            ownership: store.ownership(scope, id).await?,
        }))
    }

    /// What the rules about people and channels say now; the default owner answers for the channels.
    fn judge(&self, context: &Context, now: Time) -> Vec<Change> {
        let everybody = self.owner.everybody();
        let contacts = everybody
            .iter()
            .map(|contact| (contact, alert::path_of(&self.channels, &self.paths, contact)))
            .collect();
        let loopback_site = match Site::of(&context.settings) {
            Site::Loopback(site) if !self.contacts.is_empty() => Some(site),
            _ => None,
        };
        let is_last = self.fallback.is_none();
        let facts = OwnerFacts {
            owner: &self.owner,
            paths: contacts,
            is_last,
            loopback_site,
            resting: self.resting.as_ref(),
            ownership: self.ownership.as_ref(),
            now,
        };
        let mut violations = rule::judge_owner(&facts);
        if self.fallback.is_none() {
            for channel in &self.channels {
                let in_use = |path: &&Path| {
                    path.channel_id == channel.id
                        && self.contacts.iter().any(|to| to.channel == channel.name && to.to == path.to)
                };
                let paths = self.paths.iter().filter(in_use).collect();
                violations.extend(rule::judge_channel(&ChannelFacts { channel, paths, now }));
            }
        }
        let open: Vec<Finding> = self
            .findings
            .iter()
            .filter(|finding| finding.state == FindingState::Open)
            .filter(|finding| matches!(finding.violation.subject, Subject::Owner(_) | Subject::Channel(_)))
            .cloned()
            .collect();
        let judged = Judged { owner_id: self.owner.id, at: now, violations, judged: &all_judged };
        let mut changes = findings::changes(&open, judged, Criticality::default(), &mut || context.random());
        // This very run tells of them.
        changes.retain(|change| !matches!(change, Change::Schedule { .. }));
        changes
    }

    /// When nobody says any more that it answers.
    fn ownership_ends(&self, now: Time) -> Option<Time> {
        let until = self.ownership.as_ref()?.until(self.owner.acknowledge?);
        (until > now).then_some(until)
    }

    fn findings_after(&self, changes: &[Change]) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        for change in changes {
            if let Change::PutFinding(finding) = change {
                findings.retain(|known| known.id != finding.id);
                findings.push(finding.clone());
            }
        }
        findings
    }

    /// Names, attempts and commands; nothing is loaded when there is nothing to tell.
    async fn background(&self, context: &Context, findings: &[Finding]) -> Result<Background, Fault> {
        if findings.is_empty() {
            return Ok(Background::default());
        }
        gather(context, findings, &self.channels).await
    }
}

/// What would be told on one path alone; nothing where every owner who is told at all has two.
///
/// # Errors
/// The store failed.
pub(crate) async fn resting(
    context: &Context,
    owners: &[Owner],
    channels: &[Channel],
) -> Result<Option<Resting>, Fault> {
    let last = owners.iter().find(|owner| owner.name == DEFAULT_OWNER);
    let one_way = alert::told_one_way(owners, last, channels, &notify::kinds());
    if one_way.is_empty() {
        return Ok(None);
    }
    let weights = context.weights.read(context).await?;
    let mut resting = Resting::default();
    for owner in one_way {
        let of = |counts: &BTreeMap<OwnerId, u64>| counts.get(&owner.id).copied().unwrap_or(0);
        let (lineages, endpoints) = (of(&weights.lineages), of(&weights.endpoints));
        resting.lineages += lineages;
        resting.endpoints += endpoints;
        if lineages + endpoints > 0 {
            resting.owners.push(owner.name.clone());
        }
        for contact in owner.contacts.iter().chain(last.iter().flat_map(|last| &last.contacts)) {
            if !resting.channels.contains(&contact.channel) {
                resting.channels.push(contact.channel.clone());
            }
        }
    }
    Ok(Some(resting))
}

/// Of ten thousand lineages only those are read that these findings are about, or that have a place at one of their endpoints.
async fn gather_all(
    context: &Context,
    findings: &[Finding],
    channels: &[Channel],
) -> Result<Background, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let (mut about, mut at, mut concerned) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for finding in findings {
        match finding.violation.subject {
            Subject::Endpoint(id) => _ = about.insert(id),
            Subject::Place(id) => _ = at.insert(id),
            Subject::Lineage(id) => _ = concerned.insert(id),
            _ => {}
        }
    }
    let endpoints = store.endpoints_of(scope, &Vec::from_iter(about)).await?;
    let targets: BTreeSet<&Target> = endpoints.iter().map(|endpoint| &endpoint.target).collect();
    let places = store.places_for(scope, &Vec::from_iter(at), &targets).await?;
    concerned.extend(places.iter().map(|place| place.lineage_id));
    let lineages = store.lineages_among(scope, &concerned).await?;
    let places = store.places_among(scope, &Vec::from_iter(concerned.iter().copied())).await?;
    let mut deployments = store.deployments_open(scope).await?;
    deployments.retain(|deployment| concerned.contains(&deployment.lineage_id));
    let issuers = store.issuers(scope).await?;
    let owners = store.owners(scope).await?;
    let served = served(context, findings, &places).await?;
    let beginning = beginning(context, (&endpoints, &places), &lineages, &deployments).await?;
    let background = Background::of(&Inventory {
        beginning,
        endpoints: &endpoints,
        served: &served,
        lineages: &lineages,
        places: &places,
        deployments: &deployments,
        issuers: &issuers,
        owners: &owners,
        channels,
    });
    Ok(background.with_drills(findings))
}

/// The circumstances of these findings. What stands behind owners, channels and issuers is no lineage, and ten thousand of them
/// are not read for it.
///
/// # Errors
/// The store failed.
pub async fn gather(
    context: &Context,
    findings: &[Finding],
    channels: &[Channel],
) -> Result<Background, Fault> {
    let by_lineage = |finding: &Finding| {
        !matches!(
            finding.violation.subject,
            Subject::Owner(_)
                | Subject::Channel(_)
                | Subject::Issuer(_)
                | Subject::Drill(_)
                | Subject::Installation
        )
    };
    if findings.iter().any(by_lineage) {
        return gather_all(context, findings, channels).await;
    }
    let (store, scope) = (&context.store, &context.scope);
    let (issuers, owners) = (store.issuers(scope).await?, store.owners(scope).await?);
    let background = Background::of(&Inventory {
        beginning: BTreeSet::new(),
        endpoints: &[],
        served: &[],
        lineages: &[],
        places: &[],
        deployments: &[],
        issuers: &issuers,
        owners: &owners,
        channels,
    });
    Ok(background.with_drills(findings))
}

/// The endpoints at the places of lineages that these findings are about.
async fn served(
    context: &Context,
    findings: &[Finding],
    places: &[Place],
) -> Result<Vec<Endpoint>, StoreError> {
    let about: BTreeSet<&Subject> = findings.iter().map(|finding| &finding.violation.subject).collect();
    let concerned = |place: &&Place| {
        about.contains(&Subject::Lineage(place.lineage_id)) || about.contains(&Subject::Place(place.id))
    };
    let targets: BTreeSet<&Target> =
        places.iter().filter(concerned).flat_map(|place| &place.endpoints).collect();
    context.store.endpoints_at(&context.scope, &targets).await
}

/// The lineages at these endpoints whose first certificate is being issued or installed.
async fn beginning(
    context: &Context,
    (endpoints, places): (&[Endpoint], &[Place]),
    lineages: &[Lineage],
    deployments: &[Deployment],
) -> Result<BTreeSet<LineageId>, Fault> {
    let targets: BTreeSet<&Target> = endpoints.iter().map(|endpoint| &endpoint.target).collect();
    let at_these = |place: &&Place| place.endpoints.iter().any(|target| targets.contains(target));
    let concerned: BTreeSet<LineageId> =
        places.iter().filter(at_these).map(|place| place.lineage_id).collect();
    let deployed: BTreeSet<LineageId> = deployments.iter().map(|deployment| deployment.lineage_id).collect();
    let mut beginning = BTreeSet::new();
    for lineage in lineages.iter().filter(|lineage| concerned.contains(&lineage.id)) {
        let first = match (&lineage.mode, lineage.current) {
            (Mode::WatchOnly(_), _) => false,
            (Mode::Managed(_), None) => true,
            (Mode::Managed(_), Some(_)) if !deployed.contains(&lineage.id) => false,
            _ => context.store.versions_of(&context.scope, lineage.id).await?.len() == 1,
        };
        if first {
            beginning.insert(lineage.id);
        }
    }
    Ok(beginning)
}

/// The plan as writes: each message is stored together with the alert that it tells of, and its task with it.
fn stored(plan: AlertPlan) -> Vec<Change> {
    let mut changes = Vec::new();
    for action in plan.actions {
        match action.what {
            What::Keep(alert) => {
                changes.push(Change::Event {
                    kind: "notafter.alert.moved.v1".to_owned(),
                    subject: alert.root.clone(),
                    data: serde_json::json!({
                        "alert": alert.id, "state": alert.state, "severity": alert.severity, "why": action.why,
                    }),
                });
                changes.push(Change::PutAlert(alert));
            }
            What::Send(delivery) => changes.extend(deliver::begin(delivery, &action.why, action.not_before)),
        }
    }
    changes
}
