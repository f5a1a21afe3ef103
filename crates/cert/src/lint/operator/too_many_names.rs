//! It has a hundred names at most.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.too-many-names",
        title: "It has a hundred names at most.",
        why: "Each name makes every handshake longer, one that no longer validates stops the renewal of all, and the \
              key is at home on all their servers.",
        source: Source::Operator,
        citation: "None: the limit of Let's Encrypt, and that of common sense",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "spread the names over several certificates",
    },
    applies: ask::is_of_server,
    judge: |subject| {
        reading::extension(subject, |names: Option<GeneralNames<'_>>| {
            let count = names.map_or(0, |names| names.0.len());
            Verdict::holds(count <= 100, || format!("it has {count}"))
        })
    },
};
