//! The server does not send the certificate that issued its own.

use notafter_cert::path::Fault;
use serde_json::json;

use super::{ChainFacts, Clients, Kind, Mark, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.missing-intermediate",
        title: "intermediate certificate missing",
        why: "Clients that do not already have the intermediate cannot build a path: most programs fail, and browsers succeed or fail by their memory. That is why it \"works here\".",
        source: "RFC 8446 section 4.4.2",
        severity: Severity::Critical,
        hint: "Configure the full chain (fullchain.pem, not cert.pem) and reload.",
        clients: Some(Clients {
            chromium: Page::Warning(
                "NET::ERR_CERT_AUTHORITY_INVALID, unless it can fetch or remembers the intermediate",
            ),
            firefox: Page::Warning("SEC_ERROR_UNKNOWN_ISSUER, unless it knows the intermediate"),
            safari: Page::Warning("This Connection Is Not Private, unless it can fetch the intermediate"),
            curl: Page::Warning("60: SSL certificate problem: unable to get local issuer certificate"),
        }),
        marks: &[Mark::ByAnchors, Mark::ForSome],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    if !facts.path.problems.iter().any(|problem| problem.fault == Fault::IssuerMissing) {
        return Vec::new();
    }
    let issuer = leaf.issuer_name();
    let text = format!("the certificate of its issuer, {issuer}, is not sent");
    let evidence = json!({
        "fingerprint": leaf.fingerprint(),
        "issuer": leaf.issuer(),
        "fetch_from": leaf.ca_issuers(),
    });
    let how = facts.named_at.words();
    let hint = match leaf.ca_issuers().first() {
        Some(url) => format!(
            "Configure the full chain (fullchain.pem, not cert.pem) and reload; the missing certificate is at {url}. If {issuer} is a private root, judge by it {how}."
        ),
        None => format!(
            "Configure the full chain (fullchain.pem, not cert.pem) and reload; if {issuer} is a private root, judge by it {how}."
        ),
    };
    vec![Said::new(Severity::Critical, issuer, text, evidence).with_hint(hint)]
}
