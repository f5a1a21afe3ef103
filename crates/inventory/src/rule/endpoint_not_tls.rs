//! The peer speaks something else.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.not-tls",
        title: "not TLS",
        why: "Whatever listens there does not answer a TLS greeting with TLS: plain HTTP, or a protocol that wants STARTTLS first.",
        source: "RFC 8446 section 5.1",
        severity: Severity::Unknown,
        hint: "Check the port; for mail and databases name the protocol: smtp://host, imap://host, postgres://host.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_SSL_PROTOCOL_ERROR"),
            firefox: Page::Wall("SSL_ERROR_RX_RECORD_TOO_LONG"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("35: wrong version number"),
        }),
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::NotTls {
        return Vec::new();
    }
    let text = format!("not TLS: {}", failure.detail);
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Unknown, "not-tls", text, evidence)]
}
