//! The addresses in authorityInfoAccess are of hosts that the Internet knows.

use std::net::IpAddr;

use crate::Time;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading, top_level_domains};
use crate::x509::extension::AuthorityInfoAccess;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-aia-contains-internal-names",
        title: "The addresses in authorityInfoAccess are of hosts that the Internet knows.",
        why: "A client outside cannot reach an internal host: it waits for nothing, or fails.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.7",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:w_sub_cert_aia_contains_internal_names"),
        hint: "put public addresses of the CA into the profile",
    },
    applies: |subject| {
        subject.is_subscriber() && subject.anatomy.extension(oid::AUTHORITY_INFO_ACCESS).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |access: Option<AuthorityInfoAccess<'_>>| {
            let uris = access.iter().flat_map(|access| {
                [oid::AD_OCSP, oid::AD_CA_ISSUERS].into_iter().flat_map(|method| access.uris(method))
            });
            let internal = uris.map(String::from_utf8_lossy).find(|uri| !is_public(host(uri), subject.at));
            Verdict::of(internal.map(|uri| format!("{uri} is no address of the Internet")))
        })
    },
};

/// The host of a URI (RFC 3986 section 3.2.2); empty where it has none.
fn host(uri: &str) -> &str {
    let Some((_, rest)) = uri.split_once("://") else { return "" };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

fn is_public(host: &str, at: Time) -> bool {
    host.parse::<IpAddr>().is_ok() || top_level_domains::is_below_one(host, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found() {
        let table = [
            ("http://ocsp.example.com/a", "ocsp.example.com"),
            ("http://user@host:80", "host"),
            ("http://[2001:db8::1]:80/", "2001:db8::1"),
            ("ldap:///cn=a?x", ""),
            ("example.com/a", ""),
        ];
        for (uri, expected) in table {
            assert_eq!(host(uri), expected, "{uri}");
        }
    }
}
