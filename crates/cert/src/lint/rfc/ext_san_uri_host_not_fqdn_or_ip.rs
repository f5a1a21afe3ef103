//! The host of a URI of the subjectAltName is a fully qualified domain name or an address.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-uri-host-not-fqdn-or-ip",
        title: "The host of a URI of the subjectAltName is a fully qualified domain name or an address.",
        why: "Name constraints are about that host: one that is not qualified slips through, or is another host elsewhere.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_ext_san_uri_host_not_fqdn_or_ip"),
        hint: "have it issued anew with the host's whole name",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| {
        ask::value(subject, |names: &GeneralNames<'_>| ask::uris(names, ask::has_qualified_host))
    },
};
