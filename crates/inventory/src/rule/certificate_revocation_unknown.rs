//! Everybody who must know was asked, and nobody told.

use notafter_cert::revocation::{Because, Source, Statement};
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
        hint: "Ask again in a while; if it stays, tell the CA that its responder or CRL cannot be used.",
        clients: None,
        marks: &[Mark::ByAsking],
    },
    kind: Kind::Revocation(violated),
};

fn violated(facts: &RevocationFacts<'_>) -> Vec<Said> {
    let unknown = facts.statuses.iter().filter(|known| facts.were_asked && known.status.is_missing());
    unknown.map(|known| said(known, facts.is_public)).collect()
}

fn said(known: &CertificateStatus, is_public: bool) -> Said {
    let why = match known.status.telling() {
        Some(statement) => format!("{}: {}", statement.source, because(statement)),
        None => Because::NoSource.to_string(),
    };
    let text = format!("whether {} was revoked is not known: {why}", known.name);
    let evidence = json!({ "fingerprint": known.fingerprint, "sources": known.sources });
    let said = Said::new(Severity::Unknown, known.fingerprint, text, evidence);
    match hint(known, is_public) {
        Some(hint) => said.with_hint(hint.to_owned()),
        None => said,
    }
}

/// What helps where the usual does not. Filters have the certificates of public CAs, and none of a CA itself.
fn hint(known: &CertificateStatus, is_public: bool) -> Option<&'static str> {
    let statements = &known.status.statements;
    let filters = statements.iter().filter(|said| matches!(said.source, Source::Crlite(_))).count();
    Some(match (filters, statements.len()) {
        (_, 0) => {
            "Ask the CA why it names neither a CRL nor a responder: of all but short-lived certificates one must tell."
        }
        (some, all) if some == all => "Give a newer filter, or --revocation to ask whoever must tell.",
        (0, _) if is_public && !known.certificate.is_ca() => {
            "Ask again in a while; if it stays, tell the CA that its responder or CRL cannot be used, and give --crlite FILE to \
             judge by a filter."
        }
        (0, _) => return None,
        _ => {
            "Ask again in a while, or give a newer filter; if it stays, tell the CA that its responder or CRL cannot be used."
        }
    })
}

fn because(statement: &Statement) -> String {
    let words = statement.verdict.to_string();
    words.strip_prefix("unknown: ").map(str::to_owned).unwrap_or(words)
}
