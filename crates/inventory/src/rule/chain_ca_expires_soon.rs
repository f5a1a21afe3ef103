//! Too little is left of a CA certificate that the path needs.

use serde_json::json;

use super::{ChainFacts, Kind, Mark, Meta, Rule, Said};
use crate::model::Severity;
use crate::threshold::Limits;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.ca-expires-soon",
        title: "CA certificate expires soon",
        why: "When it ends, every certificate below it ends with it, whatever their own dates say; replacing a CA takes longer than renewing a certificate.",
        source: "RFC 5280 section 6.1.3 (a)(2)",
        severity: Severity::Critical,
        hint: "Have the certificate issued anew from the CA's next intermediate, or ask the CA for it.",
        clients: None,
        marks: &[Mark::ToCome],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let judge = |step: &notafter_cert::path::Step| {
        let ca = &step.certificate;
        let left = ca.not_after().since(facts.at);
        let severity = Limits::CA.severity(left);
        if severity == Severity::Ok || ca.is_expired(facts.at) {
            return None;
        }
        let role = if step.anchor { "root" } else { "intermediate" };
        let text =
            format!("the {role} {} expires in {left} ({})", ca.shown_name(), ca.not_after().for_people());
        let evidence = json!({
            "fingerprint": ca.fingerprint(),
            "subject": ca.subject(),
            "not_after": ca.not_after(),
            "position": step.sent,
        });
        Some(Said::new(severity, ca.fingerprint(), text, evidence))
    };
    facts.path.path.iter().skip(1).filter_map(judge).collect()
}
