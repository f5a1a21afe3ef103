//! One of the OCSP responders, and one of the places of the issuer's certificate, are reached by HTTP.

use super::ask::{self, Generation::Legacy};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, uri};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.smime-legacy-aia-shall-have-one-http",
        title: "One of the OCSP responders, and one of the places of the issuer's certificate, are reached by HTTP.",
        why: "Mail programs ask by HTTP; other schemes may stand beside.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 c",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_smime_legacy_aia_shall_have_one_http"),
        hint: "have the CA issue it with an http URI of each",
    },
    applies: |subject| {
        subject.anatomy.extension(oid::AUTHORITY_INFO_ACCESS).is_some() && ask::is_of(subject, &[Legacy])
    },
    judge: |subject| {
        ask::access(subject, |uris| {
            let none = !uris.is_empty() && !uris.iter().any(|uri| uri::is_http(uri));
            none.then(|| {
                format!(
                    "only {}",
                    uris.iter().map(|uri| uri.escape_ascii().to_string()).collect::<Vec<_>>().join(", ")
                )
            })
        })
    },
};
