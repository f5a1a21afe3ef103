//! This machine has no route for any address family of the endpoint.

use notafter_tls::observation::{FailureKind, Outcome};
use serde_json::json;

use super::{EndpointFacts, Kind, Meta, Rule, Said, list};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.no-route",
        title: "no address can be reached from here",
        why: "It says nothing about the endpoint: from here it could not be looked at.",
        source: "notafter: law 6, unknown is a value",
        severity: Severity::Unknown,
        hint: "Look from a machine that has IPv4 and IPv6.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Endpoint(violated),
};

fn violated(facts: &EndpointFacts<'_>) -> Vec<Said> {
    let no_route = |outcome: &Outcome| matches!(outcome, Outcome::Failed(failure) if failure.kind == FailureKind::NoRoute);
    let none = facts.observations.iter().all(|seen| no_route(&seen.outcome));
    if facts.observations.is_empty() || !none {
        return Vec::new();
    }
    let addresses: Vec<_> = facts.observations.iter().map(|seen| seen.address).collect();
    let text = format!("no route from here to {}", list(&addresses));
    vec![Said::new(Severity::Unknown, "no-route", text, json!({ "addresses": addresses }))]
}
