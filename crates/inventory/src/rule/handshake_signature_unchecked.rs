//! The handshake's own signature was not checked.

use notafter_tls::observation::{Possession, Served};
use serde_json::json;

use super::{Kind, Meta, Rule, Said};
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
        marks: &[],
    },
    kind: Kind::Handshake(violated),
};

fn violated(served: &Served) -> Vec<Said> {
    if served.possession != Possession::Unchecked {
        return Vec::new();
    }
    let reason = served.incomplete.as_ref().map_or("no reason is known", |failure| &failure.detail);
    let text = format!("a certificate was shown, but not that the peer holds its key: {reason}");
    let evidence = json!({ "fingerprint": served.leaf(), "version": served.version });
    vec![Said::new(Severity::Unknown, "signature", text, evidence)]
}
