//! Attributes of a subject stand in the order of the table.

use super::ask;
use crate::der::Oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.invalid-subject-rdn-order",
        title: "The attributes of a subject stand in the order in which the requirements list them.",
        why: "Programs compare names octet by octet: the same subject in another order is another one.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_invalid_subject_rdn_order"),
        hint: "ask the CA for a certificate with the subject in the order of the table",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        reading::name(subject, |name| {
            let place = |kind: Oid<'_>| ask::NAME_ATTRIBUTES.iter().position(|known| *known == kind);
            let listed: Vec<_> =
                name.attributes().map(|it| it.kind).filter(|kind| place(*kind).is_some()).collect();
            let late = listed.windows(2).find(|pair| place(pair[0]) > place(pair[1]));
            Verdict::of(late.map(|pair| format!("{} stands before {}", pair[0].shown(), pair[1].shown())))
        })
    },
};
