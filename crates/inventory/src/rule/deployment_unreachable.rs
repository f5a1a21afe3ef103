//! An address cannot be asked what it serves.

use serde_json::json;

use super::{DeploymentFacts, Kind, Meta, Rule, Said};
use crate::model::{ProofState, Severity, Step};
use crate::plan::deploy::SETTLING_ROUNDS;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "deployment.unreachable",
        title: "installed, and not to be seen",
        why: "The new certificate is installed, but from here it cannot be seen whether it is served: nobody answers, or the name does not resolve.",
        source: "notafter: laws 4 and 6",
        severity: Severity::Unknown,
        hint: "Let notafter reach the address named, or correct the endpoints of the place.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Deployment(violated),
};

fn violated(facts: &DeploymentFacts<'_>) -> Vec<Said> {
    let silent = facts.addresses(ProofState::Unreachable);
    let unresolved = &facts.deployment.unresolved;
    let told = facts.deployment.attempts >= SETTLING_ROUNDS && facts.deployment.step == Step::Activated;
    if !told || (silent.is_empty() && unresolved.is_empty()) {
        return Vec::new();
    }
    let mut parts = Vec::new();
    if !silent.is_empty() {
        parts.push(format!("{} {}", facts.share(&silent, "cannot be judged"), facts.details(&silent)));
    }
    parts.extend(unresolved.iter().map(|(target, why)| format!("{target} has no address: {why}")));
    let evidence = json!({ "proofs": silent, "unresolved": unresolved });
    vec![Said::new(Severity::Unknown, facts.version.fingerprint, parts.join("; "), evidence)]
}
