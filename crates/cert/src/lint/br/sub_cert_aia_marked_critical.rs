//! The authorityInfoAccess of a subscriber is not critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-aia-marked-critical",
        title: "The authorityInfoAccess of a subscriber is not critical.",
        why: "A client that does not know it must refuse the certificate.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_sub_cert_aia_marked_critical"),
        hint: "order it anew from a profile with a non-critical authorityInfoAccess",
    },
    applies: |subject| {
        subject.is_subscriber() && subject.anatomy.extension(oid::AUTHORITY_INFO_ACCESS).is_some()
    },
    judge: |subject| reading::must_not_be_critical(subject, oid::AUTHORITY_INFO_ACCESS),
};
