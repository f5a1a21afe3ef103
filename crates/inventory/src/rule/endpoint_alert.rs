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

/// handshake_failure and insufficient_security (RFC 8446 section 6.2): clients that offer other suites and groups may well
/// be served.
const OF_WHAT_IS_OFFERED: [u8; 2] = [40, 71];

const NOT_KNOWN: Clients =
    Clients { chromium: Page::Unknown, firefox: Page::Unknown, safari: Page::Unknown, curl: Page::Unknown };

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Alert {
        return Vec::new();
    }
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    let depends = failure.alert.is_some_and(|alert| OF_WHAT_IS_OFFERED.contains(&alert));
    if !depends {
        let text = format!("no handshake: {}", failure.detail);
        return vec![Said::new(Severity::Unknown, "alert", text, evidence)];
    }
    let text = format!(
        "no handshake: {}; the peer may speak what is not offered here, and what clients show then is not known",
        failure.detail
    );
    vec![Said::new(Severity::Unknown, "alert", text, evidence).seen_as(NOT_KNOWN)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server with TLS_RSA_WITH_AES_128_CBC_SHA alone was said to show an error in curl, which it serves.
    #[test]
    fn what_clients_see_is_not_told_where_it_depends_on_what_they_offer() {
        let said = |alert| {
            let failure = Failure { kind: FailureKind::Alert, detail: "refused".to_owned(), alert };
            violated(&failure).remove(0)
        };
        for alert in [40, 71] {
            let said = said(Some(alert));
            assert!(said.text.contains("what clients show then is not known"), "{}", said.text);
            assert_eq!(said.clients, Some(NOT_KNOWN));
        }
        assert_eq!(said(Some(112)).clients, None, "an unknown name is refused whatever is offered");
        assert_eq!(said(None).clients, None);
    }
}
