//! Nobody listens.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.refused",
        title: "connection refused",
        why: "The machine answered, and said that nothing listens on this port: the service is down at this address.",
        source: "RFC 9293 section 3.10.7.1",
        severity: Severity::Critical,
        hint: "Start the service at this address, or take the address out of DNS.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_CONNECTION_REFUSED"),
            firefox: Page::Wall("Unable to connect"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("7: Failed to connect"),
        }),
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Refused {
        return Vec::new();
    }
    let text = "connection refused: nothing listens there".to_owned();
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Critical, "refused", text, evidence)]
}
