//! A common name is, letter for letter, one of the names in subjectAltName.

use std::collections::BTreeSet;

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::{GeneralName, GeneralNames};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-common-name-not-exactly-from-san",
        title: "A common name is, letter for letter, one of the names in subjectAltName.",
        why: "A name that stands only there was perhaps never validated.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.3",
        severity: Severity::Error,
        effective: Effective::from(2021, 8, 25),
        affects_path: false,
        alias: Some("zlint:e_subject_common_name_not_exactly_from_san"),
        hint: "order it anew without a common name, or with one of the names",
    },
    applies: |subject| !subject.is_ca() && !subject.common_names().is_empty(),
    judge: |subject| {
        reading::extension(subject, |names: Option<GeneralNames<'_>>| {
            let names: BTreeSet<String> =
                names.iter().flat_map(GeneralNames::iter).filter_map(|name| as_common_name(&name)).collect();
            let strange = subject.common_names().iter().find(|name| !names.contains(&***name));
            Verdict::of(strange.map(|name| format!("{name} is not in subjectAltName")))
        })
    },
};

/// The form in which a name is repeated; an address is written as RFC 5952 does.
fn as_common_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::Dns(letters) => Some(String::from_utf8_lossy(letters).into_owned()),
        _ => name.address().map(|address| address.to_string()),
    }
}
