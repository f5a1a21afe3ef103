//! A subscriber's certificate that begins before 15 September 2023 tells by HTTP where OCSP answers.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

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
    judge: |subject| ask::must_offer_by_http(subject, oid::AD_OCSP, "an OCSP responder"),
};
