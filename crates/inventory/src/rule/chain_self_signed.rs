//! The server certified itself.

use notafter_cert::path::Fault;
use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Mark, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.self-signed",
        title: "self-signed certificate",
        why: "Nobody but the server vouches for the certificate: a visitor cannot tell it from an attacker's.",
        source: "RFC 5280 section 6.1",
        severity: Severity::Critical,
        hint: "Get a certificate from a CA (notafter issue), or judge by the certificate itself if its clients have it: --trust FILE of check, `trust` of an endpoint in the inventory.",
        clients: Some(Clients {
            chromium: Page::Warning("NET::ERR_CERT_AUTHORITY_INVALID"),
            firefox: Page::Warning("MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT"),
            safari: SAFARI,
            curl: Page::Warning("60: SSL certificate problem: self-signed certificate"),
        }),
        marks: &[Mark::ByAnchors],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    if !facts.path.problems.iter().any(|problem| problem.fault == Fault::SelfSigned) {
        return Vec::new();
    }
    let text = format!("{} is self-signed", leaf.shown_name());
    let evidence = json!({ "fingerprint": leaf.fingerprint(), "subject": leaf.subject() });
    let hint = format!(
        "Get a certificate from a CA (notafter issue), or judge by the certificate itself {} if its clients have it.",
        facts.named_at.words()
    );
    vec![Said::new(Severity::Critical, leaf.fingerprint(), text, evidence).with_hint(hint)]
}
