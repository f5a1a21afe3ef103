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
        title: "leads to no trusted root",
        why: "What is sent ends at a CA that clients with these anchors do not know: a private root, one that was removed, or, where the last certificate was issued by another CA, an intermediate further up that is not sent.",
        source: "RFC 5280 section 6.1",
        severity: Severity::Critical,
        hint: "Use a certificate of a public CA with every intermediate, or judge by the private CA that the clients trust: --trust FILE of check, `trust` of an endpoint in the inventory.",
        clients: Some(clients(EITHER)),
        marks: &[Mark::ByAnchors],
    },
    kind: Kind::Chain(violated),
};

/// OpenSSL's words where a root was sent, where it was not, and where nothing is known of that.
const SELF_SIGNED: &str = "60: SSL certificate problem: self-signed certificate in certificate chain";
const NOT_SENT: &str = "60: SSL certificate problem: unable to get local issuer certificate";
const EITHER: &str = "60: SSL certificate problem: self-signed certificate in certificate chain, or unable to get local issuer certificate";

const fn clients(curl: &'static str) -> Clients {
    Clients {
        chromium: Page::Warning("NET::ERR_CERT_AUTHORITY_INVALID"),
        firefox: Page::Warning("SEC_ERROR_UNKNOWN_ISSUER"),
        safari: SAFARI,
        curl: Page::Warning(curl),
    }
}

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let at = facts.path.problems.iter().find(|problem| problem.fault == Fault::UntrustedRoot);
    let Some(tip) = at.and_then(|problem| facts.path.path.get(problem.step)) else { return Vec::new() };
    let tip = &tip.certificate;
    let root = tip.issuer_name();
    let text = if tip.is_self_issued() {
        format!("the root {root} is not trusted")
    } else {
        format!("no trusted root: {root} is neither trusted nor sent; it issued {}", tip.shown_name())
    };
    let evidence =
        json!({ "issuer": tip.issuer(), "last": tip.fingerprint(), "fetch_from": tip.ca_issuers() });
    let said = Said::new(Severity::Critical, root, text, evidence);
    let how = facts.named_at.words();
    if tip.is_self_issued() {
        let hint = format!(
            "Use a certificate of a public CA with every intermediate, or judge by the private CA that the clients trust {how}."
        );
        return vec![said.with_hint(hint).seen_as(clients(SELF_SIGNED))];
    }
    // A root is usually left out, and private ones are fetched from such addresses too: only who issued the issuer
    // tells the two apart, and that is not here.
    let at = tip.ca_issuers().first().map_or_else(String::new, |url| format!(" (it is at {url})"));
    let hint = format!(
        "If {root} is another intermediate, send it too{at}; if it is a root, use a certificate of a public CA, or judge by that root {how}."
    );
    vec![said.with_hint(hint).seen_as(clients(NOT_SENT))]
}
