//! A CA below another has the extensions of its profile alone.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-extension-not-recommended",
        title: "A subordinate CA has no extension beside those of its profile.",
        why: "What the profile does not name nobody expects there, and some client will trip over it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "leave it out of the profile of subordinate CAs",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| ask::only_extensions(subject, &PROFILE),
};

/// Those of the profiles of subordinate CAs and of cross-certificates, and the poison of a precertificate.
const PROFILE: [Oid<'static>; 11] = [
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::BASIC_CONSTRAINTS,
    oid::CERTIFICATE_POLICIES,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::KEY_USAGE,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::EXTENDED_KEY_USAGE,
    oid::AUTHORITY_INFO_ACCESS,
    oid::NAME_CONSTRAINTS,
    oid::SCT_LIST,
    oid::PRECERTIFICATE_POISON,
];
