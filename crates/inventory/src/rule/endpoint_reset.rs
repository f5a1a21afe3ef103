//! The peer broke off.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.reset",
        title: "connection reset",
        why: "The peer took the connection and closed it before showing a certificate: a crashed or overloaded service, a proxy without a backend, a filter, or a service that speaks another protocol before TLS.",
        source: "RFC 9293 section 3.10.7.4",
        severity: Severity::Critical,
        hint: "Look into the server's log at this instant: a load balancer may have no healthy backend. If it speaks another protocol before TLS, write that with the target (postgres://, smtp://, imap:// ...), or check with --starttls.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_CONNECTION_RESET or ERR_CONNECTION_CLOSED"),
            firefox: Page::Wall("PR_CONNECT_RESET_ERROR or PR_END_OF_FILE_ERROR"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("35: Connection reset by peer, or SSL_ERROR_SYSCALL"),
        }),
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Reset {
        return Vec::new();
    }
    let text = format!("the connection was broken off: {}", failure.detail);
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Critical, "reset", text, evidence)]
}
