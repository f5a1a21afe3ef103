//! subjectAltName is critical only where the subject is empty.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-san-critical-with-subject-dn",
        title: "subjectAltName should not be critical where the subject is not empty.",
        why: "Some clients refuse the certificate otherwise.",
        source: Source::BaselineRequirements,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Warning,
        effective: Effective::RFC_5280.until(2023, 9, 15),
        affects_path: true,
        alias: Some("zlint:w_ext_san_critical_with_subject_dn"),
        hint: "ask the CA for a certificate whose subjectAltName is not critical",
    },
    applies: |subject| subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some(),
    judge: reading::names_critical_only_without_subject,
};
