//! A root has the extensions of its profile alone.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-extension-not-recommended",
        title: "A root has no extension beside those of its profile.",
        why: "What the profile does not name nobody expects there, and some client will trip over it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.2",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "leave it out of the profile of roots",
    },
    applies: |subject| subject.is_root(),
    judge: |subject| ask::only_extensions(subject, &PROFILE),
};

/// Those of the profile, and those on which there are lints of their own.
const PROFILE: [Oid<'static>; 9] = [
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::EXTENDED_KEY_USAGE,
    oid::CERTIFICATE_POLICIES,
    oid::SCT_LIST,
    oid::PRECERTIFICATE_POISON,
    oid::CRL_DISTRIBUTION_POINTS,
];
