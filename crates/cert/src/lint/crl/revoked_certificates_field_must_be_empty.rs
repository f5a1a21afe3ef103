//! While no entry is there, the field for entries is not there either.

use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.revoked-certificates-field-must-be-empty",
        title: "While no entry is there, the field for entries is not there either.",
        why: "Strict readers refuse a CRL with an empty list, and then know nothing of any certificate of its issuer.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.1.2.6",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_crl_revoked_certificates_field_must_be_empty"),
        hint: "leave the field out while nothing is revoked",
    },
    applies: |crl| crl.entries().next().is_none(),
    judge: |crl| {
        Verdict::holds(crl.revoked.is_none(), || "revokedCertificates is there, without an entry".to_owned())
    },
};
