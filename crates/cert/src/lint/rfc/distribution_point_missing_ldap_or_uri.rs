//! A CRL should be found through HTTP or LDAP.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::{CrlDistributionPoints, DistributionPoint};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.distribution-point-missing-ldap-or-uri",
        title: "A CRL should be found through HTTP or LDAP.",
        why: "Clients fetch CRLs in no other way.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.13",
        severity: Severity::Warning,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:w_distribution_point_missing_ldap_or_uri"),
        hint: "ask for a profile with an http URI of the CRL",
    },
    applies: |subject| ask::has(subject, oid::CRL_DISTRIBUTION_POINTS),
    judge: |subject| {
        ask::value(subject, |points: &CrlDistributionPoints<'_>| {
            let mut uris = points.0.iter().flat_map(DistributionPoint::uris);
            Verdict::holds(uris.any(ask::is_http_or_ldap), || "no http or ldap URI".to_owned())
        })
    },
};
