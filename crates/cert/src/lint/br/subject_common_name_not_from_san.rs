//! A common name in a certificate that begins before 25 August 2021 is one of the names in subjectAltName, in letters of either case.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::{GeneralName, GeneralNames};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-common-name-not-from-san",
        title: "A common name in a certificate that begins before 25 August 2021 is one of the names in subjectAltName, in letters of either case.",
        why: "A name that stands only there was perhaps never validated.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.9 section 7.1.4.2.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS.until(2021, 8, 25),
        affects_path: true,
        alias: Some("zlint:e_subject_common_name_not_from_san"),
        hint: "order it anew without a common name, or with one of the names",
    },
    applies: |subject| !subject.is_ca() && subject.common_name().is_some(),
    judge: |subject| {
        reading::extension(subject, |names: Option<GeneralNames<'_>>| {
            let is_there = |common: &str| {
                names.iter().flat_map(GeneralNames::iter).any(|name| match name {
                    GeneralName::Dns(letters) => letters.eq_ignore_ascii_case(common.as_bytes()),
                    _ => name.address().is_some_and(|address| address.to_string() == common),
                })
            };
            let last = subject.common_name();
            Verdict::of(
                last.filter(|name| !is_there(name)).map(|name| format!("{name} is not in subjectAltName")),
            )
        })
    },
};
