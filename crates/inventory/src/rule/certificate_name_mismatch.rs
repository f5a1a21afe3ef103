//! The certificate does not speak for the name under which it is served.

use notafter_cert::{Certificate, Identifier};
use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Mark, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.name-mismatch",
        title: "name not in certificate",
        why: "Browsers compare the name they asked for with the subjectAltName, and with nothing else: a common name does not help there, and a wildcard stands for exactly one label. curl with OpenSSL, and some older programs, still take the common name where there is no subjectAltName.",
        source: "RFC 9525 section 6",
        severity: Severity::Critical,
        hint: "Serve a certificate that carries the name, or correct the server name (SNI) under which the right one is chosen.",
        clients: Some(clients(Page::Warning(
            "60: SSL: no alternative certificate subject name matches target host name",
        ))),
        marks: &[Mark::ByName],
    },
    kind: Kind::Chain(violated),
};

const SHOWN: usize = 5;

const fn clients(curl: Page) -> Clients {
    Clients {
        chromium: Page::Warning("NET::ERR_CERT_COMMON_NAME_INVALID"),
        firefox: Page::Warning("SSL_ERROR_BAD_CERT_DOMAIN"),
        safari: SAFARI,
        curl,
    }
}

/// What curl shows where the subjectAltName has neither a DNS name nor an address: it falls back to the common name
/// (`verifyhost` in lib/vtls/openssl.c), which RFC 9525 section 6.3 leaves to no client any more.
fn by_common_name(leaf: &Certificate, expected: &Identifier) -> Page {
    // An entry that is no name for us may be one for curl.
    if !leaf.other_names().is_empty() {
        return Page::Unknown;
    }
    let Some(name) = leaf.common_name() else {
        return Page::Warning("60: SSL: unable to obtain common name from peer certificate");
    };
    match name.parse::<Identifier>() {
        Ok(name) if name.covers(expected) => Page::Nothing,
        _ => Page::Warning("60: SSL: certificate subject name '...' does not match target host name"),
    }
}

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
                "not valid for {expected}: it names no host at all (browsers do not look at its common name, {name})"
            )
        }
        (true, None) => format!("not valid for {expected}: it names no host at all"),
    };
    let evidence = json!({ "expected": expected, "names": leaf.names(), "fingerprint": leaf.fingerprint() });
    let said = Said::new(Severity::Critical, expected, text, evidence);
    vec![if leaf.names().is_empty() { said.seen_as(clients(by_common_name(leaf, expected))) } else { said }]
}
