//! The issuer's certificate should be found through HTTP or LDAP.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-aia-access-location-missing",
        title: "The issuer's certificate should be found through HTTP or LDAP.",
        why: "Clients that miss a certificate of the path fetch it in no other way.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.2.1",
        severity: Severity::Warning,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:w_ext_aia_access_location_missing"),
        hint: "ask for a profile with an http URI of the issuer's certificate",
    },
    applies: |subject| !ask::issuer_uris(subject).is_empty(),
    judge: |subject| {
        let uris = ask::issuer_uris(subject);
        Verdict::holds(uris.into_iter().any(ask::is_http_or_ldap), || "no http or ldap URI".to_owned())
    },
};
