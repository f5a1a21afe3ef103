//! The extensions of a CRL are critical where they must be, and nowhere else.

use crate::der::oid;
use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.extensions-validity",
        title: "The extensions of a CRL are critical where they must be, and nowhere else.",
        why: "A reader that does not know issuingDistributionPoint would take a part of the CRLs for all of them; one that must know the others refuses the CRL.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.2.2",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_crl_extensions_validity"),
        hint: "mark issuingDistributionPoint alone as critical",
    },
    applies: |_| true,
    judge: |crl| {
        let must_be = |kind| match kind {
            oid::CRL_NUMBER | oid::AUTHORITY_KEY_IDENTIFIER => Some(false),
            oid::ISSUING_DISTRIBUTION_POINT => Some(true),
            _ => None,
        };
        let wrong =
            crl.trailer.extensions().find(|one| must_be(one.kind).is_some_and(|must| must != one.critical));
        Verdict::of(
            wrong.map(|one| {
                format!("{} is {}critical", one.kind.shown(), if one.critical { "" } else { "not " })
            }),
        )
    },
};
