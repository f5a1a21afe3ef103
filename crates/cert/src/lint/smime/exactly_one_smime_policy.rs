//! A certificate for mail is of exactly one profile.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.exactly-one-smime-policy",
        title: "A certificate for mail is of exactly one profile.",
        why: "The profile says what was validated: with none or two of them nobody can tell.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 a; 7.1.6.1",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_exactly_one_smime_policy"),
        hint: "have the CA issue it with one policy of its profile",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| match ask::profiles(subject).len() {
        1 => Verdict::Pass,
        count => Verdict::Violated(format!("it has policies of {count} profiles")),
    },
};
