//! A signature of a kind that is not known here.

use notafter_cert::path::Fault;
use serde_json::json;

use super::{ChainFacts, Kind, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.unknown-signature",
        title: "signature cannot be checked",
        why: "Whether the chain holds together cannot be said: the algorithm is not one that this program can check. Most clients will refuse it.",
        source: "Baseline Requirements section 7.1.3.2",
        severity: Severity::Unknown,
        hint: "Look at the chain with the clients that use it, or have it issued with ECDSA or RSA and SHA-256.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let at = facts.path.problems.iter().find(|problem| problem.fault == Fault::UnknownSignature);
    let Some(step) = at.and_then(|problem| facts.path.path.get(problem.step)) else { return Vec::new() };
    let certificate = &step.certificate;
    let algorithm = certificate.signature_algorithm();
    // Too weak to be worth checking: that has a rule of its own.
    if algorithm.weak {
        return Vec::new();
    }
    let text = format!("the signature on {} ({algorithm}) cannot be checked", certificate.shown_name());
    let evidence = json!({ "fingerprint": certificate.fingerprint(), "signature": algorithm.oid });
    vec![Said::new(Severity::Unknown, certificate.fingerprint(), text, evidence)]
}
