//! The text of a user notice should be in normalization form C.

use crate::der::Tag;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cert-policy-explicit-text-not-nfc",
        title: "The text of a user notice should be in normalization form C.",
        why: "The same letters, written in another way, are another text for whoever compares or searches.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.4 as RFC 6818 section 3 has it",
        severity: Severity::Warning,
        effective: Effective::RFC_6818,
        affects_path: false,
        alias: Some("zlint:w_ext_cert_policy_explicit_text_not_nfc"),
        hint: "ask for a profile with a normalized text",
    },
    applies: |subject| !ask::explicit_texts(subject).is_empty(),
    judge: |subject| {
        ask::all_explicit_texts(subject, |tag, text| {
            !matches!(tag, Tag::UTF8_STRING | Tag::BMP_STRING) || ask::is_nfc(text)
        })
    },
};
