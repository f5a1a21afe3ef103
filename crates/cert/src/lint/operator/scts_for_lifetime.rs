//! It carries as many promises of logs as browsers ask for.

use std::collections::BTreeSet;

use super::ask;
use crate::Span;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::SctList;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.scts-for-lifetime",
        title: "It carries as many promises of logs as browsers ask for.",
        why: "Beyond 180 days Chrome, Safari and Firefox want three, of different logs; they refuse a certificate \
              with fewer where the server does not send the others.",
        source: Source::Operator,
        citation: "Chrome Certificate Transparency Policy; support.apple.com/103214",
        severity: Severity::Warning,
        effective: Effective::from(2022, 4, 15),
        affects_path: false,
        alias: None,
        hint: "have it issued anew: the CA must put three promises into it, or two where it lasts 180 days at most",
    },
    applies: |subject| {
        ask::is_of_server(subject)
            && subject.anatomy.extension(oid::PRECERTIFICATE_POISON).is_none()
            && subject.anatomy.extension(oid::SCT_LIST).is_some()
    },
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            let needed = if ends.since(begins) <= Span::days(180) { 2 } else { 3 };
            reading::extension(subject, |list: Option<SctList<'_>>| {
                // The log is the 32 octets after the version (RFC 6962 section 3.2).
                let scts = list.map(|list| list.0).unwrap_or_default();
                let logs: BTreeSet<&[u8]> = scts.iter().filter_map(|sct| sct.octets.get(1..33)).collect();
                Verdict::holds(logs.len() >= needed, || format!("{} of {needed} logs", logs.len()))
            })
        })
    },
};
