//! The common name is a mailbox where only the mailbox was validated.

use super::ask::{self, Validated};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.commonname-mailbox-validated",
        title: "The common name is a mailbox where only the mailbox was validated.",
        why: "Another name there is read as that of the sender, and nobody has validated it.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.2 a",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_commonname_mailbox_validated"),
        hint: "have the CA issue it with the address for a common name, or with none",
    },
    applies: |subject| subject.is_subscriber() && ask::has_validated(subject, &[Validated::Mailbox]),
    judge: |subject| {
        reading::name(subject, |name| {
            let odd = ask::texts(name, oid::COMMON_NAME).into_iter().find(|text| !ask::is_mailbox(text));
            Verdict::of(odd.map(|text| format!("CN is {text:?}")))
        })
    },
};
