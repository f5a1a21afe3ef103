//! subjectAltName is critical only where the subject is empty.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-san-critical-with-subject-dn",
        title: "subjectAltName is not critical where the subject is not empty.",
        why: "Some clients refuse the certificate otherwise; since version 2 of the requirements it is forbidden.",
        source: Source::BaselineRequirements,
        citation: "RFC 5280 section 4.2.1.6; Baseline Requirements section 7.1.2.7.12",
        severity: Severity::Warning,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:w_ext_san_critical_with_subject_dn"),
        hint: "ask the CA for a certificate whose subjectAltName is not critical",
    },
    applies: |subject| subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some(),
    judge: |subject| {
        let critical = subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some_and(|names| names.critical);
        reading::name(subject, |name| {
            let is_named = name.attributes().next().is_some();
            Verdict::holds(!critical || !is_named, || format!("it is critical, and the subject is {name}"))
        })
    },
};
