//! An address cannot be asked what it serves.

use serde_json::json;

use super::{DeploymentEvidence, DeploymentFacts, Kind, Meta, Rule, Said};
use crate::model::{ProofState, Severity, Step};
use crate::plan::deploy::{SETTLING_ROUNDS, refuses};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "deployment.unreachable",
        title: "installed, and not to be seen",
        why: "The new certificate is installed, but from here it cannot be seen whether it is served: nobody answers, or the name does not resolve. Where the connection is refused or reset, it is certain that nothing is served.",
        source: "notafter: laws 4 and 6",
        severity: Severity::Unknown,
        hint: "Let notafter reach the address named, or correct the endpoints of the place.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Deployment(violated),
};

/// What it says of an address that refuses.
const REFUSED: &str =
    "Start the server at the address named: nothing listens there, or it ends every connection.";

fn violated(facts: &DeploymentFacts<'_>) -> Vec<Said> {
    let (refused, silent): (Vec<_>, Vec<_>) =
        facts.addresses(ProofState::Unreachable).into_iter().partition(|proof| refuses(proof));
    let unresolved = &facts.deployment.unresolved;
    let told = facts.deployment.attempts >= SETTLING_ROUNDS && facts.deployment.step == Step::Activated;
    if !told {
        return Vec::new();
    }
    let mut said = Vec::new();
    if !refused.is_empty() {
        let text = format!("{} {}", facts.share(&refused, "refused"), facts.details(&refused));
        let cause = format!("refused {}", facts.version.fingerprint);
        let evidence = json!(facts.evidence(&refused));
        said.push(Said::new(Severity::Critical, cause, text, evidence).with_hint(REFUSED.to_owned()));
    }
    if silent.is_empty() && unresolved.is_empty() {
        return said;
    }
    let mut parts = Vec::new();
    if !silent.is_empty() {
        parts.push(format!("{} {}", facts.share(&silent, "cannot be judged"), facts.details(&silent)));
    }
    parts.extend(unresolved.iter().map(|(target, why)| format!("{target} has no address: {why}")));
    let evidence = json!(DeploymentEvidence { unresolved: unresolved.clone(), ..facts.evidence(&silent) });
    said.push(Said::new(Severity::Unknown, facts.version.fingerprint, parts.join("; "), evidence));
    said
}
