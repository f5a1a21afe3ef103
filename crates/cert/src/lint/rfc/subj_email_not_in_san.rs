//! A mail address of the subject is in the subjectAltName too.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
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
        let names = subject.alt_names();
        let is_there = |address: &str| {
            let mut names = names.into_iter().flat_map(GeneralNames::iter);
            names.any(|name| matches!(name, GeneralName::Rfc822(letters) if letters == address.as_bytes()))
        };
        let missing = ask::texts(subject, oid::EMAIL_ADDRESS).find(|address| !is_there(address));
        Verdict::of(missing.map(|address| format!("{address} is only in the subject")))
    },
};
