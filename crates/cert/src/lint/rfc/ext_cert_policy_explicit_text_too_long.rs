//! The text of a user notice has at most 200 letters.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cert-policy-explicit-text-too-long",
        title: "The text of a user notice has at most 200 letters.",
        why: "Clients that give it the room that the standard names cut it off, or refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.4 as RFC 6818 section 3 has it",
        severity: Severity::Error,
        effective: Effective::RFC_6818,
        affects_path: false,
        alias: Some("zlint:e_ext_cert_policy_explicit_text_too_long"),
        hint: "have it issued anew with a shorter text, or a URI of the long one",
    },
    applies: |subject| !ask::explicit_texts(subject).is_empty(),
    judge: |subject| ask::all_explicit_texts(subject, |_, text| text.chars().count() <= 200),
};
