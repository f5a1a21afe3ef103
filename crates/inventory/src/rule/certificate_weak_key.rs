//! A key in the path that can be broken, or that clients refuse.

use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.weak-key",
        title: "weak key",
        why: "RSA below 2048 bits is within reach of attackers; odd lengths, exponents and curves are refused by clients and forbidden to public CAs.",
        source: "Baseline Requirements sections 6.1.5 and 6.1.6",
        severity: Severity::Critical,
        hint: "Issue the certificate anew with an ECDSA P-256 or RSA 2048 key.",
        clients: Some(LEAF),
        marks: &[],
    },
    kind: Kind::Chain(violated),
};

const LEAF: Clients = Clients {
    chromium: Page::Warning("NET::ERR_CERT_WEAK_KEY"),
    firefox: Page::Warning("MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE"),
    safari: SAFARI,
    curl: Page::Warning("60: SSL certificate problem: EE certificate key too weak"),
};

/// OpenSSL tells a CA's key from the server's (X509_V_ERR_CA_KEY_TOO_SMALL).
const CA: Clients =
    Clients { curl: Page::Warning("60: SSL certificate problem: CA certificate key too weak"), ..LEAF };

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let judge = |(at, step): (usize, &notafter_cert::path::Step)| {
        let certificate = &step.certificate;
        let weakness = certificate.key().weakness()?;
        let text = format!("{} has a weak key: {weakness}", certificate.shown_name());
        let evidence = json!({
            "fingerprint": certificate.fingerprint(),
            "subject": certificate.subject(),
            "key": certificate.key().algorithm.to_string(),
        });
        let said = Said::new(Severity::Critical, certificate.fingerprint(), text, evidence);
        Some(said.seen_as(if at == 0 { LEAF } else { CA }))
    };
    facts.path.path.iter().enumerate().filter_map(judge).collect()
}
