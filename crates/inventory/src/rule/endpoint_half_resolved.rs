//! Half an answer from DNS.

use serde_json::json;

use super::{EndpointFacts, Kind, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.half-resolved",
        title: "one address family does not resolve",
        why: "One address family resolved and the other failed: there may be addresses that nobody looked at.",
        source: "notafter: law 6, unknown is a value",
        severity: Severity::Unknown,
        hint: "Ask the name servers for the failing record type; a broken AAAA answer also delays visitors.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Endpoint(violated),
};

fn violated(facts: &EndpointFacts<'_>) -> Vec<Said> {
    let Ok(resolution) = facts.resolution else { return Vec::new() };
    let judge = |failure: &notafter_tls::FamilyFailure| {
        let text =
            format!("{:?} addresses are not known: {} ({})", failure.family, failure.kind, failure.detail);
        Said::new(Severity::Unknown, format!("{:?}", failure.family), text, json!({ "failure": failure }))
    };
    resolution.failures.iter().map(judge).collect()
}
