//! A step of a deployment fails, and trying again did not mend it.

use serde_json::json;

use super::{DeploymentEvidence, DeploymentFacts, Kind, Meta, Rule, Said, doing};
use crate::model::{Act, Severity, Step};

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

/// Where nothing was touched, because an address would have become worse.
const REFUSED: &str = "Get another certificate: `notafter renew LINEAGE --force`. Or mend what the address is judged by: `trust` of \
    the endpoint, or the setting `trust`, names a root that is missing. It is tried again by itself.";

fn violated(facts: &DeploymentFacts<'_>) -> Vec<Said> {
    let deployment = facts.deployment;
    if deployment.closed_at.is_some()
        || deployment.step >= Step::Activated
        || deployment.attempts < TOLD_AFTER
    {
        return Vec::new();
    }
    let last = deployment.log.last();
    let what = last.map_or("", |record| record.what.as_str());
    let refused = last.is_some_and(|record| record.act == Act::Refused);
    let (version, place, attempts) = (facts.version_name(), &facts.place.name, deployment.attempts);
    let text = match refused {
        true => format!("{version} at {place} is not installed: {what}"),
        false => format!("{version} at {place}: {} failed {attempts} times: {what}", doing(deployment.step)),
    };
    let all: Vec<_> = deployment.proofs.iter().collect();
    let evidence = json!(DeploymentEvidence { log: deployment.log.clone(), ..facts.evidence(&all) });
    let said = Said::new(facts.severity(), facts.version.fingerprint, text, evidence);
    vec![if refused { said.with_hint(REFUSED.to_owned()) } else { said }]
}
