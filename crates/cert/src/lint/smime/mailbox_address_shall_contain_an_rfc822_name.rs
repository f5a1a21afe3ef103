//! Every mailbox of the subject is in the subjectAltName too.

use std::collections::BTreeSet;

use super::ask::{self, Validated};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Subject, Verdict};
use crate::x509::{GeneralName, GeneralNames};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.mailbox-address-shall-contain-an-rfc822-name",
        title: "Every mailbox of the subject is in the subjectAltName too.",
        why: "Mail programs compare the sender with the subjectAltName, and people read the subject.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.1",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_mailbox_address_shall_contain_an_rfc822_name"),
        hint: "have the CA issue it with the address in the subjectAltName too",
    },
    applies: |subject| ask::is_subscriber(subject) && !mailboxes(subject).is_empty(),
    judge: |subject| {
        let there: BTreeSet<String> =
            ask::alt_mailboxes(subject).iter().map(|mailbox| mailbox.to_lowercase()).collect();
        Verdict::of(mailboxes(subject).into_iter().find(|mailbox| !there.contains(&mailbox.to_lowercase())))
    },
};

/// The mailboxes of the subject's name, those in its common names where only the mailbox was validated, and those of the
/// distinguished names of the subjectAltName.
fn mailboxes(subject: &Subject<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(name) = &subject.anatomy.subject {
        found.extend(ask::texts(name, oid::EMAIL_ADDRESS));
        if ask::has_validated(subject, &[Validated::Mailbox]) {
            found.extend(ask::texts(name, oid::COMMON_NAME));
        }
    }
    for name in subject.alt_names().into_iter().flat_map(GeneralNames::iter) {
        if let GeneralName::Directory(name) = name {
            found.extend(ask::texts(&name, oid::EMAIL_ADDRESS));
        }
    }
    found.retain(|text| ask::is_mailbox(text));
    found
}
