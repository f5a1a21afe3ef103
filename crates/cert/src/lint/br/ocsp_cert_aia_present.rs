//! A responder's certificate says nothing of its issuer.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-aia-present",
        title: "The certificate of an OCSP responder has no authorityInfoAccess.",
        why: "Whoever asks has the issuer's certificate already, and does not ask about the responder.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.3",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the responder's certificate again without authorityInfoAccess",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| reading::must_not_be_there(subject, oid::AUTHORITY_INFO_ACCESS),
};
