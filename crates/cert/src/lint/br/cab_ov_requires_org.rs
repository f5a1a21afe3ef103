//! A certificate that vouches for an organisation names it.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cab-ov-requires-org",
        title: "A subject that was validated as an organisation has an organizationName.",
        why: "The certificate claims that an organisation was validated, and does not say which.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.4",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_cab_ov_requires_org"),
        hint: "order the certificate with the name of the organisation",
    },
    applies: |subject| !subject.is_ca() && ask::has_policy(subject, oid::CABF_OV),
    judge: |subject| ask::subject_must_have(subject, &[oid::ORGANIZATION]),
};
