//! Dates in HTTP headers (RFC 9110 section 5.6.7) and `Retry-After` (section 10.2.3).

use notafter_cert::{Span, Time};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// The longest pause that a CA is believed: the longest window of a public CA's limits is seven days.
pub const LONGEST_RETRY_AFTER: Span = Span::days(8);

/// An HTTP date in any of its three forms, to the second.
#[must_use]
pub fn parse(text: &str) -> Option<Time> {
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|word| !word.is_empty()).collect();
    let (day, month, year, clock) = match words.as_slice() {
        // `Sun Nov  6 08:49:37 1994`
        [_, month, day, clock, year] if clock.contains(':') => (*day, *month, *year, *clock),
        // `Sun, 06 Nov 1994 08:49:37 GMT` and `Sunday, 06-Nov-94 08:49:37 GMT`
        [_, day, month, year, clock, "GMT" | "UTC"] => (*day, *month, *year, *clock),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let day: u8 = day.parse().ok()?;
    let year: u16 = year.parse().ok()?;
    // RFC 9110: a two-digit year that seems more than 50 years ahead lies in the past; 1970 is the pivot here.
    let year = match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    };
    format!("{year:04}-{month:02}-{day:02}T{clock}Z").parse().ok()
}

/// The preferred form (IMF-fixdate): `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn format(at: Time) -> String {
    let seconds = at.unix_seconds();
    let day_name = DAYS[usize::try_from(seconds.div_euclid(86_400).rem_euclid(7)).unwrap_or(0)];
    let text = Time::from_unix_seconds(seconds).to_string();
    let (date, clock) = text.split_once('T').unwrap_or((&text, "00:00:00Z"));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) =
        (parts.next().unwrap_or("1970"), parts.next().unwrap_or("01"), parts.next().unwrap_or("01"));
    let month =
        month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1))).unwrap_or(&"Jan");
    format!("{day_name}, {day} {month} {year} {} GMT", clock.trim_end_matches('Z'))
}

/// The instant that a `Retry-After` names: seconds after `received`, or a date. Never before `received`, and never
/// further away than [`LONGEST_RETRY_AFTER`], for the other side may be hostile.
#[must_use]
pub fn retry_after(value: &str, received: Time) -> Option<Time> {
    let value = value.trim();
    let at = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        received + Span::seconds(value.parse().unwrap_or(i64::MAX))
    } else {
        parse(value)?
    };
    Some(at.clamp(received, received + LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn the_three_forms_of_rfc_9110_name_one_instant() {
        let wanted = at("1994-11-06T08:49:37Z");
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(parse(text), Some(wanted), "{text}");
        }
        assert_eq!(format(wanted), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(format(at("2026-11-22T06:58:00Z")), "Sun, 22 Nov 2026 06:58:00 GMT");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_without_bound() {
        let now = at("2026-11-22T07:00:00Z");
        let table = [
            ("120", Some("2026-11-22T07:02:00Z")),
            (" 0 ", Some("2026-11-22T07:00:00Z")),
            ("Sun, 22 Nov 2026 08:00:00 GMT", Some("2026-11-22T08:00:00Z")),
            ("Sun, 22 Nov 2020 08:00:00 GMT", Some("2026-11-22T07:00:00Z")),
            ("99999999999999999999", Some("2026-11-30T07:00:00Z")),
            ("-5", None),
            ("", None),
            ("soon", None),
        ];
        for (value, wanted) in table {
            assert_eq!(retry_after(value, now), wanted.map(at), "{value:?}");
        }
    }
}
