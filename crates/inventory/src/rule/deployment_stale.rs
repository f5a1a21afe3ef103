//! An address still serves something else than what was installed.

use serde_json::json;

use super::{DeploymentFacts, Kind, Meta, Rule, Said};
use crate::model::{ProofState, Severity, Step};
use crate::plan::deploy::{SETTLING_ROUNDS, failed_reload, told_in_vain};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "deployment.stale",
        title: "renewed, but not served everywhere",
        why: "The new certificate is installed and an address still serves another one: it was not reloaded, or another node answers there. It will serve it until it expires.",
        source: "Google Voice, 2021-02-15: rotated, and the servers kept the old one; piraeus #701",
        severity: Severity::Critical,
        hint: "Reload the server at the address named, or give that node the new certificate.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Deployment(violated),
};

fn violated(facts: &DeploymentFacts<'_>) -> Vec<Said> {
    let stale = facts.addresses(ProofState::Stale);
    let told = facts.deployment.attempts >= SETTLING_ROUNDS && facts.deployment.step == Step::Activated;
    if stale.is_empty() || !told {
        return Vec::new();
    }
    let text = format!("{} {}", facts.share(&stale, "stale"), facts.details(&stale));
    let said = Said::new(facts.severity(), facts.version.fingerprint, text, json!(facts.evidence(&stale)));
    let failed = failed_reload(facts.deployment)
        .map(|record| format!("Mend the reload, which is tried again by itself: {}", record.what));
    let in_vain = || told_in_vain(facts.place, facts.deployment).map(str::to_owned);
    vec![match failed.or_else(in_vain) {
        Some(hint) => said.with_hint(hint),
        None => said,
    }]
}
