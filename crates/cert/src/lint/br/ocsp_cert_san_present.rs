//! A responder's certificate names no host.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-san-present",
        title: "The certificate of an OCSP responder has no subjectAltName.",
        why: "It is found by the key that it certifies; names would make it a server's too.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the responder's certificate again without subjectAltName",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| reading::must_not_be_there(subject, oid::SUBJECT_ALT_NAME),
};
