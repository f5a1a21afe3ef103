//! keyUsage is critical in a certificate for mail.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.key-usage-criticality",
        title: "keyUsage is critical in a certificate for mail.",
        why: "A program that does not know it should refuse the certificate instead of using the key for anything.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 e",
        severity: Severity::Warning,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:w_key_usage_criticality"),
        hint: "have the CA issue it with keyUsage critical",
    },
    applies: |subject| ask::is_subscriber(subject) && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| reading::must_be_critical(subject, oid::KEY_USAGE),
};
