//! A certificate for code says where its issuer's is, by HTTP.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading, uri};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-aia-missing-ca-issuers-http-url",
        title: "A certificate for code says where its issuer's is, by HTTP.",
        why: "Operating systems fetch the issuer's certificate by HTTP where the signer has not sent it.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.2.3 a",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_aia_missing_ca_issuers_http_url"),
        hint: "have the CA issue it with an http URI of its certificate",
    },
    applies: ask::is_below_root,
    judge: |subject| match subject.access_uris(oid::AD_CA_ISSUERS) {
        Ok(uris) if uris.is_empty() => Verdict::Violated("there is no URI of the issuer".to_owned()),
        Ok(uris) => {
            let other = uris.into_iter().find(|uri| !uri::is_http(uri));
            Verdict::of(other.map(|uri| uri.escape_ascii().to_string()))
        }
        Err(fault) => reading::unreadable("authorityInfoAccess", fault),
    },
};
