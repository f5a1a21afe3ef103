//! The text of a user notice should be a UTF8String.

use crate::der::Tag;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cert-policy-explicit-text-not-utf8",
        title: "The text of a user notice should be a UTF8String.",
        why: "It is the form that every client reads.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.4 as RFC 6818 section 3 has it",
        severity: Severity::Warning,
        effective: Effective::RFC_6818,
        affects_path: false,
        alias: Some("zlint:w_ext_cert_policy_explicit_text_not_utf8"),
        hint: "ask for a profile with the text as a UTF8String",
    },
    applies: |subject| !ask::explicit_texts(subject).is_empty(),
    judge: |subject| ask::all_explicit_texts(subject, |tag, _| tag == Tag::UTF8_STRING),
};
