//! A DNS name of the subjectAltName has at most 253 octets.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-dns-name-too-long",
        title: "A DNS name of the subjectAltName has at most 253 octets.",
        why: "Longer ones do not fit into a DNS message: such a name cannot exist.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6; RFC 1034 section 3.1",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_ext_san_dns_name_too_long"),
        hint: "ask for a shorter name",
    },
    applies: |subject| subject.alt_names().is_some_and(|names| names.dns().next().is_some()),
    judge: |subject| {
        ask::value(subject, |names: &GeneralNames<'_>| {
            let long = names.dns().find(|name| name.len() > 253);
            Verdict::of(long.map(|name| format!("a DNS name of {} octets", name.len())))
        })
    },
};
