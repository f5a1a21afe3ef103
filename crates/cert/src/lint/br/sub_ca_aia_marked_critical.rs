//! The authorityInfoAccess of a subordinate CA is not critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-aia-marked-critical",
        title: "The authorityInfoAccess of a subordinate CA is not critical.",
        why: "A client that does not know it would have to refuse every certificate below.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_sub_ca_aia_marked_critical"),
        hint: "issue the CA anew with a non-critical authorityInfoAccess",
    },
    applies: |subject| {
        subject.is_subordinate_ca() && subject.anatomy.extension(oid::AUTHORITY_INFO_ACCESS).is_some()
    },
    judge: |subject| reading::must_not_be_critical(subject, oid::AUTHORITY_INFO_ACCESS),
};
