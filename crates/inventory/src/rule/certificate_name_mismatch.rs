//! The certificate does not speak for the name under which it is served.

use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Mark, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.name-mismatch",
        title: "name not in certificate",
        why: "Clients compare the name they asked for with the subjectAltName, and with nothing else: a common name does not help, and a wildcard stands for exactly one label.",
        source: "RFC 9525 section 6",
        severity: Severity::Critical,
        hint: "Serve a certificate that carries the name, or correct the server name (SNI) under which the right one is chosen.",
        clients: Some(Clients {
            chromium: Page::Warning("NET::ERR_CERT_COMMON_NAME_INVALID"),
            firefox: Page::Warning("SSL_ERROR_BAD_CERT_DOMAIN"),
            safari: SAFARI,
            curl: Page::Warning("60: SSL: no alternative certificate subject name matches target host name"),
        }),
        marks: &[Mark::ByName],
    },
    kind: Kind::Chain(violated),
};

const SHOWN: usize = 5;

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    let Some(expected) = facts.expected.filter(|expected| !leaf.covers(expected)) else {
        return Vec::new();
    };
    let mut held: Vec<String> = leaf.names().iter().take(SHOWN).map(ToString::to_string).collect();
    let more = leaf.names().len().saturating_sub(SHOWN);
    if more > 0 {
        held.push(format!("{more} more"));
    }
    let text = match (held.is_empty(), leaf.common_name()) {
        (false, _) => format!("not valid for {expected}, only for {}", held.join(", ")),
        (true, Some(name)) => {
            format!(
                "not valid for {expected}: it names no host at all (its common name {name} does not count)"
            )
        }
        (true, None) => format!("not valid for {expected}: it names no host at all"),
    };
    let evidence = json!({ "expected": expected, "names": leaf.names(), "fingerprint": leaf.fingerprint() });
    vec![Said::new(Severity::Critical, expected, text, evidence)]
}
