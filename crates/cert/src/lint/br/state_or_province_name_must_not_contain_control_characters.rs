//! Province and locality have no signs of structured data, such as braces and semicolons.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.state-or-province-name-must-not-contain-control-characters",
        title: "Province and locality have no signs of structured data, such as braces and semicolons.",
        why: "They come from an official register of names; a brace tells that a program has put its own data there.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 3.2.2.1",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_state_or_province_name_must_not_contain_control_characters"),
        hint: "write the plain name of the province and the town",
    },
    applies: |_| true,
    judge: |subject| {
        reading::name(subject, |name| {
            let places = name.all(oid::STATE).chain(name.all(oid::LOCALITY));
            let odd = places
                .filter_map(|attribute| attribute.value.text().ok())
                .find(|text| text.contains(['=', ':', '{', '}', ';', '"', '|', '\\', '[', ']']));
            Verdict::of(odd.map(|text| format!("a place is called {text}")))
        })
    },
};
