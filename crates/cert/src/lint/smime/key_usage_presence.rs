//! A certificate for mail says what its key may do.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.key-usage-presence",
        title: "A certificate for mail says what its key may do.",
        why: "Without it a key for signing is used for encrypting, and the other way round.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 e",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_key_usage_presence"),
        hint: "have the CA issue it with keyUsage",
    },
    applies: ask::is_subscriber,
    judge: |subject| {
        let has = subject.anatomy.extension(oid::KEY_USAGE).is_some();
        Verdict::holds(has, || "keyUsage is missing".to_owned())
    },
};
