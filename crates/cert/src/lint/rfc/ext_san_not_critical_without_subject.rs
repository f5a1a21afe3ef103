//! subjectAltName is critical where there is no subject.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-not-critical-without-subject",
        title: "subjectAltName is critical where there is no subject.",
        why: "A client that does not know the extension would take the certificate for nobody's.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_san_not_critical_without_subject"),
        hint: "have it issued anew with a critical subjectAltName, or with a subject",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| {
        ask::field(&subject.anatomy.subject, |name| {
            if name.is_empty() {
                reading::must_be_critical(subject, oid::SUBJECT_ALT_NAME)
            } else {
                Verdict::Pass
            }
        })
    },
};
