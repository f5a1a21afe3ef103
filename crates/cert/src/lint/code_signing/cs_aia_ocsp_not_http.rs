//! The OCSP responder of a certificate for code is asked by HTTP.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading, uri};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-aia-ocsp-not-http",
        title: "The OCSP responder of a certificate for code is asked by HTTP.",
        why: "Operating systems ask by HTTP; HTTPS would need the certificate that is being looked up.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.2.3 a",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_aia_ocsp_not_http"),
        hint: "have the CA issue it with an http URI of its responder",
    },
    applies: |subject| {
        ask::is_below_root(subject) && subject.access_uris(oid::AD_OCSP).is_ok_and(|uris| !uris.is_empty())
    },
    judge: |subject| match subject.access_uris(oid::AD_OCSP) {
        Ok(uris) => {
            let other = uris.into_iter().find(|uri| !uri::is_http(uri));
            Verdict::of(other.map(|uri| uri.escape_ascii().to_string()))
        }
        Err(fault) => reading::unreadable("authorityInfoAccess", fault),
    },
};
