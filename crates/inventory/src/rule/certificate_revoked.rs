//! Somebody who must know says that a certificate of the chain was revoked.

use notafter_cert::revocation::{Source, Statement, Verdict};
use serde_json::json;

use super::{Clients, Kind, Mark, Meta, Page, RevocationFacts, Rule, Said};
use crate::check::CertificateStatus;
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.revoked",
        title: "certificate revoked",
        why: "Its CA has withdrawn the certificate before its end. Browsers learn of it by filters that are made of all CRLs (Firefox's CRLite, Chrome's CRLSets), Apple's by asking; from then on nobody gets in, and nobody can click it away.",
        source: "RFC 5280 section 3.3; Baseline Requirements section 4.9",
        severity: Severity::Critical,
        hint: "Issue a certificate with a new key and install it now; then find out who asked for the revocation, and why.",
        clients: Some(KNOWN),
        marks: &[Mark::ByAsking],
    },
    kind: Kind::Revocation(violated),
};

/// Chrome looks into no CRL by itself, and knows those that its CRLSets have; Firefox knows what CRLite has: both of public CAs.
const KNOWN: Clients = Clients {
    chromium: Page::Unknown,
    firefox: Page::Wall("SEC_ERROR_REVOKED_CERTIFICATE"),
    safari: Page::Unknown,
    curl: Page::Nothing,
};

/// What the server itself staples, everybody sees who looks at it.
const STAPLED: Clients = Clients { chromium: Page::Wall("NET::ERR_CERT_REVOKED"), ..KNOWN };

/// What a private CA says, no browser's filter has.
const OF_PRIVATE_CA: Clients = Clients { firefox: Page::Unknown, ..KNOWN };

fn violated(facts: &RevocationFacts<'_>) -> Vec<Said> {
    facts.statuses.iter().filter_map(|known| revoked(known, facts.is_public)).collect()
}

fn revoked(known: &CertificateStatus, is_public: bool) -> Option<Said> {
    let statement = known.status.telling()?;
    let Verdict::Revoked { at, reason, .. } = &statement.verdict else { return None };
    let text = format!("{} was {}, says {}", known.name, statement.verdict, statement.source);
    let evidence = json!({
        "fingerprint": known.fingerprint,
        "revoked_at": at,
        "reason": reason.map(notafter_cert::revocation::Reason::name),
        "source": statement.source.kind(),
        "place": statement.source.place(),
        "this_update": statement.this_update,
    });
    let said = Said::new(Severity::Critical, known.fingerprint, text, evidence);
    let said = match known.certificate.is_ca() {
        true => said.with_hint(format!(
            "Issue the certificate anew below another CA: everything below {} is refused with it.",
            known.name
        )),
        false => said,
    };
    let is_by = |kind: fn(&Source) -> bool| {
        let mut statements = known.status.statements.iter();
        statements.any(|said: &Statement| kind(&said.source) && said.verdict.is_revoked())
    };
    Some(if is_by(|source| *source == Source::Staple) {
        said.seen_as(STAPLED)
    } else if is_public || is_by(|source| matches!(source, Source::Crlite(_))) {
        said
    } else {
        said.seen_as(OF_PRIVATE_CA)
    })
}
