//! A root is valid for 8 to 25 years.

use super::ask;
use crate::Span;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-validity-out-of-range",
        title: "A root is valid for at least 2922 and at most 9132 days.",
        why: "A shorter one is gone before clients have it; a longer one outlives its key and its algorithms.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.1",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue a root that is valid for 8 to 25 years",
    },
    applies: |subject| subject.is_root(),
    judge: |subject| match subject.lifetime() {
        Some(lifetime) => {
            let days = (lifetime.as_seconds() + 86_399) / 86_400;
            let is_within = lifetime > Span::days(2921) && lifetime <= Span::days(9132);
            Verdict::holds(is_within, || format!("it is valid for {days} days"))
        }
        None => Verdict::Unknown("the validity cannot be read".to_owned()),
    },
};
