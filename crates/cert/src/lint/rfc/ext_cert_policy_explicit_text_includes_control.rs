//! The text of a user notice should have no control characters.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cert-policy-explicit-text-includes-control",
        title: "The text of a user notice should have no control characters.",
        why: "Who reads it sees something else than what is there.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.4 as RFC 6818 section 3 has it",
        severity: Severity::Warning,
        effective: Effective::RFC_6818,
        affects_path: false,
        alias: Some("zlint:w_ext_cert_policy_explicit_text_includes_control"),
        hint: "ask for a profile with a plain text",
    },
    applies: |subject| !ask::explicit_texts(subject).is_empty(),
    judge: |subject| ask::all_explicit_texts(subject, |_, text| !text.chars().any(char::is_control)),
};
