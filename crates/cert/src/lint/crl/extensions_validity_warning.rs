//! A CRL has no extensions but its number, its key, and its distribution point.

use crate::der::oid;
use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.extensions-validity-warning",
        title: "A CRL has no extensions but its number, its key, and its distribution point.",
        why: "Others are not recommended: few programs know them, and none needs them for public certificates.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.2.2",
        severity: Severity::Warning,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "leave other extensions out",
    },
    applies: |_| true,
    judge: |crl| {
        let known = [oid::CRL_NUMBER, oid::AUTHORITY_KEY_IDENTIFIER, oid::ISSUING_DISTRIBUTION_POINT];
        let other = crl.trailer.extensions().find(|one| !known.contains(&one.kind));
        Verdict::of(other.map(|one| format!("it has {}", one.kind.shown())))
    },
};
