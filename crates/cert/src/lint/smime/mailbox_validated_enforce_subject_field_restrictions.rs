//! The name of a subscriber has nothing but common name, serial number and address where only the mailbox was validated.

use super::ask::{self, Validated};
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.mailbox-validated-enforce-subject-field-restrictions",
        title: "The name of a subscriber has nothing but common name, serial number and address where only the \
                mailbox was validated.",
        why: "Only what was validated may stand in the name: people read the rest as if it were true.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.3",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_mailbox_validated_enforce_subject_field_restrictions"),
        hint: "have the CA issue it without the other attributes",
    },
    applies: |subject| subject.is_subscriber() && ask::has_validated(subject, &[Validated::Mailbox]),
    judge: ask::only_attributes_of_a_mailbox,
};
