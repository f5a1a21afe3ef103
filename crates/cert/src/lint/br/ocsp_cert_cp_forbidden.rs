//! A responder's certificate names no policy.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-cp-forbidden",
        title: "The certificate of an OCSP responder has no certificatePolicies.",
        why: "It validates nobody, and makes each answer longer.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements sections 7.1.2.8.2 and 7.1.2.8.8",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_ocsp_cert_cp_forbidden"),
        hint: "issue the responder's certificate again without it",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| {
        let policies = subject.anatomy.extension(oid::CERTIFICATE_POLICIES);
        Verdict::holds(policies.is_none(), || "there is certificatePolicies".to_owned())
    },
};
