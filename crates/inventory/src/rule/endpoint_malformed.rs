//! The peer speaks TLS wrongly.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.malformed",
        title: "handshake breaks the protocol",
        why: "The answer began as TLS and then broke its rules: what the peer serves is not known.",
        source: "RFC 8446 section 6.2",
        severity: Severity::Unknown,
        hint: "Look for a faulty TLS implementation or a middle box that rewrites packets.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_SSL_PROTOCOL_ERROR"),
            firefox: Page::Wall("SSL_ERROR_RX_MALFORMED_HANDSHAKE"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("35: SSL routines"),
        }),
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Malformed {
        return Vec::new();
    }
    let text = format!("the handshake broke the protocol: {}", failure.detail);
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Unknown, "malformed", text, evidence)]
}
