//! Each part of a name has one attribute.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rdn-with-several-attributes",
        title: "Each part of the subject has exactly one attribute.",
        why: "Clients that show or compare the first one alone see another name.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.1",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "order it with one attribute in each part of the name",
    },
    applies: |_| true,
    judge: |subject| {
        reading::name(subject, |name| {
            let crowded = name.rdns.iter().map(|part| part.attributes.len()).find(|count| *count != 1);
            Verdict::of(crowded.map(|count| format!("a part has {count} attributes")))
        })
    },
};
