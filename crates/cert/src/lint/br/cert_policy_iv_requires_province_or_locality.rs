//! A certificate that vouches for a person names a place or a province.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cert-policy-iv-requires-province-or-locality",
        title: "A subject that was validated as a person has a localityName or a stateOrProvinceName.",
        why: "A name of a person says little without the place in which it was checked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.3",
        severity: Severity::Error,
        effective: Effective::from(2015, 9, 28),
        affects_path: false,
        alias: Some("zlint:e_cert_policy_iv_requires_province_or_locality"),
        hint: "order the certificate with the place of the person",
    },
    applies: |subject| subject.is_subscriber() && ask::has_policy(subject, oid::CABF_IV),
    judge: |subject| ask::subject_must_have(subject, &[oid::LOCALITY, oid::STATE]),
};
