//! Why a lineage is renewed when it is, or why it is not.

use notafter_inventory::ledger::{Ledger, horizon, limits_of};
use notafter_inventory::model::{
    Actor, Automation, Finding, Issuer, Lineage, LineageId, LineageSpec, Mode, Order, Renewer, Subject,
    Version,
};
use notafter_inventory::plan::renew::{self, Held, RenewPlan, State};
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, operation};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("lineage.explain", explain)];

/// Which lineage, by name or identifier.
#[derive(Debug, Serialize, Deserialize)]
pub struct Explain {
    /// Its name, or `ln_...`.
    pub lineage: String,
}

/// The explanation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Explained {
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub id: LineageId,
    /// In words, line by line.
    pub lines: Vec<String>,
    /// The decision with everything that it rests on; nothing for a lineage that is only watched.
    pub plan: Option<serde_json::Value>,
    /// Its open findings.
    pub findings: Vec<Finding>,
}

async fn explain(
    context: &Context,
    _: &Actor,
    Explain { lineage: name }: Explain,
) -> Result<Explained, Fault> {
    let lineage = find(context, &name).await?;
    let (mut lines, plan) = match &lineage.mode {
        Mode::Managed(spec) => managed(context, &lineage, spec).await?,
        Mode::WatchOnly(automation) => (watched(automation), None),
    };
    let findings = context.store.findings_open_of(&context.scope, &Subject::Lineage(lineage.id)).await?;
    lines.extend(findings.iter().map(|finding| {
        let violation = &finding.violation;
        format!("finding: {} {}: {}", violation.severity, violation.code, violation.text)
    }));
    let plan = plan.map(serde_json::to_value).transpose().map_err(super::unreadable)?;
    Ok(Explained { name: lineage.name, id: lineage.id, lines, plan, findings })
}

async fn find(context: &Context, name: &str) -> Result<Lineage, Fault> {
    let found = match name.parse::<LineageId>() {
        Ok(id) => context.store.lineage(&context.scope, id).await?,
        Err(_) => context.store.lineage_named(&context.scope, name).await?,
    };
    found.ok_or_else(|| {
        Fault::new(
            "inventory.no-such-thing",
            format!("there is no lineage {name:?}"),
            "see what there is: notafter get lineage",
        )
    })
}

async fn managed(
    context: &Context,
    lineage: &Lineage,
    spec: &LineageSpec,
) -> Result<(Vec<String>, Option<RenewPlan>), Fault> {
    let Context { store, scope, .. } = context;
    let now = context.clock.now();
    let issuer = store.issuer_named(scope, &spec.issuer).await?;
    let limits = issuer.as_ref().map_or(&[][..], |issuer| limits_of(&issuer.directory));
    let orders = store.orders_since(scope, now - horizon(limits)).await?;
    let failures =
        issuer.iter().flat_map(|issuer| lineage.renewal.failures.iter().map(|one| (issuer.id, one)));
    let ledger = Ledger::replay(&orders, failures);
    let version = match lineage.current {
        Some(id) => store.version(scope, id).await?,
        None => None,
    };
    let held = match &version {
        Some(version) => Some(Held::read(version, order_of(context, version).await?.as_ref())?),
        None => None,
    };
    let order = match lineage.renewal.order {
        Some(id) => store.order(scope, id).await?,
        None => None,
    };
    let places = store.places_of(scope, lineage.id).await?;
    let Some(mut state) = State::of(lineage, held.as_ref(), &ledger, now) else {
        return Ok((Vec::new(), None));
    };
    state = state.with_places(&places);
    if let Some(issuer) = &issuer {
        state = state.from_issuer(issuer.id, limits);
    }
    if let Some(order) = &order {
        state = state.with_order(order.id, &order.identifiers);
    }
    let plan = renew::plan(&state);
    let mut lines = vec![what(lineage, spec, issuer.as_ref(), version.as_ref())];
    lines.extend(plan.lines(&lineage.renewal, now));
    lines.extend(places.iter().map(|place| {
        let endpoints: Vec<String> = place.endpoints.iter().map(ToString::to_string).collect();
        let seen = if endpoints.is_empty() { "nothing".to_owned() } else { endpoints.join(", ") };
        format!("place: {} ({}), proved at {seen}", place.name, place.deployer)
    }));
    Ok((lines, Some(plan)))
}

async fn order_of(context: &Context, version: &Version) -> Result<Option<Order>, Fault> {
    use notafter_inventory::model::Origin;
    match version.origin {
        Origin::Order { order } => Ok(context.store.order(&context.scope, order).await?),
        Origin::Files { .. } => Ok(None),
    }
}

fn what(lineage: &Lineage, spec: &LineageSpec, issuer: Option<&Issuer>, version: Option<&Version>) -> String {
    let names: Vec<String> = spec.identifiers.iter().map(ToString::to_string).collect();
    let issuer = match issuer {
        Some(issuer) => format!("{} ({})", issuer.name, issuer.directory),
        None => format!("{}, which does not exist", spec.issuer),
    };
    let now = match version {
        Some(version) => format!("{} until {}", version.fingerprint.short(), version.not_after),
        None => "no certificate yet".to_owned(),
    };
    format!("{}: {}; {}; from {issuer}; {now}", lineage.name, names.join(", "), spec.key)
}

fn watched(automation: &Automation) -> Vec<String> {
    let renewer = match automation.renewer {
        Renewer::Certbot => "certbot",
        Renewer::Lego => "lego",
        Renewer::AcmeSh => "acme.sh",
        Renewer::Unknown => "nobody that is known",
    };
    let mut lines =
        vec![format!("renewed by {renewer}, not by notafter; watched in {}", automation.chain_file)];
    lines.extend(automation.trigger.iter().map(|trigger| format!("started by: {trigger}")));
    lines.extend(automation.habit_permille.map(|permille| {
        format!("habit: renews after {}.{} % of the lifetime", permille / 10, permille % 10)
    }));
    lines
}
