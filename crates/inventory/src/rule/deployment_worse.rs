//! An address is worse than before the installation, and the old pair is not worth putting back.

use serde_json::json;

use super::{DeploymentFacts, Kind, Meta, Rule, Said};
use crate::model::{ProofState, Severity, Step};
use crate::plan::deploy::ROUNDS_TO_RESTORE;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "deployment.worse",
        title: "worse than before the installation",
        why: "Clients that were served before are refused now. The old pair is not put back: it is expired, revoked or blocked, or the new one was already proven.",
        source: "notafter: law 4",
        severity: Severity::Critical,
        hint: "Look at the server at the address named: its log says why it does not serve the new certificate.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Deployment(violated),
};

fn violated(facts: &DeploymentFacts<'_>) -> Vec<Said> {
    let worse = facts.addresses(ProofState::Worse);
    let lasting = worse.iter().any(|proof| proof.worse_rounds > ROUNDS_TO_RESTORE);
    if !lasting || facts.deployment.step != Step::Activated {
        return Vec::new();
    }
    let text = format!("{} {}", facts.share(&worse, "became worse than before"), facts.details(&worse));
    vec![Said::new(Severity::Critical, facts.version.fingerprint, text, json!(facts.evidence(&worse)))]
}
