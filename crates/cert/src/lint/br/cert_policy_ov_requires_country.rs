//! A certificate that vouches for an organisation names a country.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cert-policy-ov-requires-country",
        title: "A subject that was validated as an organisation has a countryName.",
        why: "A name of an organisation is one of many without the country in whose register it stands.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.4",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_cert_policy_ov_requires_country"),
        hint: "order the certificate with the country of the organisation",
    },
    applies: |subject| !subject.is_ca() && ask::has_policy(subject, oid::CABF_OV),
    judge: |subject| ask::subject_must_have(subject, &[oid::COUNTRY]),
};
