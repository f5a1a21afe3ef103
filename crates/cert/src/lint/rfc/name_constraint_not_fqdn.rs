//! A constraint for URIs is a fully qualified domain name.

use std::borrow::Cow;

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::uri;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralName;
use crate::x509::extension::NameConstraints;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.name-constraint-not-fqdn",
        title: "A constraint for URIs is a fully qualified domain name.",
        why: "It is compared with the host of a URI: a whole URI or an address matches none.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.10",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_name_constraint_not_fqdn"),
        hint: "have the CA's certificate issued anew with a host, or a domain that begins with a dot",
    },
    applies: |subject| ask::has(subject, oid::NAME_CONSTRAINTS),
    judge: |subject| {
        ask::value(subject, |constraints: &NameConstraints<'_>| {
            let mut hosts = constraints.subtrees().filter_map(|subtree| match &subtree.base {
                Ok(GeneralName::Uri(letters)) => Some(String::from_utf8_lossy(letters)),
                _ => None,
            });
            let odd = hosts.find(|host| !uri::is_domain(host.strip_prefix('.').unwrap_or(host)));
            Verdict::of(odd.map(Cow::into_owned))
        })
    },
};
