//! It is not signed over SHA-1.

use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-or-sub-ca-using-sha1",
        title: "It is not signed over SHA-1.",
        why: "Two certificates with one SHA-1 can be made for money; clients refuse them all.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.3.2.1",
        severity: Severity::Error,
        effective: Effective::from(2016, 1, 1),
        affects_path: true,
        alias: Some("zlint:e_sub_cert_or_sub_ca_using_sha1"),
        hint: "replace it by one signed over SHA-256",
    },
    applies: |_| true,
    judge: |subject| reading::not_sha1(&subject.anatomy.tbs_signature),
};
