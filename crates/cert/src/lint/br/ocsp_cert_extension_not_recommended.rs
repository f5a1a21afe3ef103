//! A responder's certificate has the extensions of its profile alone.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-extension-not-recommended",
        title: "The certificate of an OCSP responder has no extension beside those of its profile.",
        why: "It is sent with every answer, and what the profile does not name nobody expects there.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.2",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "leave it out of the profile of responders",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| ask::only_extensions(subject, &PROFILE),
};

/// Those of the profile, and those on which there are lints of their own.
const PROFILE: [Oid<'static>; 12] = [
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::EXTENDED_KEY_USAGE,
    oid::OCSP_NO_CHECK,
    oid::KEY_USAGE,
    oid::BASIC_CONSTRAINTS,
    oid::NAME_CONSTRAINTS,
    oid::SUBJECT_ALT_NAME,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::AUTHORITY_INFO_ACCESS,
    oid::CERTIFICATE_POLICIES,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::SCT_LIST,
];
