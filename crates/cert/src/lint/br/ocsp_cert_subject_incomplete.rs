//! A responder's certificate names whose it is.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-subject-incomplete",
        title: "The subject of an OCSP responder has countryName, organizationName and commonName.",
        why: "Answers name the responder by it.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements sections 7.1.2.8 and 7.1.2.10.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the responder's certificate again with country, organisation and common name",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| {
        let needed = [oid::COUNTRY, oid::ORGANIZATION, oid::COMMON_NAME];
        let missing = needed.iter().find(|kind| !ask::subject_has(subject, **kind));
        Verdict::of(missing.map(|kind| format!("there is no {}", kind.shown())))
    },
};
