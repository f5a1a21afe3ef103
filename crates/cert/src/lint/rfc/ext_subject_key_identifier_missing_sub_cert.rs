//! A certificate that is no CA's should have a subjectKeyIdentifier.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-subject-key-identifier-missing-sub-cert",
        title: "A certificate that is no CA's should have a subjectKeyIdentifier.",
        why: "Programs find all certificates of one key by it. The Baseline Requirements advise against it since 2023.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.2",
        severity: Severity::Warning,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:w_ext_subject_key_identifier_missing_sub_cert"),
        hint: "nothing need be done for a TLS server; elsewhere ask for a profile with this extension",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| {
        Verdict::holds(ask::has(subject, oid::SUBJECT_KEY_IDENTIFIER), || {
            "no subjectKeyIdentifier".to_owned()
        })
    },
};
