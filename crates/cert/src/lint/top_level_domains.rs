//! Names right below the root of DNS, and when they were there.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Day, midnight};
use crate::Time;

/// Names with the days on which they came and went; a list that grows older than what it lists.
const LIST: &str = include_str!("top_level_domains.txt");

/// Whether the last label of a name was a top-level domain at an instant.
pub(super) fn is_below_one(name: &str, at: Time) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    known(last).is_some_and(|[from, to]| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to))
}

/// Whether this is a top-level domain by itself, or was at some time.
pub(super) fn is_or_was_one(label: &str) -> bool {
    known(label).is_some()
}

/// The first and the last instant of a name that is known.
fn known(label: &str) -> Option<[Option<Time>; 2]> {
    static KNOWN: LazyLock<HashMap<&str, [Option<Time>; 2]>> = LazyLock::new(|| {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        let read = |line: &'static str| {
            let mut fields = line.split(' ');
            let name = fields.next()?;
            let mut instant = || fields.next().and_then(day).map(midnight);
            Some((name, [instant(), instant()]))
        };
        lines.filter_map(read).collect()
    });
    KNOWN.get(&*label.to_ascii_lowercase()).copied()
}

fn day(text: &str) -> Option<Day> {
    let mut parts = text.split('-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_and_go() {
        let table = [
            ("example.com", "2012-07-01", true),
            ("EXAMPLE.DE", "2012-07-01", true),
            ("host.aaa", "2015-08-27", false),
            ("host.aaa", "2015-08-28", true),
            ("abarth", "2023-06-05", true),
            ("abarth", "2023-06-06", false),
            ("host.internal", "2026-01-01", false),
            ("", "2026-01-01", false),
            ("example.com.", "2026-01-01", false),
        ];
        for (name, at, is) in table {
            assert_eq!(is_below_one(name, midnight(day(at).unwrap())), is, "{name} {at}");
        }
    }

    #[test]
    fn those_that_are_gone_count_where_no_instant_is_asked_for() {
        assert!(["com", "ABARTH", "onion"].into_iter().all(is_or_was_one));
        assert!(!["", "#", "internal", "example.com"].into_iter().any(is_or_was_one));
    }

    #[test]
    fn every_line_can_be_read() {
        for line in LIST.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split(' ');
            assert!(
                fields.next().unwrap().bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            );
            assert!(fields.all(|text| day(text).is_some()), "{line}");
        }
    }
}
