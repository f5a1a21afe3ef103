//! The endpoint names trust anchors of its own, and they cannot be used.

use serde_json::json;

use super::{EndpointFacts, Kind, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.trust-unreadable",
        title: "trust anchors cannot be read",
        why: "The endpoint names trust anchors of its own, and they cannot be used: whether its clients trust what it serves is not known.",
        source: "notafter: law 6, unknown is a value",
        severity: Severity::Unknown,
        hint: "Put the PEM file with the anchors where the endpoint's `trust` says, readable for the server; it is read again with the next look.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Endpoint(violated),
};

fn violated(facts: &EndpointFacts<'_>) -> Vec<Said> {
    let Some(why) = facts.no_anchors else { return Vec::new() };
    let text = format!("whether the chain is trusted is not known: {why}");
    vec![Said::new(Severity::Unknown, "trust", text, json!({ "why": why }))]
}
