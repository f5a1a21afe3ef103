//! The certificate promises a stapled answer, and the server sends none.

use notafter_tls::observation::Staple;
use serde_json::json;

use super::{Clients, Kind, Meta, Page, RevocationFacts, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.must-staple-missing",
        title: "must-staple without a staple",
        why: "The certificate says that its server always staples an OCSP answer, so that its absence means an attack: Firefox refuses the connection. nginx staples from the second connection on after a start, and not at all where it cannot reach the responder.",
        source: "RFC 7633 section 4.2.2",
        severity: Severity::Critical,
        hint: "Let the server staple (nginx: ssl_stapling on, or ssl_stapling_file; Apache: SSLUseStapling on) and reach the responder; or issue the certificate without must-staple.",
        clients: Some(Clients {
            chromium: Page::Nothing,
            firefox: Page::Wall("MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"),
            safari: Page::Nothing,
            curl: Page::Nothing,
        }),
        marks: &[],
    },
    kind: Kind::Revocation(violated),
};

fn violated(facts: &RevocationFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    if *facts.staple != Staple::Missing || !leaf.must_staple() {
        return Vec::new();
    }
    let text = "the certificate demands a stapled OCSP answer, and none was sent".to_owned();
    let evidence = json!({ "fingerprint": leaf.fingerprint() });
    vec![Said::new(Severity::Critical, leaf.fingerprint(), text, evidence)]
}
