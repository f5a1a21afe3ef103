//! The certificate of our own TLS listener has ended, and nothing else tells of it.

use serde_json::json;

use super::{Kind, Meta, Rule, Said, ServerFacts};
use crate::model::Severity;

/// The rule. Where an endpoint of the inventory shows the certificate, `certificate.expired` says so there.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "server.certificate-expired",
        title: "notafter's own certificate expired",
        why: "Browsers and programs refuse the pages and the API of notafter itself: the tool that is asked whether a warning is real shows one, and links in messages lead to it.",
        source: "docs/server.md; RFC 5280 section 4.1.2.5",
        severity: Severity::Critical,
        hint: "Renew what tls_lineage or tls_certificate names: it is presented within seconds. Until then come in on loopback, with ssh -L.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Server(violated),
};

fn violated(facts: &ServerFacts<'_>) -> Vec<Said> {
    let leaf = facts.presented;
    if facts.is_stand_in || facts.is_end_told || !leaf.is_expired(facts.now) {
        return Vec::new();
    }
    let ago = facts.now.since(leaf.not_after());
    let text = format!(
        "{} presents a certificate that expired {ago} ago ({})",
        facts.listener,
        leaf.not_after().for_people()
    );
    let evidence = json!({ "not_after": leaf.not_after(), "fingerprint": leaf.fingerprint() });
    vec![Said::new(Severity::Critical, leaf.fingerprint(), text, evidence)]
}
