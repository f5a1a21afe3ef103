//! Nothing came within the limit.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.timeout",
        title: "no answer in time",
        why: "The service may be down, slow, or hidden behind a filter: what it serves is not known.",
        source: "notafter: law 6, unknown is a value",
        severity: Severity::Unknown,
        hint: "Look again with a longer --timeout; if other places can reach it, a filter between here and there drops the packets. Where a connection came about, check that the port speaks the protocol that was named.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_CONNECTION_TIMED_OUT"),
            firefox: Page::Wall("The connection has timed out"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("28: Connection timed out"),
        }),
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Timeout {
        return Vec::new();
    }
    let text = format!("no answer: {}", failure.detail);
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Unknown, "timeout", text, evidence)]
}
