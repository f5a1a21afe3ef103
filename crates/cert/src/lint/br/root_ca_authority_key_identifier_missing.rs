//! A root names its own key as its issuer's.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-authority-key-identifier-missing",
        title: "A root has authorityKeyIdentifier.",
        why: "Clients that look for the issuer by its key find the root itself, and are through at once.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.2",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the root with the identifier of its own key in authorityKeyIdentifier",
    },
    applies: |subject| subject.is_root(),
    judge: |subject| reading::must_be_there(subject, oid::AUTHORITY_KEY_IDENTIFIER),
};
