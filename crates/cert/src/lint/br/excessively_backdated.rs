//! notBefore is not older than two days.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::SctList;
use crate::{Span, Time};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.excessively-backdated",
        title: "A certificate does not begin more than 48 hours before it is signed.",
        why: "One that is backdated can slip in before a rule that it would violate.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_excessively backdated"),
        hint: "ask the CA for a certificate that begins when it is issued",
    },
    applies: |subject| subject.readable::<SctList<'_>>().is_some_and(|list| !list.0.is_empty()),
    judge: |subject| {
        let Ok(begins) = subject.anatomy.not_before.as_ref().map(|moment| moment.time) else {
            return Verdict::Unknown("notBefore cannot be read".to_owned());
        };
        let list = subject.readable::<SctList<'_>>();
        let instants: Vec<Option<Time>> =
            list.iter().flat_map(|list| &list.0).map(|promise| made_at(promise.octets)).collect();
        match instants.iter().flatten().max().map(|latest| latest.since(begins)) {
            Some(late) if late > Span::hours(48) => {
                Verdict::Violated(format!("a log saw it {} after its notBefore", late.for_people()))
            }
            Some(_) if instants.iter().all(Option::is_some) => Verdict::Pass,
            _ => Verdict::Unknown("a log's promise cannot be read".to_owned()),
        }
    },
};

/// When a log made a promise: milliseconds after its version and the log's name (RFC 6962 section 3.2).
fn made_at(sct: &[u8]) -> Option<Time> {
    let octets = sct.get(33..41)?.try_into().ok()?;
    let millis = i64::try_from(u64::from_be_bytes(octets)).ok()?;
    // No log can speak of an instant that the calendar has not.
    Some(Time::from_micros(millis.checked_mul(1000)?)).filter(|instant| instant.calendar().is_some())
}
