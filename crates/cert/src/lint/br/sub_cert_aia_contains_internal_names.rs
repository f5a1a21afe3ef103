//! The addresses in authorityInfoAccess are of hosts that the Internet knows.

use std::net::IpAddr;

use crate::Time;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading, top_level_domains, uri};
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
            let internal = uris.map(String::from_utf8_lossy).find(|uri| !is_public(uri, subject.at));
            Verdict::of(internal.map(|uri| format!("{uri} is no address of the Internet")))
        })
    },
};

/// Whether the host is an address, or a name below a top-level domain.
fn is_public(uri: &str, at: Time) -> bool {
    uri::host(uri)
        .is_some_and(|host| host.parse::<IpAddr>().is_ok() || top_level_domains::is_below_one(host, at))
}
