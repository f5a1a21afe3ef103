//! The next certificate may last as long as this one.

use super::ask;
use crate::lint::{Day, Effective, Lint, Meta, Severity, Source, Verdict, midnight, reading};
use crate::{Span, Time};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.lifetime-of-next-one",
        title: "When this certificate ends, the next one may last as long.",
        why: "The limit for public certificates falls to 200, 100 and 47 days: what renews them must be ready \
              before, and run by itself.",
        source: Source::Operator,
        citation: "Baseline Requirements section 6.3.2",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "renew by a machine, and let it ask the CA when (RFC 9773)",
    },
    applies: ask::is_of_server,
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            let lifetime = ends.since(begins) + Span::seconds(1);
            Verdict::of(broken(lifetime, ends.max(subject.at)))
        })
    },
};

/// The first day of each limit, and how many days a certificate may last from then on.
const LIMITS: [(Day, i64); 4] =
    [((2020, 9, 1), 398), ((2026, 3, 15), 200), ((2027, 3, 15), 100), ((2029, 3, 15), 47)];

/// The limit that a certificate of this lifetime breaks where it is issued at this instant.
fn broken(lifetime: Span, at: Time) -> Option<String> {
    let (first, days) = LIMITS.iter().rev().find(|(first, _)| at >= midnight(*first))?;
    let (year, month, day) = first;
    (lifetime > Span::days(*days))
        .then(|| format!("it lasts {lifetime}: from {year}-{month:02}-{day:02} on it may be {days} days"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_that_is_told_is_the_one_in_force_when_the_next_is_issued() {
        let table = [
            (398, "2026-03-14T23:59:59Z", None),
            (398, "2026-12-01T00:00:00Z", Some("2026-03-15")),
            (200, "2027-03-14T23:59:59Z", None),
            (200, "2027-03-15T00:00:00Z", Some("2027-03-15")),
            (90, "2027-03-01T00:00:00Z", None),
            (90, "2029-03-15T00:00:00Z", Some("2029-03-15")),
            (47, "2029-12-01T00:00:00Z", None),
            (500, "2020-08-31T00:00:00Z", None),
            (500, "2020-09-01T00:00:00Z", Some("2020-09-01")),
        ];
        for (days, at, first) in table {
            let told = broken(Span::days(days), at.parse().unwrap());
            let expected = first.map(|first| format!("from {first} on"));
            match (&told, &expected) {
                (Some(told), Some(expected)) => assert!(told.contains(expected), "{told}"),
                _ => assert_eq!(told, expected, "{days} {at}"),
            }
        }
    }
}
