//! An international label is in normalization form C.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.international-dns-name-not-nfc",
        title: "An international label is in normalization form C.",
        why: "The same letters in another form are another label: it looks like the name, and is not.",
        source: Source::Rfc,
        citation: "RFC 8399 section 2.2; RFC 5891 section 5.3",
        severity: Severity::Error,
        effective: Effective::from(2018, 5, 1),
        affects_path: false,
        alias: Some("zlint:e_international_dns_name_not_nfc"),
        hint: "ask for the A-label that your registry gives for the name",
    },
    applies: |subject| {
        ask::has(subject, oid::SUBJECT_ALT_NAME)
            && ask::international_labels(subject).iter().all(|(_, decoded)| decoded.is_some())
    },
    judge: |subject| {
        let labels = ask::international_labels(subject);
        let odd =
            labels.into_iter().find(|(_, decoded)| decoded.as_deref().is_some_and(|text| !ask::is_nfc(text)));
        Verdict::of(odd.map(|(label, _)| label))
    },
};
