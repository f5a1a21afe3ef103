//! Why a lineage is renewed when it is, or why it is not.

use notafter_inventory::catalogue;
use notafter_inventory::code::Kind;
use notafter_inventory::model::{
    Actor, Automation, Finding, Lineage, LineageId, Mode, Place, Renewer, Step, Subject,
};
use notafter_inventory::plan::deploy::failed_reload;
use notafter_inventory::plan::renew::{RenewPlan, failed_causes};
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, near, operation};
use crate::context::Context;
use crate::tasks::renew::Case;

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
    let lineage = find(context, &name).await.map_err(|fault| or_a_code(fault, &name))?;
    let (mut lines, plan) = match &lineage.mode {
        Mode::Managed(_) => managed(context, &lineage).await?,
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

/// What is no lineage may have been meant for a code.
fn or_a_code(fault: Fault, name: &str) -> Fault {
    if fault.code != NO_SUCH_THING {
        return fault;
    }
    let hint = catalogue::meant(name, |_| true).unwrap_or_else(|| {
        let lineages = &fault.hint;
        format!("{lineages}; codes are written as they are shown, such as renewal.failing")
    });
    Fault { what: format!("there is no lineage and no code {name:?}"), hint, ..fault }
}

const NO_SUCH_THING: &str = "inventory.no-such-thing";

pub(super) async fn find(context: &Context, name: &str) -> Result<Lineage, Fault> {
    let found = match name.parse::<LineageId>() {
        Ok(id) => context.store.lineage(&context.scope, id).await?,
        Err(_) => context.store.lineage_named(&context.scope, name).await?,
    };
    match found {
        Some(lineage) => Ok(lineage),
        None => {
            let what = format!("there is no lineage {name:?}");
            Err(Fault::new(NO_SUCH_THING, what, near::hint(context, Kind::Lineage, name).await))
        }
    }
}

async fn managed(context: &Context, lineage: &Lineage) -> Result<(Vec<String>, Option<RenewPlan>), Fault> {
    let Some(case) = Case::load(context, lineage.id).await? else { return Ok((Vec::new(), None)) };
    let now = context.clock.now();
    let plan = case.plan(now);
    let mut lines = vec![what(&case)];
    let failures = &case.lineage.renewal.failures;
    let failed = failed_causes(&case.lineage, failures, context.solvers.port());
    lines.extend(plan.lines(&case.lineage.renewal, &failed, now));
    let latest = context.store.orders_of(&context.scope, lineage.id, 1).await?;
    let remarks = latest.iter().flat_map(Case::remarks);
    lines.extend(remarks.map(|remark| format!("last order: {}: {}", remark.at.for_people(), remark.text)));
    for place in &case.places {
        lines.push(installed(context, place).await?);
    }
    Ok((lines, Some(plan)))
}

/// Where it is installed, and how far the last deployment there is.
async fn installed(context: &Context, place: &Place) -> Result<String, Fault> {
    let endpoints: Vec<String> = place.endpoints.iter().map(ToString::to_string).collect();
    let at = if endpoints.is_empty() { "nothing can prove it".to_owned() } else { endpoints.join(", ") };
    let last = context.store.deployments_to(&context.scope, place.id, 1).await?;
    let step = last.first().map_or_else(
        || "nothing installed yet".to_owned(),
        |deployment| {
            let last = failed_reload(deployment).or(deployment.log.last());
            let done = last.map(|record| format!(" ({}: {})", record.at.for_people(), record.what));
            format!("{}{}", step_name(deployment.step), done.unwrap_or_default())
        },
    );
    Ok(format!("place: {} ({}): {at}: {step}", place.name, place.deployer))
}

const fn step_name(step: Step) -> &'static str {
    match step {
        Step::Issued => "to be installed",
        Step::Staged => "being installed: what is there now is on record",
        Step::Validated => "being installed: written beside, not yet swapped",
        Step::Activated => "installed, not yet seen on the wire",
        Step::Proven => "proven, and looked at once more a day later",
        Step::Retired => "proven",
        Step::Restored => "the old pair was put back",
        Step::Superseded => "superseded",
    }
}

/// What the lineage is, in one line.
fn what(case: &Case) -> String {
    let Case { lineage, spec, issuer, version, .. } = case;
    let names: Vec<String> = spec.identifiers.iter().map(ToString::to_string).collect();
    let now = match version {
        Some(version) => format!("{} until {}", version.fingerprint.short(), version.not_after.for_people()),
        None => "notafter holds none yet".to_owned(),
    };
    let (issuer, at) = (issuer.name(), issuer.at());
    format!("{}: {}; {}; from {issuer} ({at}); {now}", lineage.name, names.join(", "), spec.key)
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
