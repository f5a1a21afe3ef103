//! The host of a URI of the issuerAltName is a fully qualified domain name or an address.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::IssuerAltName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-uri-host-not-fqdn-or-ip",
        title: "The host of a URI of the issuerAltName is a fully qualified domain name or an address.",
        why: "A host that is not qualified is another one at every place.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.6 and 4.2.1.7",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_ext_ian_uri_host_not_fqdn_or_ip"),
        hint: "have it issued anew with the host's whole name",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| {
        ask::value(subject, |names: &IssuerAltName<'_>| ask::uris(&names.0, ask::has_qualified_host))
    },
};
