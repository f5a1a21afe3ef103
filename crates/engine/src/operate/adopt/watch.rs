//! `adopt --watch`: what was found becomes endpoints and watch-only lineages.

use notafter_inventory::model::{
    Actor, Automation, CriticalityBy, CriticalityRule, Endpoint, Labels, Lineage, Mode, Renewal, Renewer,
};
use notafter_store::{Change, StoreError, TaskSubject};
use notafter_tls::Target;
use serde::{Deserialize, Serialize};

use super::on_record::alive;
use super::{next_for, owner_of};
use crate::context::Context;
use crate::operate::Fault;
use crate::tasks::{scan, watch as task};

/// What was found on a machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WatchArgs {
    /// One per certificate.
    pub found: Vec<Found>,
}

/// One certificate, and where it is served.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Who renews it.
    pub automation: Automation,
    /// Where it is served.
    pub endpoints: Vec<Target>,
}

/// What is watched now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watching {
    /// Endpoints that were new.
    pub endpoints: Vec<Target>,
    /// Lineages that were new.
    pub lineages: Vec<String>,
    /// Lineages that were known, and are described anew.
    pub renewed: Vec<String>,
    /// Lineages that notafter renews itself: left as they are.
    pub ours: Vec<String>,
    /// What cannot be watched, and why.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// The command to type next; nothing where a server of notafter runs.
    pub next: Option<String>,
}

/// A certificate that cannot be watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub chain_file: String,
    /// Why not.
    pub why: String,
}

/// Registers everything in one step. Done twice, it is done once.
pub(super) async fn watch(context: &Context, actor: &Actor, args: WatchArgs) -> Result<Watching, Fault> {
    loop {
        if let Some(told) = register(context, actor, &args).await? {
            return Ok(told);
        }
    }
}

/// `None` where somebody else wrote the inventory in the meantime; nothing was changed then.
async fn register(context: &Context, actor: &Actor, args: &WatchArgs) -> Result<Option<Watching>, Fault> {
    let inventory = context.hold_inventory().await?;
    let mut known = context.store.lineages(&context.scope).await?;
    let mut told = Watching { next: next_for(&alive(context)), ..Watching::default() };
    let mut changes = Vec::new();
    for found in args.found.iter().cloned() {
        for target in &found.endpoints {
            changes.extend(endpoint(context, target, &mut told).await?);
        }
        if found.automation.renewer == Renewer::Unknown && found.endpoints.is_empty() {
            let why = "nobody that was seen renews it, and nothing that was looked at serves it".to_owned();
            told.left_out.push(LeftOut { name: found.name, chain_file: found.automation.chain_file, why });
            continue;
        }
        // What nobody renews is looked after at its endpoints.
        if found.automation.renewer != Renewer::Unknown {
            let lineage = lineage(context, &known, found, &mut told).await?;
            known.extend(lineage.clone());
            changes.extend(lineage.map(Change::PutLineage));
        }
    }
    let now = context.clock.now();
    changes.push(Change::Schedule { task: task::KIND, subject: TaskSubject::ONLY, due_at: now });
    changes.push(inventory.upon());
    match context.apply(None, actor, &changes).await {
        Err(StoreError::Overtaken(_)) => Ok(None),
        applied => Ok(applied.map(|()| Some(told))?),
    }
}

async fn endpoint(context: &Context, target: &Target, told: &mut Watching) -> Result<Vec<Change>, Fault> {
    let known = context.store.endpoint_at(&context.scope, target).await?;
    if known.is_some() || told.endpoints.contains(target) {
        return Ok(Vec::new());
    }
    let labels = Labels::from([("adopted".to_owned(), "yes".to_owned())]);
    let rules = context.store.criticalities(&context.scope).await?;
    let rule = CriticalityRule::of(&rules, &labels);
    let endpoint = Endpoint {
        id: context.new_id(),
        owner_id: owner_of(context, &[target.expected_name()]).await?,
        target: target.clone(),
        labels,
        criticality: rule.map(|rule| rule.level).unwrap_or_default(),
        criticality_by: rule.map(|rule| CriticalityBy::Label(rule.label.clone())).unwrap_or_default(),
        trust: None,
        written_by_admin: true,
    };
    told.endpoints.push(target.clone());
    let subject = scan::subject(endpoint.id);
    let look = Change::Schedule { task: scan::KIND, subject, due_at: context.clock.now() };
    Ok(vec![Change::PutEndpoint(endpoint), look])
}

/// The same chain file is the same lineage, whatever it is called by now.
async fn lineage(
    context: &Context,
    known: &[Lineage],
    found: Found,
    told: &mut Watching,
) -> Result<Option<Lineage>, Fault> {
    let same_file = |lineage: &&Lineage| match &lineage.mode {
        Mode::WatchOnly(automation) => automation.chain_file == found.automation.chain_file,
        Mode::Managed(_) => false,
    };
    if let Some(lineage) = known.iter().find(same_file) {
        told.renewed.push(lineage.name.clone());
        // What a machine shows says nothing of pings.
        let ping = match &lineage.mode {
            Mode::WatchOnly(before) => before.ping.clone(),
            Mode::Managed(_) => None,
        };
        let automation = Automation { ping, ..found.automation };
        return Ok(Some(Lineage { mode: Mode::WatchOnly(automation), ..lineage.clone() }));
    }
    let ours = |lineage: &&Lineage| lineage.name == found.name && !super::is_watched(lineage);
    if let Some(lineage) = known.iter().find(ours) {
        told.ours.push(lineage.name.clone());
        return Ok(None);
    }
    let taken = |name: &str| known.iter().any(|lineage| lineage.name == name);
    let numbered = |number: u32| format!("{}-{number}", found.name);
    let name = if taken(&found.name) {
        (2..).map(numbered).find(|name| !taken(name)).unwrap_or_else(|| found.name.clone())
    } else {
        found.name.clone()
    };
    told.lineages.push(name.clone());
    Ok(Some(Lineage {
        id: context.new_id(),
        owner_id: owner_of(context, &found.automation.identifiers).await?,
        name,
        labels: Labels::new(),
        mode: Mode::WatchOnly(found.automation),
        current: None,
        renewal: Renewal::default(),
        rehearsed: None,
    }))
}
