//! Our own policy forbids the address.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.forbidden",
        title: "address not allowed",
        why: "The server part of notafter does not reach link-local, metadata and multicast addresses, and private ones only for what an administrator wrote.",
        source: "notafter: law 10, the other side is hostile",
        severity: Severity::Unknown,
        hint: "If the address is meant, have an administrator write the endpoint into the inventory; otherwise correct the DNS record that points there.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Forbidden {
        return Vec::new();
    }
    let text = format!("not looked at: {}", failure.detail);
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Unknown, "forbidden", text, evidence)]
}
