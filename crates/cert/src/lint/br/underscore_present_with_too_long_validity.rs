//! A certificate with an underscore in a DNS name is valid for less than 30 days.

use crate::Span;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.underscore-present-with-too-long-validity",
        title: "A certificate with an underscore in a DNS name is valid for less than 30 days.",
        why: "From December 2018 to March 2019 underscores were borne for as long as it takes to rename a host.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.6.2 section 7.1.4.2.1",
        severity: Severity::Error,
        effective: Effective::from(2018, 12, 10).until(2019, 4, 1),
        affects_path: false,
        alias: Some("zlint:e_underscore_present_with_too_long_validity"),
        hint: "give the host a name of letters, digits and hyphens",
    },
    applies: |subject| {
        let anatomy = &subject.anatomy;
        let long = match (&anatomy.not_before, &anatomy.not_after) {
            (Ok(begins), Ok(ends)) => begins.time + Span::days(30) <= ends.time,
            _ => false,
        };
        long && subject.is_subscriber() && subject.host_names().next().is_some()
    },
    judge: |subject| {
        let names = subject.alt_names();
        let odd = names.into_iter().flat_map(GeneralNames::dns).find(|name| name.contains(&b'_'));
        Verdict::of(odd.map(|name| format!("{} has one", String::from_utf8_lossy(name))))
    },
};
