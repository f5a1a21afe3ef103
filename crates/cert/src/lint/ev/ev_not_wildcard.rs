//! No name is a wildcard, but for those of Tor's.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-not-wildcard",
        title: "No name is a wildcard, but for those of Tor's.",
        why: "Extended validation is of every single name.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.2.1",
        severity: Severity::Error,
        effective: Effective::from(2015, 5, 1),
        affects_path: false,
        alias: Some("zlint:e_ev_not_wildcard"),
        hint: "order it anew with each name written out",
    },
    applies: |subject| ask::claims_extended_validation(subject),
    judge: |subject| {
        let is_wild = |name: &str| name.contains('*') && !name.to_ascii_lowercase().ends_with(".onion");
        let wild = subject.host_names().find(|name| is_wild(name));
        Verdict::of(wild.map(|name| format!("{name} is a wildcard")))
    },
};
