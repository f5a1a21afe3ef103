//! A PrintableString has only letters, digits, spaces and eleven signs.

use crate::der::Tag;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-printable-string-badalpha",
        title: "A PrintableString has only letters, digits, spaces and eleven signs.",
        why: "Others do not belong to its alphabet: the at sign, the asterisk and the underscore are the usual mistakes.",
        source: Source::Rfc,
        citation: "RFC 5280 appendix B; ITU-T X.680 section 41.4",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_subject_printable_string_badalpha"),
        hint: "have it issued anew with this attribute as a UTF8String",
    },
    applies: |subject| subject.anatomy.subject.is_ok(),
    judge: |subject| {
        ask::field(&subject.anatomy.subject, |name| {
            let mut strings =
                name.attributes().filter(|attribute| attribute.value.tag == Tag::PRINTABLE_STRING);
            let odd = strings.find(|attribute| {
                let letters = attribute.value.content;
                letters.is_empty() || !letters.iter().all(is_printable)
            });
            Verdict::of(odd.map(|attribute| format!("{attribute} is no PrintableString")))
        })
    },
};

fn is_printable(letter: &u8) -> bool {
    letter.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(letter)
}
