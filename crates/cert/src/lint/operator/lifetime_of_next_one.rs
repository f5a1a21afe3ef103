//! The next certificate may last as long as this one.

use super::ask;
use crate::lint::{Day, Effective, Lint, Meta, Severity, Source, Verdict, midnight};
use crate::{Span, Time};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.lifetime-of-next-one",
        title: "The next certificate may last as long as this one.",
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
    judge: |subject| match subject.lifetime() {
        Some(lifetime) => Verdict::of(broken(lifetime, subject.at)),
        None => Verdict::Unknown("the validity cannot be read".to_owned()),
    },
};

/// The first day of each limit, and how many days a certificate may last from then on.
const LIMITS: [(Day, i64); 4] =
    [((2020, 9, 1), 398), ((2026, 3, 15), 200), ((2027, 3, 15), 100), ((2029, 3, 15), 47)];

/// The limit that a certificate of this lifetime would break if it were issued now, or else the next one to come that it breaks.
fn broken(lifetime: Span, at: Time) -> Option<String> {
    let now = LIMITS.iter().rev().find(|(first, _)| at >= midnight(*first));
    let coming = LIMITS.iter().filter(|(first, _)| at < midnight(*first));
    let (first, days) = now.into_iter().chain(coming).find(|(_, days)| lifetime > Span::days(*days))?;
    let (year, month, day) = first;
    Some(format!("it lasts {lifetime}: from {year}-{month:02}-{day:02} on it may be {days} days"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_that_is_told_is_the_one_in_force_or_the_next_that_breaks() {
        let table = [
            (398, "2026-03-14T23:59:59Z", Some("2026-03-15")),
            (398, "2026-12-01T00:00:00Z", Some("2026-03-15")),
            (200, "2026-12-01T00:00:00Z", Some("2027-03-15")),
            (90, "2026-12-01T00:00:00Z", Some("2029-03-15")),
            (90, "2029-03-15T00:00:00Z", Some("2029-03-15")),
            (47, "2026-12-01T00:00:00Z", None),
            (100, "2028-01-01T00:00:00Z", Some("2029-03-15")),
            (500, "2019-01-01T00:00:00Z", Some("2020-09-01")),
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
