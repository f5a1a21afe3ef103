//! The text of a user notice is no IA5String.

use crate::der::Tag;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cert-policy-explicit-text-ia5-string",
        title: "The text of a user notice is no IA5String.",
        why: "RFC 6818 took this form away: clients need not read it.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.4 as RFC 6818 section 3 has it",
        severity: Severity::Error,
        effective: Effective::RFC_6818,
        affects_path: false,
        alias: Some("zlint:e_ext_cert_policy_explicit_text_ia5_string"),
        hint: "have it issued anew with the text as a UTF8String",
    },
    applies: |subject| !ask::explicit_texts(subject).is_empty(),
    judge: |subject| ask::all_explicit_texts(subject, |tag, _| tag != Tag::IA5_STRING),
};
