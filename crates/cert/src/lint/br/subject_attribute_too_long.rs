//! No attribute is longer than the requirements allow.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-attribute-too-long",
        title: "Labels of domains have at most 63 letters, countries of jurisdictions two, and categories and jurisdictions 128.",
        why: "Programs with fields of that length cut the rest off.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "order it with a shorter text",
    },
    applies: |_| true,
    judge: |subject| {
        reading::name(subject, |name| {
            let texts =
                name.attributes().filter_map(|one| Some((one.kind, one.value.text().ok()?.chars().count())));
            let most = |kind: Oid<'_>| MOST.iter().find(|(known, _)| *known == kind).map(|(_, most)| *most);
            let mut long = texts.filter(|(kind, count)| most(*kind).is_some_and(|most| *count > most));
            Verdict::of(long.next().map(|(kind, count)| format!("{} has {count} letters", kind.shown())))
        })
    },
};

/// Those on which RFC 5280 has no lints. Lengths are counted in letters.
const MOST: [(Oid<'static>, usize); 5] = [
    (oid::DOMAIN_COMPONENT, 63),
    (oid::BUSINESS_CATEGORY, 128),
    (oid::JURISDICTION_COUNTRY, 2),
    (oid::JURISDICTION_STATE, 128),
    (oid::JURISDICTION_LOCALITY, 128),
];
