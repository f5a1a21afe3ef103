//! authorityKeyIdentifier is not critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-authority-key-identifier-critical",
        title: "authorityKeyIdentifier is not critical.",
        why: "It is a help for building paths; a client that does without it would have to refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.1",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_authority_key_identifier_critical"),
        hint: "have it issued anew with this extension not critical",
    },
    applies: |subject| ask::has(subject, oid::AUTHORITY_KEY_IDENTIFIER),
    judge: |subject| reading::must_not_be_critical(subject, oid::AUTHORITY_KEY_IDENTIFIER),
};
