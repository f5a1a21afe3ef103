//! The subject is a distinguished name.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-not-dn",
        title: "The subject is a distinguished name.",
        why: "What cannot be read as a name belongs to nobody, and clients cannot read what follows either.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_subject_not_dn"),
        hint: "have it issued anew with a subject that is a SEQUENCE of SETs of attributes, be it an empty one",
    },
    applies: |_| true,
    judge: |subject| {
        let fault = subject.anatomy.subject.as_ref().err();
        Verdict::of(fault.map(ToString::to_string))
    },
};
