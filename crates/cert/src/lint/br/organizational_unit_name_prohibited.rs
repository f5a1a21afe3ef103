//! The name of a subscriber has no organizationalUnitName.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.organizational-unit-name-prohibited",
        title: "The name of a subscriber has no organizationalUnitName.",
        why: "Nobody can check what a department is called, so the field told lies; it has been forbidden since September 2022.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.4",
        severity: Severity::Error,
        effective: Effective::from(2022, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_organizational_unit_name_prohibited"),
        hint: "leave OU out of the request, or order a profile without it",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| {
        reading::name(subject, |name| {
            Verdict::of(name.first(oid::ORGANIZATIONAL_UNIT).map(|unit| format!("OU is {unit}")))
        })
    },
};
