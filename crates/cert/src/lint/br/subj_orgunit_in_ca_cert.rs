//! The name of a root or TLS CA has no organizationalUnitName.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subj-orgunit-in-ca-cert",
        title: "The name of a root or TLS CA has no organizationalUnitName.",
        why: "Nobody can check what a department is called.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.2",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:e_subj_orgunit_in_ca_cert"),
        hint: "name the CA by country, organisation and common name",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        reading::name(subject, |name| {
            Verdict::of(name.first(oid::ORGANIZATIONAL_UNIT).map(|unit| format!("OU is {unit}")))
        })
    },
};
