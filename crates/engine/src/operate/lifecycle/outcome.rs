//! What came of it, for a person who waited.

use notafter_cert::{Fingerprint, Identifier, Time};
use notafter_inventory::code::{self, Difference, Verb};
use notafter_inventory::model::{
    Act, AddressProof, Deployment, Lineage, Origin, Place, ProofState, Renewal, Step, Subject, Version,
    VersionId, VersionState,
};
use notafter_inventory::plan::ahead::is_ahead;
use notafter_inventory::plan::deploy::{
    changed_settings_wait, failed_reload, is_restored, not_put_back_because, put_back_because, stuck_hint,
    tells, told_in_vain,
};
use notafter_inventory::plan::renew::{Renew, RenewPlan, SHED_FROM, failed_causes};
use serde::{Deserialize, Serialize};

use super::super::Fault;
use crate::context::Context;
use crate::tasks::renew::{Case, Loaded};

/// Orders whose remarks may be of this operation.
const RECENT: u32 = 5;
/// Entries of the log that may be.
const ENTRIES: u32 = 100;

/// The kind of the event that tells of a revocation; its `said` is a sentence for whoever asked for it.
pub(super) const REVOKED: &str = "notafter.version.revoked.v1";

/// How a lineage stands after an operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The lineage's name.
    pub lineage: String,
    /// How it ended.
    pub ending: Ending,
    /// Whether the present version came from this operation.
    pub renewed: bool,
    /// The present version.
    pub version: Option<VersionSummary>,
    /// What was there already and is another now, with when that is used where it is not yet.
    #[serde(default)]
    pub changed: Vec<Difference>,
    /// The latest deployment to each place.
    pub deployments: Vec<DeploymentSummary>,
    /// Attempts that failed during this operation.
    pub failures: Vec<Attempt>,
    /// What happened on the way that did not stop it, but that a person should know.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// What is left out of its certificate, where something is.
    #[serde(default)]
    pub left_out: Option<LeftOut>,
    /// Why nothing was ordered, where a renewal was asked for.
    #[serde(default)]
    pub not_tried: Option<NotTried>,
    /// When the next renewal is, and why.
    pub next: Vec<String>,
}

/// Why nothing was ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotTried {
    /// The kind of reason.
    pub reason: NotTriedFor,
    /// Until when.
    pub until: Time,
    /// What orders all the same.
    pub hint: String,
}

/// The kind of reason for which nothing was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotTriedFor {
    /// Nothing is due.
    NotDue,
    /// It is due, and waits after an earlier failure, or for a limit of the CA.
    Held,
}

/// Identifiers that fail the self-check, and wait for a certificate of their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which.
    pub identifiers: Vec<Identifier>,
    /// The lineage in which they wait.
    pub lineage: Option<String>,
    /// What to do.
    pub hint: String,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything is as it should be: issued, and proven wherever it can be.
    Done,
    /// It goes on by itself: waiting for the CA, or for addresses to serve the version.
    Waiting,
    /// It failed; the old pair is served, and the next try is planned.
    Failed,
}

/// A version in short.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VersionSummary {
    /// Identity.
    pub id: VersionId,
    /// The leaf.
    pub fingerprint: Fingerprint,
    /// Its first instant.
    pub not_before: Time,
    /// Its last instant.
    pub not_after: Time,
    /// Whether it is revoked.
    #[serde(default)]
    pub revoked: bool,
    /// Whether it came from files, and not from an order.
    #[serde(default)]
    pub imported: bool,
}

/// A deployment in short.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeploymentSummary {
    /// The place's name.
    pub place: String,
    /// How far it is.
    pub step: Step,
    /// What each address serves.
    pub proofs: Vec<AddressProof>,
    /// The last thing that was done.
    pub last: Option<String>,
    /// Whether that worked.
    pub ok: bool,
    /// Whether it was installed during this operation.
    #[serde(default)]
    pub installed: bool,
    /// Whether there is an endpoint that could prove it.
    #[serde(default = "yes")]
    pub provable: bool,
    /// What is missing for it to be proven, as the place is written.
    #[serde(default)]
    pub hint: Option<String>,
}

/// A failed attempt in short.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Time,
    /// The catalogue's code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// What an operation did before it waited for what comes of it.
#[derive(Clone, Copy)]
pub(super) struct Deed<'a> {
    /// When it began.
    pub(super) begun: Time,
    /// What it wrote into the inventory.
    pub(super) written: &'a [Difference],
}

impl Deed<'_> {
    /// Nothing was written into the inventory.
    pub(super) const fn since(begun: Time) -> Self {
        Self { begun, written: &[] }
    }

    /// Whether what the latest deployment to this place was told or did was under other settings of the place.
    fn is_newer(&self, place: &Place, lineage: &str, latest: &Deployment) -> bool {
        let name = code::place_name(lineage, &place.name);
        let is_it =
            |one: &Difference| one.verb == Verb::Change && one.kind == code::Kind::Place && one.name == name;
        self.written.iter().any(is_it) && !self.has_installed(latest)
    }

    fn has_installed(&self, latest: &Deployment) -> bool {
        latest.log.iter().any(|record| record.act == Act::Swapped && record.at >= self.begun)
    }
}

/// How the lineage of this name stands after a renewal was asked for.
pub(super) async fn of_renewal(context: &Context, name: &str, deed: Deed<'_>) -> Result<Outcome, Fault> {
    let (mut outcome, plan) = stand(context, name, deed).await?;
    if let Some(plan) = plan.filter(|_| !outcome.renewed && outcome.failures.is_empty()) {
        outcome.not_tried = not_tried(&plan, name, context.clock.now());
    }
    let held = |not: &NotTried| not.reason == NotTriedFor::Held;
    if outcome.ending == Ending::Done && outcome.not_tried.as_ref().is_some_and(held) {
        outcome.ending = Ending::Waiting;
    }
    Ok(outcome)
}

/// How the lineage of this name stands; `begun` is when the operation began.
pub(super) async fn of(context: &Context, name: &str, begun: Time) -> Result<Outcome, Fault> {
    stand(context, name, Deed::since(begun)).await.map(|(outcome, _)| outcome)
}

/// `None` while something is under way, or is due this very moment.
fn not_tried(plan: &RenewPlan, lineage: &str, now: Time) -> Option<NotTried> {
    if plan.is_due(now) || matches!(plan.action.what, Renew::Resume { .. }) {
        return None;
    }
    let (until, force) = (plan.action.not_before, format!("notafter renew {lineage} --force"));
    let limited = plan.limits.iter().any(|limit| limit.safe_at > now);
    let (reason, hint) = match (plan.due_at > now, limited) {
        (true, _) => (NotTriedFor::NotDue, format!("{force} renews now")),
        (false, false) => (
            NotTriedFor::Held,
            format!(
                "{force} tries now; so does `notafter issue` when it is told another issuer, solver or key"
            ),
        ),
        (false, true) => (
            NotTriedFor::Held,
            format!(
                "the CA's limits hold for {force}, too; another issuer has its own: notafter issue --issuer"
            ),
        ),
    };
    Some(NotTried { reason, until, hint })
}

async fn stand(context: &Context, name: &str, deed: Deed<'_>) -> Result<(Outcome, Option<RenewPlan>), Fault> {
    let lineage = super::named(context, name).await?;
    let Loaded { lineage, version, case } = Case::load_one(context, lineage).await?;
    let case = case?;
    let places = match &case {
        Some(case) => case.places.clone(),
        None => context.store.places_of(&context.scope, lineage.id).await?,
    };
    let (changed, deployments) = deployments(context, &lineage, places, deed).await?;
    let now = context.clock.now();
    let since = |at: Time| deed.begun <= at && !is_ahead(at, now);
    let failures: Vec<Attempt> = lineage
        .renewal
        .failures
        .iter()
        .filter(|failure| since(failure.at))
        .map(|failure| Attempt {
            at: failure.at,
            code: failure.code.clone(),
            message: failure.message.clone(),
            hint: failure.hint(&lineage, context.solvers.port()),
        })
        .collect();
    let orders = context.store.orders_of(&context.scope, lineage.id, RECENT).await?;
    let remarks = orders.iter().rev().flat_map(Case::remarks);
    let remarks = remarks.filter(|remark| since(remark.at)).map(|remark| remark.text);
    let remarks = revocations(context, &lineage, since).await?.into_iter().chain(remarks).collect();
    // What is left out, and what failed just now, is told in its own place.
    let told = Renewal { shed: Vec::new(), ..lineage.renewal.clone() };
    let earlier = match failures.is_empty() {
        true => failed_causes(&lineage, &lineage.renewal.failures, context.solvers.port()),
        false => Vec::new(),
    };
    let plan = case.map(|case| case.plan(now));
    let next = plan.as_ref().map(|plan| plan.lines(&told, &earlier, now)).unwrap_or_default();
    let left_out = left_out(context, &lineage).await?;
    let outcome = Outcome {
        ending: ending(&lineage, version.as_ref(), &deployments, &failures),
        renewed: version.as_ref().is_some_and(|version| since(version.obtained_at)),
        lineage: lineage.name,
        version: version.map(|version| VersionSummary {
            id: version.id,
            fingerprint: version.fingerprint,
            not_before: version.not_before,
            not_after: version.not_after,
            revoked: version.state == VersionState::Revoked,
            imported: matches!(version.origin, Origin::Files { .. }),
        }),
        changed,
        deployments,
        failures,
        remarks,
        left_out,
        not_tried: None,
        next,
    };
    Ok((outcome, plan))
}

/// What was said of revocations.
async fn revocations(
    context: &Context,
    lineage: &Lineage,
    since: impl Fn(Time) -> bool,
) -> Result<Vec<String>, Fault> {
    let about = Subject::Lineage(lineage.id);
    let events = context.store.events_of(&context.scope, &about, None, ENTRIES).await?;
    let revoked = events.iter().rev().filter(|event| event.kind == REVOKED && since(event.at));
    Ok(revoked.filter_map(|event| Some(event.data["said"].as_str()?.to_owned())).collect())
}

/// Nobody asks for their certificate here and now: their self-check has just failed.
async fn left_out(context: &Context, lineage: &Lineage) -> Result<Option<LeftOut>, Fault> {
    let identifiers = lineage.renewal.shed.clone();
    if identifiers.is_empty() {
        return Ok(None);
    }
    let lineages = context.store.lineages(&context.scope).await?;
    let apart = lineages.into_iter().find(|other| other.labels.get(SHED_FROM) == Some(&lineage.name));
    let name = apart.map(|apart| apart.name);
    let names: Vec<String> = identifiers.iter().map(ToString::to_string).collect();
    let port = context.solvers.port();
    let mend = format!("mend DNS and port {port} of {}", names.join(", "));
    let hint = match &name {
        Some(name) => {
            format!(
                "{mend}; `notafter serve` tries again by itself, `notafter renew {name} --force` tries now"
            )
        }
        None => mend,
    };
    Ok(Some(LeftOut { identifiers, lineage: name, hint }))
}

/// The latest deployment to each place; and what was changed, with when a place uses what it does not use yet.
async fn deployments(
    context: &Context,
    lineage: &Lineage,
    places: Vec<Place>,
    deed: Deed<'_>,
) -> Result<(Vec<Difference>, Vec<DeploymentSummary>), Fault> {
    let now = context.clock.now();
    let is_changed = |one: &&Difference| one.verb == Verb::Change;
    let mut changed: Vec<Difference> = deed.written.iter().filter(is_changed).cloned().collect();
    let mut summaries = Vec::new();
    for place in places {
        let latest = context.store.deployments_to(&context.scope, place.id, 1).await?.into_iter().next();
        let name = code::place_name(&lineage.name, &place.name);
        let is_it = |one: &&mut Difference| one.kind == code::Kind::Place && one.name == name;
        let unused = latest.as_ref().is_none_or(|latest| !deed.has_installed(latest));
        if let Some(one) = changed.iter_mut().find(is_it).filter(|_| unused) {
            one.note = Some(changed_settings_wait(&place, latest.as_ref(), &lineage.name, now));
        }
        summaries.extend(latest.map(|deployment| summary(lineage, &place, deployment, (deed, now))));
    }
    Ok((changed, summaries))
}

const fn yes() -> bool {
    true
}

/// What a person can add to the place so that the version is served, and seen.
fn missing(place: &Place, deployment: &Deployment) -> Option<String> {
    if place.endpoints.is_empty() {
        let hint =
            "name an endpoint that must serve it: `endpoints` of the place, or --endpoint of notafter issue";
        return Some(hint.to_owned());
    }
    let stale = deployment.proofs.iter().any(|proof| proof.state == ProofState::Stale);
    let untold = "nothing makes the product read the files again: set `reload` in the place's settings, or give \
         --reload to notafter issue";
    (stale && !tells(place)).then(|| untold.to_owned())
}

fn summary(
    lineage: &Lineage,
    place: &Place,
    deployment: Deployment,
    (deed, now): (Deed<'_>, Time),
) -> DeploymentSummary {
    let is_newer = deed.is_newer(place, &lineage.name, &deployment);
    let last = failed_reload(&deployment).or(deployment.log.last());
    let before = if is_newer { "before the change: " } else { "" };
    let last = last.map(|record| (format!("{before}{}", record.what), record.ok));
    let undone = undone(lineage, &deployment, now);
    let (last, hint) = match undone {
        Some((what, hint)) => (Some((what, false)), Some(hint)),
        None => {
            // What another reload was worth says nothing about the one that is set now.
            let in_vain = told_in_vain(place, &deployment).filter(|_| !is_newer);
            let hint = in_vain
                .map(str::to_owned)
                .or_else(|| stuck_hint(&deployment, &lineage.name))
                .or_else(|| missing(place, &deployment));
            (last, hint)
        }
    };
    DeploymentSummary {
        place: place.name.clone(),
        installed: deed.has_installed(&deployment),
        provable: !place.endpoints.is_empty(),
        hint,
        step: deployment.step,
        ok: last.as_ref().is_none_or(|(_, ok)| *ok),
        last: last.map(|(what, _)| what),
        proofs: deployment.proofs,
    }
}

/// What was done about an address that became worse, or why nothing was, and what a person can do.
fn undone(lineage: &Lineage, deployment: &Deployment, now: Time) -> Option<(String, String)> {
    let again = format!(
        "mend that, then install it again: notafter deploy {0}; or get another certificate: notafter renew {0} --force",
        lineage.name
    );
    if let Some(why) = not_put_back_because(deployment, now) {
        return Some((format!("what was served before is not put back: {why}"), again));
    }
    let why = put_back_because(deployment)?;
    let what = match is_restored(deployment) {
        true => format!("the old pair was put back, and is served again: {why}"),
        false => format!("the old pair was put back, and is not seen everywhere yet: {why}"),
    };
    Some((what, again))
}

fn ending(
    lineage: &Lineage,
    version: Option<&Version>,
    deployments: &[DeploymentSummary],
    failures: &[Attempt],
) -> Ending {
    let proven = |deployment: &DeploymentSummary| {
        matches!(deployment.step, Step::Proven | Step::Retired)
            && deployment.proofs.iter().all(|proof| proof.state == ProofState::Proven)
    };
    // An installed version that is not served everywhere yet keeps its place, and is looked at again (law 4).
    let failed = |deployment: &DeploymentSummary| {
        deployment.step == Step::Restored
            || (!deployment.ok && deployment.step < Step::Activated)
            || deployment.proofs.iter().any(|proof| proof.state == ProofState::Worse)
    };
    if !failures.is_empty() || deployments.iter().any(failed) {
        return Ending::Failed;
    }
    if lineage.renewal.order.is_some() || version.is_none() || !deployments.iter().all(proven) {
        return Ending::Waiting;
    }
    Ending::Done
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;
    use notafter_inventory::code::Kind;
    use notafter_inventory::model::StepRecord;
    use serde_json::json;

    use super::*;

    const BEGUN: Time = Time::from_unix_seconds(1_796_000_000);

    fn id(prefix: &str) -> String {
        format!("{prefix}_{}", "0".repeat(32))
    }

    fn place() -> Place {
        serde_json::from_value(json!({
            "id": id("pl"), "owner_id": id("ow"), "lineage_id": id("ln"), "name": "web", "deployer": "files",
            "settings": { "reload": { "command": ["true"] } }, "endpoints": ["shop.example"],
        }))
        .unwrap()
    }

    /// Installed by a reload that ended so, and one address is stale all the same.
    fn stale(ended: &str, ok: bool) -> Deployment {
        let proof = json!({
            "target": "shop.example", "address": "192.0.2.1:443", "before": null, "before_good": true, "now": null,
            "state": "stale", "detail": "serves another one", "at": null,
        });
        let record = StepRecord {
            at: BEGUN - Span::hours(1),
            step: Step::Activated,
            what: ended.to_owned(),
            ok,
            act: Act::Swapped,
        };
        serde_json::from_value(json!({
            "id": id("dp"), "version_id": id("vr"), "lineage_id": id("ln"), "place_id": id("pl"), "step": "activated",
            "snapshot": null, "proofs": [proof], "log": [record], "attempts": 6, "next_at": null, "opened_at": BEGUN,
            "proven_at": null, "closed_at": null,
        }))
        .unwrap()
    }

    /// "The reload of the place ended well and changed nothing there: is it the right one": said of a reload that had just
    /// been replaced, and that nobody had tried yet.
    #[test]
    fn what_another_reload_was_worth_is_not_said_of_the_one_that_is_set_now() {
        let lineage = Lineage {
            id: serde_json::from_value(json!(id("ln"))).unwrap(),
            owner_id: serde_json::from_value(json!(id("ow"))).unwrap(),
            name: "shop".to_owned(),
            labels: Default::default(),
            mode: serde_json::from_value(json!({
                "mode": "watch-only", "renewer": "unknown", "identifiers": [], "chain_file": "/shop.pem",
            }))
            .unwrap(),
            current: None,
            renewal: Renewal::default(),
            rehearsed: None,
        };
        let of = |name: &str| Difference {
            verb: Verb::Change,
            kind: Kind::Place,
            name: name.to_owned(),
            fields: Vec::new(),
            note: None,
        };
        let (mine, other) = ([of("shop/web")], [of("shop/mail")]);
        let told = |written: &[Difference], ended: &str, ok: bool| {
            let deed = Deed { begun: BEGUN, written };
            let summary = summary(&lineage, &place(), stale(ended, ok), (deed, BEGUN + Span::seconds(1)));
            format!("last: {}\nhint: {}", summary.last.unwrap_or_default(), summary.hint.unwrap_or_default())
        };
        let well = "swapped the files and told the product";
        insta::assert_snapshot!(
            [
                told(&other, well, true),
                told(&mine, well, true),
                told(&other, "swapped the files; no such unit", false),
                told(&mine, "swapped the files; no such unit", false),
            ]
            .join("\n\n")
        );
    }
}
