//! The dialogue before TLS did not lead to TLS.

use notafter_tls::observation::{Failure, FailureKind};
use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.starttls-refused",
        title: "STARTTLS refused",
        why: "The peer speaks another protocol, or does not offer or grant the change to TLS: mail or data would travel in the clear.",
        source: "RFC 3207; RFC 9051 section 6.2.1; PostgreSQL protocol section 54.2.10",
        severity: Severity::Unknown,
        hint: "Switch TLS on at the server, or check port and protocol; where TLS begins with the first byte, as at port 465 or 993, name tls://host:port.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Failure(violated),
};

fn violated(failure: &Failure) -> Vec<Said> {
    if failure.kind != FailureKind::Starttls {
        return Vec::new();
    }
    let text = format!("STARTTLS refused: {}", failure.detail);
    let evidence = json!({ "detail": failure.detail, "alert": failure.alert });
    vec![Said::new(Severity::Unknown, "starttls-refused", text, evidence)]
}
