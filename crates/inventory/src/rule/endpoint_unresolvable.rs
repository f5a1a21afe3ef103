//! There is no address to look at.

use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, EndpointFacts, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.unresolvable",
        title: "name does not resolve",
        why: "Without an address nothing can be looked at; visitors with the same name servers cannot either.",
        source: "RFC 1035; RFC 8020",
        severity: Severity::Unknown,
        hint: "Check the spelling of the name, and its A and AAAA records.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_NAME_NOT_RESOLVED"),
            firefox: Page::Wall("Server Not Found"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("6: Could not resolve host"),
        }),
        marks: &[],
    },
    kind: Kind::Endpoint(violated),
};

fn violated(facts: &EndpointFacts<'_>) -> Vec<Said> {
    let Err(error) = facts.resolution else { return Vec::new() };
    let evidence = json!({ "failures": error.failures });
    let said = Said::new(Severity::Unknown, "dns", error.to_string(), evidence);
    vec![match error.is_definite() {
        true => said,
        false => said
            .with_hint("Check that /etc/resolv.conf names a name server which this machine reaches, and ask there why it does not answer for the name.".to_owned()),
    }]
}
