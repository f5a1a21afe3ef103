//! It carries as many promises of logs as its lifetime asks for.

use std::collections::BTreeSet;

use crate::Span;
use crate::der::oid;
use crate::lint::{
    Effective, Lint, Meta, Severity, Source, Subject, Verdict, midnight, months_after, reading,
};
use crate::x509::extension::{SctList, SerializedSct};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "apple.ct-sct-policy-count-unsatisfied",
        title: "It carries as many promises of logs as its lifetime asks for.",
        why: "Clients of Apple refuse a certificate with too few. A server could send the others in the handshake or \
              in a stapled OCSP answer, which is why this is a notice.",
        source: Source::Apple,
        citation: "support.apple.com/103214 (HT205280)",
        severity: Severity::Notice,
        effective: Effective::from(2018, 10, 15),
        affects_path: false,
        alias: Some("zlint:w_ct_sct_policy_count_unsatisfied"),
        hint: "have it issued with the promises of enough logs in it",
    },
    applies: |subject| {
        let is_of_server = subject.is_subscriber() && subject.is_for_servers();
        is_of_server && subject.anatomy.extension(oid::PRECERTIFICATE_POISON).is_none()
    },
    judge: |subject| {
        let Some(needed) = needed(subject) else {
            return Verdict::Unknown("the validity cannot be read".to_owned());
        };
        reading::extension(subject, |list: Option<SctList<'_>>| {
            let logs: BTreeSet<&[u8]> = list.iter().flat_map(|list| &list.0).filter_map(log).collect();
            Verdict::holds(logs.len() >= needed, || format!("{} of {needed} logs", logs.len()))
        })
    },
};

/// The log that a promise is of: the 32 octets after the version (RFC 6962 section 3.2).
fn log<'a>(sct: &SerializedSct<'a>) -> Option<&'a [u8]> {
    sct.octets.get(1..33)
}

/// How many logs are needed: two up to 180 days and three beyond for certificates since 2021-04-21, by months before.
fn needed(subject: &Subject<'_>) -> Option<usize> {
    let begins = subject.anatomy.not_before.as_ref().ok()?.time;
    let ends = subject.anatomy.not_after.as_ref().ok()?.time;
    if begins >= midnight((2021, 4, 21)) {
        return Some(if ends.since(begins) <= Span::days(180) { 2 } else { 3 });
    }
    let ends_within = |months: &i32| months_after(begins, *months).is_some_and(|limit| ends < limit);
    Some([15, 27, 39].iter().position(ends_within).map_or(5, |step| step + 2))
}
