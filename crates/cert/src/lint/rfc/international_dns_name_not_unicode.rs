//! A label that begins with xn-- is the encoding of a Unicode text.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.international-dns-name-not-unicode",
        title: "A label that begins with xn-- is the encoding of a Unicode text.",
        why: "What cannot be decoded is no name of anybody; browsers show it raw or not at all.",
        source: Source::Rfc,
        citation: "RFC 3490 section 4.2; RFC 5890 section 2.3.2.1",
        severity: Severity::Error,
        effective: Effective::from(2003, 3, 1),
        affects_path: false,
        alias: Some("zlint:e_international_dns_name_not_unicode"),
        hint: "ask for the A-label that your registry gives for the name",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| {
        let labels = ask::international_labels(subject);
        let odd = labels.into_iter().find(|(_, decoded)| decoded.is_none());
        Verdict::of(odd.map(|(label, _)| label))
    },
};
