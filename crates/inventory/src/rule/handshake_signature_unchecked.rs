//! The handshake's own signature was not checked.

use notafter_tls::observation::Possession;
use serde_json::json;

use super::{HandshakeFacts, Kind, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "handshake.signature-unchecked",
        title: "possession of the key not shown",
        why: "A certificate is public: without the signature over the handshake, showing it proves nothing about who answered.",
        source: "RFC 8446 section 4.4.3",
        severity: Severity::Unknown,
        hint: "Look again; if the server demands a client certificate or speaks an odd algorithm, look from a client that has what it asks for.",
        clients: None,
    },
    kind: Kind::Handshake(violated),
};

fn violated(facts: &HandshakeFacts<'_>) -> Vec<Said> {
    if facts.served.possession != Possession::Unchecked {
        return Vec::new();
    }
    let reason = facts.served.incomplete.as_ref().map_or("no reason is known", |failure| &failure.detail);
    let text = format!("a certificate was shown, but not that the peer holds its key: {reason}");
    let evidence = json!({ "fingerprint": facts.served.leaf(), "version": facts.served.version });
    vec![Said::new(Severity::Unknown, "signature", text, evidence)]
}
