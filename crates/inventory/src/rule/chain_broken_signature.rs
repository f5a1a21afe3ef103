//! A certificate that its issuer did not sign as it is.

use notafter_cert::path::Fault;
use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.broken-signature",
        title: "broken signature in chain",
        why: "The bytes were changed after signing, or the intermediate beside the certificate is not the one that signed it.",
        source: "RFC 5280 section 6.1.3 (a)(1)",
        severity: Severity::Critical,
        hint: "Take certificate and chain from the CA once more; if the file on disk is right, somebody changes it on the way.",
        clients: Some(Clients {
            chromium: Page::Wall("NET::ERR_CERT_INVALID"),
            firefox: Page::Wall("SEC_ERROR_BAD_SIGNATURE"),
            safari: SAFARI,
            curl: Page::Warning("60: SSL certificate problem: certificate signature failure"),
        }),
        marks: &[],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let at = facts.path.problems.iter().find(|problem| problem.fault == Fault::BadSignature);
    let Some(step) = at.and_then(|problem| facts.path.path.get(problem.step)) else { return Vec::new() };
    let broken = &step.certificate;
    let text = format!("the signature on {} was not made by {}", broken.shown_name(), broken.issuer_name());
    let evidence =
        json!({ "fingerprint": broken.fingerprint(), "issuer": broken.issuer(), "position": step.sent });
    vec![Said::new(Severity::Critical, broken.fingerprint(), text, evidence)]
}
