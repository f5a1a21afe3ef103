//! A server certificate that lives longer than a few days says how its revocation is learned.

use super::ask;
use crate::Span;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Subject, Verdict, midnight};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.missing-crl-distrib-point",
        title: "A server certificate that is not short-lived and offers no OCSP has a distribution point of CRLs.",
        why: "Nobody could learn that it has been revoked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.2",
        severity: Severity::Error,
        effective: Effective::from(2024, 3, 15),
        affects_path: false,
        alias: Some("zlint:e_missing_crl_distrib_point"),
        hint: "ask the CA for a certificate with a distribution point of CRLs",
    },
    applies: |subject| subject.is_subscriber() && !is_short_lived(subject),
    judge: |subject| {
        let told = !ask::crl_uris(subject).is_empty() || !ask::access_uris(subject, oid::AD_OCSP).is_empty();
        Verdict::holds(told, || "there is neither an address of a CRL nor of OCSP".to_owned())
    },
};

/// Up to ten days, since March 2026 up to seven (section 1.6.1, Short-lived Subscriber Certificate).
fn is_short_lived(subject: &Subject<'_>) -> bool {
    let most = if ask::begins_before(subject, midnight((2026, 3, 15))) { 10 } else { 7 };
    match (&subject.anatomy.not_before, &subject.anatomy.not_after) {
        (Ok(begins), Ok(ends)) => ends.time.since(begins.time) <= Span::days(most),
        _ => false,
    }
}
