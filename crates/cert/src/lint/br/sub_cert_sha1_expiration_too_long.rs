//! A certificate signed over SHA-1 ends before 2017.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, midnight, reading};
use crate::x509::AlgorithmIdentifier;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-sha1-expiration-too-long",
        title: "A certificate signed over SHA-1 ends before 2017.",
        why: "From 2017 on browsers refused them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.2.1 section 9.4.2",
        severity: Severity::Warning,
        effective: Effective::from(2015, 1, 16),
        affects_path: false,
        alias: Some("zlint:w_sub_cert_sha1_expiration_too_long"),
        hint: "replace it by one signed over SHA-256",
    },
    applies: |subject| {
        !subject.is_ca()
            && subject.anatomy.tbs_signature.as_ref().is_ok_and(AlgorithmIdentifier::is_over_sha1)
    },
    judge: |subject| {
        reading::validity(subject, |_, ends| {
            Verdict::holds(ends <= midnight((2017, 1, 1)), || format!("it ends {}", ends.for_people()))
        })
    },
};
