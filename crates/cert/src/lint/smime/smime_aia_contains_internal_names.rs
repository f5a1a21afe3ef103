//! The hosts of OCSP responders and of the issuer's certificate have public names.

use std::net::IpAddr;

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, uri};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.smime-aia-contains-internal-names",
        title: "The hosts of OCSP responders and of the issuer's certificate have public names.",
        why: "Whoever reads the mail elsewhere cannot reach a host whose name is only known within.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 c",
        severity: Severity::Warning,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:w_smime_aia_contains_internal_names"),
        hint: "have the CA issue it with hosts that everybody can reach",
    },
    applies: |subject| {
        subject.anatomy.extension(oid::AUTHORITY_INFO_ACCESS).is_some() && ask::is_subscriber(subject)
    },
    judge: |subject| {
        ask::access(subject, |uris| {
            uris.iter().find(|uri| !is_public(uri)).map(|uri| uri.escape_ascii().to_string())
        })
    },
};

/// Whether the host is an address, or a name below a suffix of the public list.
fn is_public(uri: &[u8]) -> bool {
    std::str::from_utf8(uri).ok().and_then(uri::host).is_some_and(|host| {
        let name = host.to_lowercase();
        host.parse::<IpAddr>().is_ok() || psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known())
    })
}
