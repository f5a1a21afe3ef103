//! The peer ended the handshake.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.alert",
        title: "handshake refused with an alert",
        why: "The peer speaks TLS and does not want to speak it like this: often it knows only versions or suites older than TLS 1.2 with forward secrecy, or no such server name.",
        source: "RFC 8446 section 6.2",
        severity: Severity::Unknown,
        hint: "Offer TLS 1.2 or 1.3 with ECDHE suites on the server; for unrecognized_name, check the server name (--sni).",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_SSL_VERSION_OR_CIPHER_MISMATCH or ERR_SSL_PROTOCOL_ERROR"),
            firefox: Page::Wall("SSL_ERROR_NO_CYPHER_OVERLAP or SSL_ERROR_UNSUPPORTED_VERSION"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("35: alert"),
        }),
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Alert {
        return Vec::new();
    }
    let text = format!("no handshake: {}", failure.detail);
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Unknown, "alert", text, evidence)]
}
