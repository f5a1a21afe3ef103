//! An OCSP answer was stapled that tells nothing of the certificate.

use notafter_cert::revocation::{Because, Verdict};
use serde_json::json;

use super::{Clients, Kind, Meta, Page, RevocationFacts, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "handshake.staple-unusable",
        title: "stapled answer cannot be used",
        why: "The server staples an OCSP answer that is out of date, about another certificate, or not signed by whoever may. Firefox refuses one that is wrong, and one that is only old where the certificate demands a staple; others look past it.",
        source: "RFC 6066 section 8; RFC 6960 section 3.2",
        severity: Severity::Critical,
        hint: "Let the server fetch a new answer: check that it reaches the responder, or renew the file that it staples from, and reload it.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Revocation(violated),
};

fn violated(facts: &RevocationFacts<'_>) -> Vec<Said> {
    let leaf = facts.chain.leaf();
    let known = facts.statuses.iter().find(|known| known.certificate == *leaf);
    let Some(statement) = known.and_then(|known| known.stapled()) else { return Vec::new() };
    let Verdict::Unknown(because) = &statement.verdict else { return Vec::new() };
    let error = firefox(because, leaf.must_staple());
    let severity = if error.is_some() { Severity::Critical } else { Severity::Warning };
    let text = format!("the stapled OCSP answer cannot be used: {because}");
    let evidence = json!({
        "fingerprint": leaf.fingerprint(),
        "this_update": statement.this_update,
        "next_update": statement.next_update,
    });
    let said = Said::new(severity, leaf.fingerprint(), text, evidence);
    vec![match error {
        Some(error) => said.seen_as(refused_by_firefox(error)),
        None => said,
    }]
}

const fn refused_by_firefox(error: &'static str) -> Clients {
    let nothing = Page::Nothing;
    Clients { chromium: nothing, firefox: Page::Wall(error), safari: nothing, curl: nothing }
}

/// What Firefox shows (`NSSCertDBTrustDomain::CheckRevocation`, `pkixocsp.cpp`): of an old answer, one of a signer who may not, and a
/// responder that is busy, it acts as if there was none.
const fn firefox(because: &Because, must_staple: bool) -> Option<&'static str> {
    match because {
        Because::Signature(_) => Some("SEC_ERROR_OCSP_BAD_SIGNATURE"),
        Because::Unreadable { .. } => Some("SEC_ERROR_OCSP_MALFORMED_RESPONSE"),
        Because::OtherCertificate => Some("MOZILLA_PKIX_ERROR_OCSP_RESPONSE_FOR_CERT_MISSING"),
        Because::NotYet(_) => Some("SEC_ERROR_OCSP_FUTURE_RESPONSE"),
        Because::NotKnownToResponder => Some("SEC_ERROR_OCSP_UNKNOWN_CERT"),
        _ if must_staple => Some("MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"),
        _ => None,
    }
}
