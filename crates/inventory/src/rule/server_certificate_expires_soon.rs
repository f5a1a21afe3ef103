//! Too little is left of the certificate of our own TLS listener, and nothing else tells of it.

use serde_json::json;

use super::{Kind, Meta, Rule, Said, ServerFacts};
use crate::model::Severity;

/// The rule. Where an endpoint of the inventory shows the certificate, or the renewal of its lineage is told as failing, that
/// is enough.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "server.certificate-expires-soon",
        title: "notafter's own certificate expires soon",
        why: "A renewal that works has usually replaced it by this limit. From its end on, browsers refuse the pages of notafter itself.",
        source: "docs/server.md; notafter: shares of the lifetime with absolute floors",
        severity: Severity::Critical,
        hint: "Find out why what tls_lineage or tls_certificate names was not renewed, and renew it: it is presented within seconds.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Server(violated),
};

fn violated(facts: &ServerFacts<'_>) -> Vec<Said> {
    let leaf = facts.presented;
    if facts.is_stand_in || facts.is_end_told || leaf.is_expired(facts.now) {
        return Vec::new();
    }
    let left = leaf.not_after().since(facts.now);
    let severity = facts.thresholds.leaf(leaf.lifetime()).severity(left);
    if severity == Severity::Ok {
        return Vec::new();
    }
    let text = format!(
        "{} presents a certificate that expires in {left} ({})",
        facts.listener,
        leaf.not_after().for_people()
    );
    let evidence = json!({ "not_after": leaf.not_after(), "fingerprint": leaf.fingerprint() });
    vec![Said::new(severity, leaf.fingerprint(), text, evidence)]
}
