//! The first second of the server's certificate has not come.

use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.not-yet-valid",
        title: "certificate not yet valid",
        why: "Clients refuse the certificate before its notBefore. Either it was installed too early, or a clock is wrong: the CA's, the server's, or this machine's.",
        source: "RFC 5280 section 4.1.2.5",
        severity: Severity::Critical,
        hint: "Compare this machine's clock with another; if it is right, put the former certificate back until the new one begins.",
        clients: Some(Clients {
            chromium: Page::Warning("NET::ERR_CERT_DATE_INVALID"),
            firefox: Page::Warning("MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE"),
            safari: SAFARI,
            curl: Page::Warning("60: SSL certificate problem: certificate is not yet valid"),
        }),
        marks: &[],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    if !leaf.is_not_yet_valid(facts.at) {
        return Vec::new();
    }
    let ahead = leaf.not_before().since(facts.at);
    let text = format!("valid only in {ahead} ({})", leaf.not_before().for_people());
    let evidence = json!({ "not_before": leaf.not_before(), "fingerprint": leaf.fingerprint() });
    vec![Said::new(Severity::Critical, leaf.fingerprint(), text, evidence)]
}
