//! The DNS names of the subjectAltName are ASCII.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-dns-not-ia5-string",
        title: "The DNS names of the subjectAltName are ASCII.",
        why: "A DNS name is an IA5String; other letters are matched with nothing, or with something else.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_san_dns_not_ia5_string"),
        hint: "ask for the name in its A-label form (xn--)",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| ask::value(subject, |names: &GeneralNames<'_>| ask::ascii_dns_names(names)),
};
