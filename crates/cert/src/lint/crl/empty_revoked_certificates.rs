//! A CRL that revokes nothing has no list of revoked certificates.

use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.empty-revoked-certificates",
        title: "A CRL that revokes nothing has no list of revoked certificates.",
        why: "Strict readers refuse a CRL with an empty list, and then know nothing of any certificate of its issuer.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.1.2.6",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_crl_empty_revoked_certificates"),
        hint: "leave the field out while nothing is revoked",
    },
    applies: |_| true,
    judge: |crl| {
        Verdict::holds(!crl.lists_nothing(), || "its list of revoked certificates is empty".to_owned())
    },
};
