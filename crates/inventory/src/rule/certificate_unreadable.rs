//! What was shown is not an X.509 certificate, or nothing was.

use std::error::Error as _;

use notafter_cert::path::ChainReadError;
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.unreadable",
        title: "certificate cannot be read",
        why: "What stands in place of a certificate cannot be read: it is neither good nor bad.",
        source: "RFC 5280 section 4.1",
        severity: Severity::Unknown,
        hint: "Look at the server's certificate file; keep the evidence (--evidence) for the maker of the server.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_SSL_SERVER_CERT_BAD_FORMAT"),
            firefox: Page::Wall("SEC_ERROR_BAD_DER"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("35: SSL routines"),
        }),
        marks: &[],
    },
    kind: Kind::Unreadable(violated),
};

fn violated(error: &ChainReadError) -> Vec<Said> {
    let reason = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    let evidence = json!({ "error": error.to_string() });
    vec![Said::new(Severity::Unknown, "unreadable", format!("{error}{reason}"), evidence)]
}
