//! A router said that there is no way.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.unreachable",
        title: "host unreachable",
        why: "The network reports that the address cannot be reached from here: what it serves is not known.",
        source: "RFC 1122 section 3.2.2.1",
        severity: Severity::Unknown,
        hint: "Check the route and the firewalls on the way; look from another place.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_ADDRESS_UNREACHABLE"),
            firefox: Page::Wall("Unable to connect"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("7: Failed to connect"),
        }),
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Unreachable {
        return Vec::new();
    }
    let text = format!("unreachable: {}", failure.detail);
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Unknown, "unreachable", text, evidence)]
}
