//! The last second of the server's certificate has passed.

use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Mark, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.expired",
        title: "certificate expired",
        why: "Every client refuses the certificate from the second after its notAfter: the service is down for everybody who checks.",
        source: "RFC 5280 section 4.1.2.5",
        severity: Severity::Critical,
        hint: "Renew the certificate and reload the server; if a newer one is on disk already, only the reload is missing.",
        clients: Some(Clients {
            chromium: Page::Warning("NET::ERR_CERT_DATE_INVALID"),
            firefox: Page::Warning("SEC_ERROR_EXPIRED_CERTIFICATE"),
            safari: SAFARI,
            curl: Page::Warning("60: SSL certificate problem: certificate has expired"),
        }),
        marks: &[Mark::Ending],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    if !leaf.is_expired(facts.at) {
        return Vec::new();
    }
    let ago = facts.at.since(leaf.not_after());
    let text = format!("expired {ago} ago ({})", leaf.not_after().for_people());
    let evidence = json!({ "not_after": leaf.not_after(), "fingerprint": leaf.fingerprint() });
    vec![Said::new(Severity::Critical, leaf.fingerprint(), text, evidence)]
}
