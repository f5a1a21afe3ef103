//! OCSP responders and the issuer's certificate are reached by HTTP.

use super::ask::{
    self,
    Generation::{Multipurpose, Strict},
};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, uri};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.smime-strict-aia-shall-have-http-only",
        title: "OCSP responders and the issuer's certificate are reached by HTTP.",
        why: "Mail programs ask by HTTP and by nothing else.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 c",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_smime_strict_aia_shall_have_http_only"),
        hint: "have the CA issue it with http URIs",
    },
    applies: |subject| {
        subject.anatomy.extension(oid::AUTHORITY_INFO_ACCESS).is_some()
            && ask::is_of(subject, &[Strict, Multipurpose])
    },
    judge: |subject| {
        ask::access(subject, |uris| {
            uris.iter().find(|uri| !uri::is_http(uri)).map(|uri| uri.escape_ascii().to_string())
        })
    },
};
