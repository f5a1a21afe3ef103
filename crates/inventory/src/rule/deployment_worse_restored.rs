//! The new pair made an address worse, and the old one was put back.

use serde_json::json;

use super::{DeploymentEvidence, DeploymentFacts, Kind, Meta, Rule, Said};
use crate::model::{Act, ProofState, Severity, Step};
use crate::plan::deploy::is_restored;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "deployment.worse-restored",
        title: "installation undone",
        why: "With the new pair, clients that were served before were refused, so the old pair was put back. It expires at its time: the cause must be found before.",
        source: "notafter: law 4",
        severity: Severity::Critical,
        hint: "Mend what is named, then install the new certificate again: notafter deploy LINEAGE. As it is, the same would happen again; to stay with the one from before: notafter rollback LINEAGE",
        clients: None,
        marks: &[],
    },
    kind: Kind::Deployment(violated),
};

fn violated(facts: &DeploymentFacts<'_>) -> Vec<Said> {
    let deployment = facts.deployment;
    if deployment.closed_at.is_some() || deployment.step != Step::Restored {
        return Vec::new();
    }
    let cause = deployment.log.iter().rev().find(|record| record.act == Act::Restoring);
    let why = cause.map_or("", |record| record.what.as_str());
    let now = if is_restored(deployment) {
        "the old pair is served again".to_owned()
    } else {
        let worse = facts.addresses(ProofState::Worse);
        format!("the old pair is not served again yet: {}", facts.details(&worse))
    };
    let text = format!("{} at {}: {why}; {now}", facts.version_name(), facts.place.name);
    let all: Vec<_> = deployment.proofs.iter().collect();
    let evidence = json!(DeploymentEvidence { log: deployment.log.clone(), ..facts.evidence(&all) });
    vec![Said::new(Severity::Critical, facts.version.fingerprint, text, evidence)]
}
