//! A step of a deployment fails, and trying again did not mend it.

use serde_json::json;

use super::{DeploymentEvidence, DeploymentFacts, Kind, Meta, Rule, Said, doing};
use crate::model::{Severity, Step};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "deployment.failing",
        title: "installation fails",
        why: "A renewed certificate lies ready and does not get to where it is served. The old one is served until it expires.",
        source: "certbot #8528: a failing deploy hook is only logged, and never tried again",
        severity: Severity::Critical,
        hint: "Mend what the last attempt reports; the step is tried again by itself.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Deployment(violated),
};

/// Failures of one step before somebody is told: the pauses between them add up to half a minute.
const TOLD_AFTER: u32 = 3;

fn violated(facts: &DeploymentFacts<'_>) -> Vec<Said> {
    let deployment = facts.deployment;
    if deployment.closed_at.is_some()
        || deployment.step >= Step::Activated
        || deployment.attempts < TOLD_AFTER
    {
        return Vec::new();
    }
    let last = deployment.log.last().map_or("", |record| record.what.as_str());
    let text = format!(
        "{} at {}: {} failed {} times: {last}",
        facts.version_name(),
        facts.place.name,
        doing(deployment.step),
        deployment.attempts
    );
    let all: Vec<_> = deployment.proofs.iter().collect();
    let evidence = json!(DeploymentEvidence { log: deployment.log.clone(), ..facts.evidence(&all) });
    vec![Said::new(facts.severity(), facts.version.fingerprint, text, evidence)]
}
