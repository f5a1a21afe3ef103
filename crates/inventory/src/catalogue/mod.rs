//! Every code that notafter shows: of findings, of errors, of notes. A code keeps its meaning for ever; one that is no
//! longer given moves to the list of retired ones, so that nobody gives it another.

mod access;
mod ca;
mod installation;
mod look;
mod machine;
mod people;

use notafter_cert::path;

use crate::rule::{self, Rule};

/// One code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `area.kebab-case`.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// Where it is met.
    pub origin: Origin,
    /// What it means, and why it matters.
    pub why: &'static str,
    /// What to do. Where the code is given, the hint knows more of the case.
    pub hint: &'static str,
    /// Where that is laid down, with the section.
    pub source: &'static str,
}

/// What is said of a code that no rule explains. The fields are those of [`Entry`].
struct Page {
    code: &'static str,
    title: &'static str,
    why: &'static str,
    hint: &'static str,
    source: &'static str,
}

impl Page {
    const fn entry(&self, origin: Origin) -> Entry {
        let Self { code, title, why, hint, source } = *self;
        Entry { code, title, origin, why, hint, source }
    }
}

/// Where a code is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A rule finds it; everything else about it is in the rule.
    Finding,
    /// An error carries it.
    Error,
    /// A note carries it: odd, without harm.
    Note,
    /// A path of certificates breaks the rule: `notafter verify` tells it.
    Path,
    /// Nobody gives it any more.
    Retired,
}

/// Every code, findings first, in human order.
pub fn all() -> impl Iterator<Item = Entry> {
    let finding = |rule: &&Rule| {
        let meta = &rule.meta;
        let (code, title, why, hint, source) = (meta.code, meta.title, meta.why, meta.hint, meta.source);
        Entry { code, title, origin: Origin::Finding, why, hint, source }
    };
    let page = |page: &Page| match page.code.starts_with(NOTES) {
        true => page.entry(Origin::Note),
        false => page.entry(Origin::Error),
    };
    let path_rule = |rule: &&path::rule::Rule| {
        let path::rule::Meta { code, title, why, hint, section, .. } = rule.meta;
        Entry { code, title, origin: Origin::Path, why, hint, source: section }
    };
    rule::ALL
        .iter()
        .map(finding)
        .chain(path::rule::ALL.iter().map(path_rule))
        .chain(PAGES.iter().copied().flatten().map(page))
        .chain(RETIRED.iter().map(|page| page.entry(Origin::Retired)))
}

/// The entry of this code.
#[must_use]
pub fn find(code: &str) -> Option<Entry> {
    all().find(|entry| entry.code == code)
}

/// What to write instead of a code that is none, among the codes that `fit`: the nearest one, else all of its area.
pub fn meant(code: &str, fit: impl Fn(&Entry) -> bool) -> Option<String> {
    let codes = || all().filter(&fit).map(|entry| entry.code);
    let name = |code: &'static str| code.split_once('.').map_or(code, |(_, name)| name);
    let slips = |known: &&str| strsim::osa_distance(known, code);
    let nearest = codes().min_by_key(slips).filter(|known| slips(known) <= 1 + known.len() / 8);
    if let Some(known) = nearest.or_else(|| codes().find(|known| name(known) == code)) {
        return Some(format!("did you mean {known}?"));
    }
    let area = |code: &'static str| code.split_once('.').map_or(code, |(area, _)| area);
    let (written, rest) = code.split_once('.')?;
    let slips = |known: &&str| strsim::osa_distance(known, written);
    let nearest = codes().map(area).min_by_key(slips).filter(|known| slips(known) <= 2)?;
    if rest == "*" && nearest != written {
        return Some(format!("did you mean {nearest}.*?"));
    }
    let list: Vec<&str> = codes().filter(|code| area(code) == nearest).collect();
    Some(format!("codes of {nearest} are: {}", list.join(", ")))
}

/// A code that covers no finding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no finding has the code {code:?}")]
pub struct CoversNothing {
    code: String,
    /// Why that matters.
    pub why: &'static str,
    /// What to write.
    pub hint: String,
}

/// Whether findings can have this code, or one that begins so: `renewal.*`.
///
/// # Errors
/// None can.
pub fn covers_findings(code: &str) -> Result<(), CoversNothing> {
    let alerted = |entry: &Entry| matches!(entry.origin, Origin::Finding | Origin::Retired);
    let covers = |entry: Entry| match code.strip_suffix('*') {
        Some(beginning) => !beginning.is_empty() && entry.code.starts_with(beginning),
        None => entry.code == code,
    };
    if all().filter(alerted).any(covers) {
        return Ok(());
    }
    let hint = meant(code, alerted).unwrap_or_else(|| {
        "write a code as `notafter alert list` shows it, or a whole area such as renewal.*".to_owned()
    });
    let why = match find(code) {
        Some(_) => "it is an error's or a note's, told where it happens; only findings are alerted",
        None if code == "*" => "a silence over everything is a switched-off smoke alarm",
        None => "a silence that covers nothing would be a false comfort",
    };
    Err(CoversNothing { code: code.to_owned(), why, hint })
}

/// Pages of errors (`Trouble::code`) and of notes, area by area.
const PAGES: &[&[Page]] =
    &[look::PAGES, ca::PAGES, machine::PAGES, installation::PAGES, people::PAGES, access::PAGES];

/// The area of notes.
const NOTES: &str = "note.";

/// Codes that were given once.
const RETIRED: &[Page] = &[];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_means_one_thing() {
        let mut seen = BTreeSet::new();
        for Entry { code, title, .. } in all() {
            assert!(seen.insert(code), "{code} is listed twice");
            let word = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            };
            assert!(code.split_once('.').is_some_and(|(area, name)| word(area) && word(name)), "{code}");
            assert!(!title.is_empty(), "{code}");
        }
    }

    /// Of errors and notes `explain` knew a title alone.
    #[test]
    fn every_code_says_what_it_means_what_to_do_and_where_that_is_laid_down() {
        for Entry { code, why, hint, source, .. } in all() {
            assert!(why.ends_with('.') && why.split_whitespace().count() >= 5, "{code}: why: {why}");
            assert!(hint.split_whitespace().count() >= 3, "{code}: hint: {hint}");
            let first = |text: &str| text.chars().next().is_some_and(|letter| !letter.is_whitespace());
            assert!(first(source) && !source.ends_with('.'), "{code}: source: {source}");
        }
    }

    #[test]
    fn codes_are_found_by_their_text() {
        assert_eq!(find("certificate.expired").unwrap().origin, Origin::Finding);
        assert_eq!(find("acme.paused").unwrap().origin, Origin::Error);
        assert!(find("shop.example").is_none());
    }

    #[test]
    fn a_slip_of_the_pen_names_the_code_that_was_meant() {
        let finding = |entry: &Entry| entry.origin == Origin::Finding;
        let table = [
            ("certificate.expires-son", "did you mean certificate.expires-soon?"),
            ("certificates.expired", "did you mean certificate.expired?"),
            ("renewal.faling", "did you mean renewal.failing?"),
            ("expired", "did you mean certificate.expired?"),
            (
                "renewal.nope",
                "codes of renewal are: renewal.chain-not-offered, renewal.failing, renewal.late, renewal.name-left-out",
            ),
        ];
        for (written, hint) in table {
            assert_eq!(meant(written, finding).as_deref(), Some(hint), "{written}");
        }
        assert_eq!(meant("renewals.*", finding).as_deref(), Some("did you mean renewal.*?"));
        assert_eq!(meant("acme.pausd", finding), None);
        assert_eq!(meant("acme.pausd", |_| true).as_deref(), Some("did you mean acme.paused?"));
        assert_eq!(meant("shop.example", |_| true), None);
    }
}
