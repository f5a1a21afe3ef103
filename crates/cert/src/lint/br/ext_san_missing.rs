//! A certificate of a server has subjectAltName.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-san-missing",
        title: "A server certificate has subjectAltName.",
        why: "Clients look for the names of a server nowhere else.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.12",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_ext_san_missing"),
        hint: "ask for a certificate with all names in subjectAltName",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| {
        let names = subject.anatomy.extension(oid::SUBJECT_ALT_NAME);
        Verdict::holds(names.is_some(), || "there is no subjectAltName".to_owned())
    },
};
