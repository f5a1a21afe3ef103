//! A qualified certificate of a person says what its key may do.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.etsi-natural-person-key-usage-mandatory",
        title: "A qualified certificate of a person says what its key may do.",
        why: "Whether it signs or only logs in is what its signature is worth.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-2 section 4.3.2",
        severity: Severity::Error,
        effective: Effective::from(2020, 7, 1),
        affects_path: false,
        alias: Some("zlint:e_etsi_natural_person_key_usage_mandatory"),
        hint: "have the CA issue it with keyUsage",
    },
    applies: |subject| ask::is_of_person(subject) && subject.is_subscriber(),
    judge: |subject| {
        let has = subject.anatomy.extension(oid::KEY_USAGE).is_some();
        Verdict::holds(has, || "keyUsage is missing".to_owned())
    },
};
