//! keyUsage should be critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-key-usage-not-critical",
        title: "keyUsage should be critical.",
        why: "A client that does not know it would use the key for anything.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.3",
        severity: Severity::Warning,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:w_ext_key_usage_not_critical"),
        hint: "ask for a profile with a critical keyUsage",
    },
    applies: |subject| ask::has(subject, oid::KEY_USAGE),
    judge: |subject| reading::must_be_critical(subject, oid::KEY_USAGE),
};
