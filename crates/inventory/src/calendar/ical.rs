//! iCalendar (RFC 5545), as much of it as a feed of instants needs.

use notafter_cert::Time;

use super::{Entry, Kind, MOST};

/// Octets of a content line without its line break (RFC 5545 section 3.1).
const LINE: usize = 75;

/// Programs may ask again after so long: certificates that live for six days are renewed every two.
const REFRESH: &str = "PT3H";

/// The feed. `site` is where the pages are, without a slash at the end; `left_out` entries came after the last one here.
#[must_use]
pub fn written(entries: &[Entry], left_out: usize, site: Option<&str>) -> String {
    let mut feed = Feed::default();
    feed.line("BEGIN", "VCALENDAR");
    feed.line("VERSION", "2.0");
    feed.line("PRODID", concat!("-//notafter//notafter ", env!("CARGO_PKG_VERSION"), "//EN"));
    feed.line("CALSCALE", "GREGORIAN");
    // The first two are RFC 7986 sections 5.1 and 5.7; the others what programs read that are older than it.
    feed.text("NAME", "Certificates");
    feed.line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
    feed.text("X-WR-CALNAME", "Certificates");
    feed.line("X-PUBLISHED-TTL", REFRESH);
    if left_out > 0 {
        feed.text("DESCRIPTION", &format!("The first {MOST} entries; {left_out} more are left out."));
    }
    if entries.is_empty() {
        nothing(&mut feed);
    }
    for entry in entries {
        event(&mut feed, entry, site);
    }
    feed.line("END", "VCALENDAR");
    feed.0
}

/// There must be a component (RFC 5545 section 3.6), and this one shows nothing.
fn nothing(feed: &mut Feed) {
    for (name, value) in [
        ("BEGIN", "VTIMEZONE"),
        ("TZID", "Etc/UTC"),
        ("BEGIN", "STANDARD"),
        ("DTSTART", "19700101T000000"),
        ("TZOFFSETFROM", "+0000"),
        ("TZOFFSETTO", "+0000"),
        ("END", "STANDARD"),
        ("END", "VTIMEZONE"),
    ] {
        feed.line(name, value);
    }
}

fn event(feed: &mut Feed, entry: &Entry, site: Option<&str>) {
    let (Some(from), Some(revised)) = (instant(entry.from), instant(entry.revised)) else { return };
    feed.line("BEGIN", "VEVENT");
    feed.line("UID", &entry.uid);
    // Without a METHOD this is when the entry was revised last (RFC 5545 section 3.8.7.2), so that a feed in which nothing
    // changed is the same to the byte.
    feed.line("DTSTAMP", &revised);
    feed.line("DTSTART", &from);
    if let Some(until) = entry.until.and_then(instant) {
        feed.line("DTEND", &until);
    }
    feed.text("SUMMARY", &entry.summary);
    feed.text("DESCRIPTION", &entry.description.join("\n"));
    let (status, category) = match entry.kind {
        Kind::End => ("CONFIRMED", "end"),
        Kind::Renewal => ("TENTATIVE", "renewal"),
    };
    feed.text("CATEGORIES", category);
    feed.line("STATUS", status);
    // Nobody is busy by it (RFC 5545 section 3.8.2.7).
    feed.line("TRANSP", "TRANSPARENT");
    if let (Some(site), Some(page)) = (site, &entry.page) {
        feed.line("URL", &format!("{site}{page}"));
    }
    feed.line("END", "VEVENT");
}

/// A date and time in UTC (RFC 5545 section 3.3.5, form 2); nothing for years that it cannot write.
fn instant(at: Time) -> Option<String> {
    let at = at.calendar().filter(|at| (0..=9999).contains(&at.year()))?;
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    Some(format!("{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", u8::from(month)))
}

/// Content lines (RFC 5545 section 3.1).
#[derive(Default)]
struct Feed(String);

impl Feed {
    /// A value of type TEXT, escaped (RFC 5545 section 3.3.11). Control characters have no place in it, and those that would
    /// reorder what follows come from certificates of others.
    fn text(&mut self, name: &str, text: &str) {
        let mut value = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '\\' | ';' | ',' => value.extend(['\\', letter]),
                '\n' => value.push_str("\\n"),
                _ if letter.is_control() || crate::words::is_invisible(letter) => value.push(' '),
                _ => value.push(letter),
            }
        }
        self.line(name, &value);
    }

    /// Folded between characters: a program that reads octets must not find half of one.
    fn line(&mut self, name: &str, value: &str) {
        let mut length = 0;
        for letter in name.chars().chain([':']).chain(value.chars().filter(|letter| !letter.is_control())) {
            if length + letter.len_utf8() > LINE {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(letter);
            length += letter.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(summary: &str) -> Entry {
        Entry {
            uid: "ln_1-end".to_owned(),
            kind: Kind::End,
            from: Time::from_unix_seconds(1_796_000_000),
            until: None,
            revised: Time::from_unix_seconds(1_790_000_000),
            summary: summary.to_owned(),
            description: vec!["One; two, three.".to_owned(), "Back\\slash".to_owned()],
            page: Some("/lineages/ln_1".to_owned()),
        }
    }

    #[test]
    fn an_entry_as_it_is_written() {
        let renewal = Entry {
            kind: Kind::Renewal,
            until: Some(Time::from_unix_seconds(1_796_086_400)),
            page: None,
            ..entry("shop: renewal")
        };
        let feed = written(&[entry("shop: certificate ends"), renewal], 3, Some("https://na.example"));
        insta::assert_snapshot!(feed.replace('\r', ""));
    }

    /// A calendar of nothing was none by the grammar.
    #[test]
    fn nothing_at_all_is_a_calendar_too() {
        let feed = written(&[], 0, None);
        assert!(feed.contains("BEGIN:VTIMEZONE\r\n") && !feed.contains("VEVENT"), "{feed}");
    }

    #[test]
    fn years_that_cannot_be_written_are_left_out_and_no_other() {
        assert_eq!(
            instant(Time::from_unix_seconds(253_402_300_799)).as_deref(),
            Some("99991231T235959Z"),
            "RFC 5280 section 4.1.2.5: without a good end"
        );
        assert_eq!(instant(Time::from_unix_seconds(253_402_300_800)), None);
        assert_eq!(instant(Time::from_micros(i64::MIN)), None);
    }

    proptest! {
        /// Whatever stands in a name: lines of at most 75 octets, no other control characters than their ends, and the text
        /// comes back where it is unfolded and read.
        #[test]
        fn whatever_a_text_says_the_lines_hold(text in "(\\PC|[\\r\\n\\t;,\\\\:\"]){0,200}") {
            let feed = written(&[entry(&text)], 0, None);
            prop_assert!(feed.ends_with("END:VCALENDAR\r\n"));
            for line in feed.split_terminator("\r\n") {
                prop_assert!(line.len() <= LINE && !line.is_empty(), "{line:?}");
                prop_assert!(!line.contains(char::is_control), "{line:?}");
            }
            let unfolded = feed.replace("\r\n ", "");
            let summary = unfolded.split("\r\n").find_map(|line| line.strip_prefix("SUMMARY:")).unwrap();
            let mut read = String::new();
            let mut letters = summary.chars();
            while let Some(letter) = letters.next() {
                prop_assert!(!";,".contains(letter), "{summary:?}");
                match letter {
                    '\\' => match letters.next().unwrap() {
                        'n' => read.push('\n'),
                        other => read.push(other),
                    },
                    other => read.push(other),
                }
            }
            let shown = |letter: char| match letter {
                '\n' => letter,
                _ if letter.is_control() || crate::words::is_invisible(letter) => ' ',
                _ => letter,
            };
            prop_assert_eq!(read, text.chars().map(shown).collect::<String>());
        }
    }
}
