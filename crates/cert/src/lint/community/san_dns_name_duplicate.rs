//! A DNS name is in the subjectAltName once.

use std::collections::BTreeSet;

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.san-dns-name-duplicate",
        title: "A DNS name is in the subjectAltName once.",
        why: "The second one does nothing but make every handshake longer.",
        source: Source::Community,
        citation: "certlint of awslabs",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:n_san_dns_name_duplicate"),
        hint: "ask for each name once",
    },
    applies: ask::has_alt_names,
    judge: |subject| {
        reading::extension(subject, |names: Option<GeneralNames<'_>>| {
            let mut seen = BTreeSet::new();
            let twice =
                names.iter().flat_map(GeneralNames::dns).find(|name| !seen.insert(name.to_ascii_lowercase()));
            Verdict::of(twice.map(|name| format!("{} is there twice", name.escape_ascii())))
        })
    },
};
