//! The subject has no control characters.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-dn-not-printable-characters",
        title: "The subject has no control characters.",
        why: "Who reads the name on a screen or in a log sees something else than what is there.",
        source: Source::Rfc,
        citation: "RFC 5280 appendix A.1; ITU-T X.520 section 6",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_subject_dn_not_printable_characters"),
        hint: "ask for a name of letters, digits and signs only",
    },
    applies: |_| true,
    judge: |subject| {
        ask::field(&subject.anatomy.subject, |name| {
            let odd = name.attributes().find(|attribute| {
                attribute.value.text().is_ok_and(|text| text.chars().any(char::is_control))
            });
            Verdict::of(odd.map(|attribute| format!("{:?}", attribute.to_string())))
        })
    },
};
