//! Too little is left of the server's certificate.

use notafter_cert::Span;
use serde_json::json;

use super::{ChainFacts, Kind, Mark, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.expires-soon",
        title: "certificate expires soon",
        why: "A renewal that works has usually replaced the certificate by this limit: the automation may have failed, or there is none.",
        source: "notafter: shares of the lifetime with absolute floors",
        severity: Severity::Critical,
        hint: "Find out why it was not renewed, or why the renewed one is not served here, and mend that now.",
        clients: None,
        marks: &[Mark::ToCome, Mark::Ending],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    let left = leaf.not_after().since(facts.at);
    let limits = facts.thresholds.leaf(leaf.lifetime());
    let severity = limits.severity(left);
    if severity == Severity::Ok || leaf.is_expired(facts.at) {
        return Vec::new();
    }
    let text = match left < Span::seconds(1) {
        true => format!("expires within this second ({})", leaf.not_after().for_people()),
        false => format!("expires in {left} ({})", leaf.not_after().for_people()),
    };
    let evidence = json!({
        "not_after": leaf.not_after(),
        "fingerprint": leaf.fingerprint(),
        "lifetime_seconds": leaf.lifetime().as_seconds(),
        "warning_below_seconds": limits.warning.as_seconds(),
        "critical_below_seconds": limits.critical.as_seconds(),
    });
    let said = Said::new(severity, leaf.fingerprint(), text, evidence);
    vec![match severity {
        Severity::Critical => said,
        _ => said.with_hint(
            "Find out whether the renewal is still to come, and why it has not happened yet.".to_owned(),
        ),
    }]
}
