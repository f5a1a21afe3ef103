//! A server certificate that lives longer than a few days says how its revocation is learned.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

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
    applies: |subject| subject.is_subscriber() && !subject.is_short_lived(),
    judge: |subject| {
        let told = !ask::crl_uris(subject).is_empty() || !ask::access_uris(subject, oid::AD_OCSP).is_empty();
        Verdict::holds(told, || "there is neither an address of a CRL nor of OCSP".to_owned())
    },
};
