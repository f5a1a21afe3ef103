//! A subscriber's certificate that begins before 15 September 2023 tells by HTTP where OCSP answers.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading, uri};
use crate::x509::extension::AuthorityInfoAccess;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-aia-does-not-contain-ocsp-url",
        title: "A subscriber's certificate that begins before 15 September 2023 tells by HTTP where OCSP answers.",
        why: "Clients that ask for revocation by OCSP had nobody to ask.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.8.7 section 7.1.2.3",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS.until(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:e_sub_cert_aia_does_not_contain_ocsp_url"),
        hint: "replace it: certificates of today may do without OCSP",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| {
        reading::extension(subject, |access: Option<AuthorityInfoAccess<'_>>| {
            let there = access.is_some_and(|access| access.uris(oid::AD_OCSP).any(uri::is_http));
            Verdict::holds(there, || "there is no HTTP address of an OCSP responder".to_owned())
        })
    },
};
