//! A signature in the path with a broken hash.

use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.weak-signature",
        title: "weak signature",
        why: "Collisions of MD5 and SHA-1 can be made to order, so that such a signature proves nothing; clients refuse it below the root.",
        source: "Baseline Requirements section 7.1.3.2; RFC 9155",
        severity: Severity::Critical,
        hint: "Have the certificate issued anew with SHA-256; a public CA does nothing else.",
        clients: Some(Clients {
            chromium: Page::Warning("NET::ERR_CERT_WEAK_SIGNATURE_ALGORITHM"),
            firefox: Page::Warning("SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"),
            safari: SAFARI,
            curl: Page::Warning("60: SSL certificate problem: CA signature digest algorithm too weak"),
        }),
        marks: &[],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let judge = |step: &notafter_cert::path::Step| {
        let certificate = &step.certificate;
        let algorithm = certificate.signature_algorithm();
        // Nobody checks the signature of an anchor: it is trusted for what it is.
        if !algorithm.weak || step.anchor {
            return None;
        }
        let text = format!("{} is signed with {algorithm}", certificate.shown_name());
        let evidence = json!({
            "fingerprint": certificate.fingerprint(),
            "subject": certificate.subject(),
            "signature": algorithm.name,
        });
        Some(Said::new(Severity::Critical, certificate.fingerprint(), text, evidence))
    };
    facts.path.path.iter().filter_map(judge).collect()
}
