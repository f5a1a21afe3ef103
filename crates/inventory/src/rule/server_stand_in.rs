//! Our own TLS listener presents a self-signed certificate that nobody can trust, and nothing else tells of it.

use serde_json::json;

use super::{Kind, Meta, Rule, Said, ServerFacts};
use crate::model::Severity;

/// The rule. Where an endpoint of the inventory is this listener, `chain.self-signed` says so there.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "server.stand-in",
        title: "notafter presents a self-signed stand-in",
        why: "The certificate that notafter shall present is not there or cannot be used: browsers warn of the pages of notafter itself, and people learn to click warnings away.",
        source: "docs/server.md",
        severity: Severity::Critical,
        hint: "Mend what the text says: the certificate is presented within seconds. Until then come in on loopback, with ssh -L.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Server(violated),
};

fn violated(facts: &ServerFacts<'_>) -> Vec<Said> {
    let Some(obstacle) = facts.lasting_obstacle().filter(|_| facts.is_stand_in && !facts.is_watched) else {
        return Vec::new();
    };
    let text = format!("{} presents a self-signed stand-in: {}", facts.listener, obstacle.words);
    let evidence = json!({ "code": obstacle.code, "since": obstacle.since });
    vec![Said::new(Severity::Critical, "stand-in", text, evidence).with_hint(obstacle.hint.to_owned())]
}
