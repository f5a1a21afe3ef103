//! A CA certificate in the path does not outlive the server's certificate.

use serde_json::json;

use super::{ChainFacts, Kind, Mark, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.ca-ends-before-leaf",
        title: "CA certificate ends before the certificate that needs it",
        why: "The service goes down when the CA certificate ends, although the server's own certificate still looks good: thresholds on the leaf alone do not see it coming.",
        source: "RFC 5280 section 6.1.3 (a)(2)",
        severity: Severity::Warning,
        hint: "Plan the renewal by the CA certificate's end, or have the certificate issued from an intermediate that lasts.",
        clients: None,
        marks: &[Mark::ToCome],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    let judge = |step: &notafter_cert::path::Step| {
        let ca = &step.certificate;
        let short = leaf.not_after().since(ca.not_after());
        if ca.not_after() >= leaf.not_after() || ca.is_expired(facts.at) {
            return None;
        }
        let role = if step.anchor { "root" } else { "intermediate" };
        let name = ca.shown_name();
        let end = ca.not_after().for_people();
        let text = format!("the {role} {name} ends {short} before the certificate that needs it ({end})");
        let evidence = json!({
            "fingerprint": ca.fingerprint(),
            "subject": ca.subject(),
            "not_after": ca.not_after(),
            "leaf_not_after": leaf.not_after(),
            "position": step.sent,
        });
        Some(Said::new(Severity::Warning, ca.fingerprint(), text, evidence))
    };
    facts.path.path.iter().skip(1).filter_map(judge).collect()
}
