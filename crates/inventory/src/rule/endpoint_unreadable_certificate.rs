//! What the peer showed is not an X.509 certificate.

use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, HandshakeFacts, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.unreadable-certificate",
        title: "certificate cannot be read",
        why: "The handshake succeeded as far as it goes, but what was shown in place of a certificate cannot be read: it is neither good nor bad.",
        source: "RFC 5280 section 4.1",
        severity: Severity::Unknown,
        hint: "Look at the server's certificate file; keep the evidence (--evidence) for the maker of the server.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_SSL_SERVER_CERT_BAD_FORMAT"),
            firefox: Page::Wall("SEC_ERROR_BAD_DER"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("35: SSL routines: ASN1 lib"),
        }),
    },
    kind: Kind::Handshake(violated),
};

fn violated(facts: &HandshakeFacts<'_>) -> Vec<Said> {
    let Err(error) = facts.chain else { return Vec::new() };
    let reason = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    let evidence = json!({ "certificates": facts.served.chain.len(), "fingerprint": facts.served.leaf() });
    vec![Said::new(Severity::Unknown, "unreadable", format!("{error}{reason}"), evidence)]
}
