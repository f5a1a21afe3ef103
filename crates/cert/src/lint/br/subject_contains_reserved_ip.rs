//! The common name is no reserved address.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, midnight, reading, reserved_addresses};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-contains-reserved-ip",
        title: "The common name is no reserved address.",
        why: "A reserved address belongs to nobody, or to everybody within his own network.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.3",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_subject_contains_reserved_ip"),
        hint: "use a public name, or a private CA for what is private",
    },
    applies: |subject| {
        subject.anatomy.not_after.as_ref().is_ok_and(|ends| ends.time > midnight((2015, 11, 1)))
    },
    judge: |subject| {
        reading::name(subject, |_| {
            let reserved = subject.common_names().iter().find_map(|name| {
                let network = reserved_addresses::network_of(name.parse().ok()?)?;
                Some(format!("{name} lies in {network}"))
            });
            Verdict::of(reserved)
        })
    },
};
