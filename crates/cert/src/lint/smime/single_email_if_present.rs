//! A mail address of the subjectAltName is one mailbox.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.single-email-if-present",
        title: "A mail address of the subjectAltName is one mailbox.",
        why: "A list of addresses, or an address with a name, matches no sender.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.1",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_single_email_if_present"),
        hint: "have the CA issue it with each address by itself",
    },
    applies: |subject| {
        let names = subject.alt_names();
        ask::is_subscriber(subject)
            && names.is_some_and(|names| names.iter().any(|name| matches!(name, GeneralName::Rfc822(_))))
    },
    judge: |subject| {
        let odd = ask::alt_mailboxes(subject).into_iter().find(|mailbox| !ask::is_mailbox(mailbox));
        Verdict::of(odd.map(|mailbox| format!("{mailbox:?}")))
    },
};
