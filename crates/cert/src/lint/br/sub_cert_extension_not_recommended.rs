//! A server certificate has the extensions of its profile alone.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-extension-not-recommended",
        title: "A server certificate has no extension beside those of its profile.",
        why: "What the profile does not name makes every handshake longer, and some client will trip over it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask for a certificate without it, unless you know what it is for (must-staple is such a one)",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| ask::only_extensions(subject, &PROFILE),
};

/// Those of the profile and of the guidelines for extended validation, and those on which there are lints of their own.
const PROFILE: [Oid<'static>; 15] = [
    oid::AUTHORITY_INFO_ACCESS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::CERTIFICATE_POLICIES,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::NAME_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::BASIC_CONSTRAINTS,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::SCT_LIST,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::PRECERTIFICATE_POISON,
    oid::CABF_ORGANIZATION_IDENTIFIER,
    oid::TOR_SERVICE_DESCRIPTOR,
    oid::QC_STATEMENTS,
];
