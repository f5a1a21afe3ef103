//! An emailAddress of the subject's name is one mailbox.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.single-email-subject-if-present",
        title: "An emailAddress of the subject's name is one mailbox.",
        why: "A list of addresses, or an address with a name, matches no sender.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.2 h",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_single_email_subject_if_present"),
        hint: "have the CA issue it with each address by itself",
    },
    applies: |subject| {
        let name = subject.anatomy.subject.as_ref();
        ask::is_subscriber(subject) && name.is_ok_and(|name| !ask::texts(name, oid::EMAIL_ADDRESS).is_empty())
    },
    judge: |subject| {
        reading::name(subject, |name| {
            let odd = ask::texts(name, oid::EMAIL_ADDRESS).into_iter().find(|text| !ask::is_mailbox(text));
            Verdict::of(odd.map(|text| format!("{text:?}")))
        })
    },
};
