//! A mail address of the issuerAltName is local-part@domain and nothing else.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::IssuerAltName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-rfc822-format-invalid",
        title: "A mail address of the issuerAltName is local-part@domain and nothing else.",
        why: "Who writes to the CA, or looks for it, needs the address and not a name, brackets or a comment.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.6 and 4.2.1.7",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:e_ext_ian_rfc822_format_invalid"),
        hint: "have it issued anew with the bare address",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| ask::value(subject, |names: &IssuerAltName<'_>| ask::mailboxes(&names.0)),
};
