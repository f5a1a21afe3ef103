//! A label of a DNS name is no longer than 63 octets.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.rfc-dnsname-label-too-long",
        title: "A label of a DNS name is no longer than 63 octets.",
        why: "Such a name cannot exist in DNS: nobody can have validated it, and no client can look it up.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6; RFC 1034 section 3.5",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_rfc_dnsname_label_too_long"),
        hint: "ask for a name whose labels have at most 63 letters each",
    },
    applies: |subject| ask::names_hosts(subject),
    judge: |subject| {
        let names = subject.dns_names();
        let odd = names.iter().find(|name| name.split('.').any(|label| label.len() > 63));
        Verdict::of(odd.map(ToString::to_string))
    },
};
