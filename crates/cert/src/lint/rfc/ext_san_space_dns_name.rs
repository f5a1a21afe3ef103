//! No DNS name of the subjectAltName is a space.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-space-dns-name",
        title: "No DNS name of the subjectAltName is a space.",
        why: "It stands for the root of DNS, and nobody can have validated that.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_san_space_dns_name"),
        hint: "have it issued anew without this name",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| ask::value(subject, |names: &GeneralNames<'_>| ask::no_space(names)),
};
