//! A CRL has a number.

use crate::der::oid;
use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.missing-crl-number",
        title: "A CRL has a number.",
        why: "By their numbers a reader tells which of two CRLs is the later one, and which a delta changes.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.2.3",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_crl_missing_crl_number"),
        hint: "add cRLNumber, and raise it with every CRL",
    },
    applies: |_| true,
    judge: |crl| {
        let found = crl.trailer.extension(oid::CRL_NUMBER);
        Verdict::holds(found.is_some(), || "it has no cRLNumber".to_owned())
    },
};
