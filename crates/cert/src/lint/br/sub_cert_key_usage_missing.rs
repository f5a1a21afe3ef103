//! A server certificate says what its key may do.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-key-usage-missing",
        title: "A server certificate has keyUsage.",
        why: "Without it, the key may be used for whatever a key can do.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate with keyUsage",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| reading::must_be_there(subject, oid::KEY_USAGE),
};
