//! Everybody who must know was asked, and nobody told.

use notafter_cert::revocation::{Because, Statement};
use serde_json::json;

use super::{Kind, Mark, Meta, RevocationFacts, Rule, Said};
use crate::check::CertificateStatus;
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.revocation-unknown",
        title: "revocation not known",
        why: "Whoever must tell whether the certificate was revoked was asked, and gave no answer that can be believed. Most clients go on; those that insist do not, and a revocation would not be noticed.",
        source: "RFC 5280 section 6.3; RFC 6960 section 3.2",
        severity: Severity::Unknown,
        hint: "Ask again in a while; if it stays, tell the CA that its responder or CRL cannot be used, and give --crlite FILE to judge by a filter.",
        clients: None,
        marks: &[Mark::ByAsking],
    },
    kind: Kind::Revocation(violated),
};

fn violated(facts: &RevocationFacts<'_>) -> Vec<Said> {
    let unknown = facts.statuses.iter().filter(|known| facts.were_asked && known.status.is_missing());
    unknown.map(said).collect()
}

fn said(known: &CertificateStatus) -> Said {
    let why = match known.status.telling() {
        Some(statement) => format!("{}: {}", statement.source, because(statement)),
        None => Because::NoSource.to_string(),
    };
    let text = format!("whether {} was revoked is not known: {why}", known.name);
    let evidence = json!({ "fingerprint": known.fingerprint, "sources": known.sources });
    let said = Said::new(Severity::Unknown, known.fingerprint, text, evidence);
    match known.status.statements.is_empty() {
        true => said.with_hint(
            "Ask the CA why it names neither a CRL nor a responder: of all but short-lived certificates one must tell."
                .to_owned(),
        ),
        false => said,
    }
}

fn because(statement: &Statement) -> String {
    let words = statement.verdict.to_string();
    words.strip_prefix("unknown: ").map(str::to_owned).unwrap_or(words)
}
