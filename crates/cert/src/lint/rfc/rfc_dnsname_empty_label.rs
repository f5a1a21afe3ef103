//! No label of a DNS name is empty.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.rfc-dnsname-empty-label",
        title: "No label of a DNS name is empty.",
        why: "Two dots in a row, or one at either end, are no name that a client looks up.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6; RFC 1034 section 3.5",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_rfc_dnsname_empty_label"),
        hint: "ask for the name as it is in DNS, without a dot at its end",
    },
    applies: |subject| ask::names_hosts(subject),
    judge: |subject| {
        let names = subject.dns_names();
        let odd = names.iter().find(|name| name.split('.').any(str::is_empty));
        Verdict::of(odd.map(ToString::to_string))
    },
};
