//! A responder's certificate names no policy.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-cp-forbidden",
        title: "An OCSP responder's certificate that begins before 31 March 2026 has no certificatePolicies.",
        why: "It validates nobody, and makes each answer longer.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements 2.2.5 section 7.1.2.8.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES.until(2026, 3, 31),
        affects_path: false,
        alias: Some("zlint:e_ocsp_cert_cp_forbidden"),
        hint: "issue the responder's certificate again without it",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| reading::must_not_be_there(subject, oid::CERTIFICATE_POLICIES),
};
