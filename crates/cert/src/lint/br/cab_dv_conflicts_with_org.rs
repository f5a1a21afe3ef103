//! A certificate that vouches for domains alone names no organizationName.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cab-dv-conflicts-with-org",
        title: "A subject that was validated by its domains alone has no organizationName.",
        why: "Nobody has checked it, and whoever reads it takes it for checked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.8.7 section 7.1.6.4",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS.until(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:e_cab_dv_conflicts_with_org"),
        hint: "order the certificate without it, or with validation of the organisation",
    },
    applies: |subject| !subject.is_ca() && ask::has_policy(subject, oid::CABF_DV),
    judge: |subject| ask::subject_must_lack(subject, oid::ORGANIZATION),
};
