//! The path ends at a CA that is no anchor.

use notafter_cert::path::Fault;
use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Mark, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.untrusted-root",
        title: "root not trusted",
        why: "The certificate comes from a CA that clients with these anchors do not know: a private CA, one that was removed, or a second intermediate that is not sent.",
        source: "RFC 5280 section 6.1",
        severity: Severity::Critical,
        hint: "Use a certificate of a public CA, or judge by the private CA that the clients trust with --trust FILE.",
        clients: Some(Clients {
            chromium: Page::Warning("NET::ERR_CERT_AUTHORITY_INVALID"),
            firefox: Page::Warning("SEC_ERROR_UNKNOWN_ISSUER"),
            safari: SAFARI,
            curl: Page::Warning(
                "60: SSL certificate problem: self-signed certificate in certificate chain, or unable to get local issuer certificate",
            ),
        }),
        marks: &[Mark::ByAnchors],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let at = facts.path.problems.iter().find(|problem| problem.fault == Fault::UntrustedRoot);
    let Some(tip) = at.and_then(|problem| facts.path.path.get(problem.step)) else { return Vec::new() };
    let tip = &tip.certificate;
    let root = tip.issuer_name();
    let text = if tip.is_self_issued() {
        format!("the root {root} is not trusted")
    } else {
        format!("{root}, which issued {}, is neither trusted nor sent", tip.shown_name())
    };
    let evidence =
        json!({ "issuer": tip.issuer(), "last": tip.fingerprint(), "fetch_from": tip.ca_issuers() });
    let said = Said::new(Severity::Critical, root, text, evidence);
    vec![match tip.ca_issuers().first().filter(|_| !tip.is_self_issued()) {
        Some(url) => said.with_hint(format!(
            "If {root} is another intermediate, send it too (it is at {url}); if it is a private root, judge by it with --trust FILE."
        )),
        None => said,
    }]
}
