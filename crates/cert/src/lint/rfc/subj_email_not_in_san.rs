//! A mail address of the subject is in the subjectAltName too.

use std::collections::BTreeSet;

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::{GeneralName, GeneralNames};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subj-email-not-in-san",
        title: "A mail address of the subject is in the subjectAltName too.",
        why: "Clients look for mail addresses in the subjectAltName; the attribute is there for old ones.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:e_subj_email_not_in_san"),
        hint: "have the address put into the subjectAltName",
    },
    applies: |subject| ask::has_attribute(&subject.anatomy.subject, oid::EMAIL_ADDRESS),
    judge: |subject| {
        reading::extension(subject, |names: Option<GeneralNames<'_>>| {
            let mailboxes = names.iter().flat_map(GeneralNames::iter).filter_map(|name| match name {
                GeneralName::Rfc822(letters) => Some(letters.to_ascii_lowercase()),
                _ => None,
            });
            let there: BTreeSet<Vec<u8>> = mailboxes.collect();
            let mut addresses = ask::texts(subject, oid::EMAIL_ADDRESS);
            let missing = addresses.find(|address| !there.contains(address.to_ascii_lowercase().as_bytes()));
            Verdict::of(missing.map(|address| format!("{address} is only in the subject")))
        })
    },
};
