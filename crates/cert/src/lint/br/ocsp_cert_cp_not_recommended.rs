//! A responder's certificate should name no policy.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-cp-not-recommended",
        title: "An OCSP responder's certificate should have no certificatePolicies.",
        why: "Where its policies are not those of what it answers for, clients that look at them refuse its answers.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements sections 7.1.2.8.2 and 7.1.2.8.8",
        severity: Severity::Warning,
        effective: Effective::from(2026, 3, 31),
        affects_path: false,
        alias: None,
        hint: "issue the responder's certificate again without it",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| reading::must_not_be_there(subject, oid::CERTIFICATE_POLICIES),
};
