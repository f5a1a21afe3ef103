//! Lists of endpoints that people keep elsewhere, as a piece of an inventory file: `notafter apply` is the one way in.
//!
//! A format is one file, one line in [`ALL`], and its test. It reads a text into `Finds`; what becomes of what was found is
//! the same for all: one endpoint for each target, what cannot be kept is said, and nothing is left out without a word.

mod authority;
mod csv;
mod file_sd;
mod gatus;
mod read;
#[cfg(test)]
mod tests;
mod uptime_kuma;

use std::collections::BTreeMap;

use notafter_cert::Trouble;
use notafter_tls::Target;

use crate::code::{endpoint_entry, endpoint_name};
use crate::model::{Criticality, Labels};
use crate::words;

pub use read::Unreadable;

/// Longer lists than this nobody keeps by hand, and programs that write them can write an inventory file.
pub const LONGEST: usize = 64 << 20;

/// A format.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is written in it.
    pub title: &'static str,
    read: fn(&str) -> Result<Finds, Unreadable>,
}

/// Every format, in the order in which people are offered them.
pub static ALL: &[Format] = &[csv::FORMAT, file_sd::FORMAT, gatus::FORMAT, uptime_kuma::FORMAT];

impl Format {
    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|format| format.name == name)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// The text as a whole is none of this format.
    pub fn convert(&self, text: &str) -> Result<Converted, Unreadable> {
        if text.len() > LONGEST {
            return Err(Unreadable::TooLong(text.len()));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok((self.read)(text)?.converted())
    }
}

/// What a list says, as far as it can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// A piece of an inventory file, with one table for each endpoint.
    pub toml: String,
    /// How many endpoints that is.
    pub endpoints: usize,
    /// Owners that they name: the file that the piece is written into must have them.
    pub owners: Vec<String>,
    /// What is no endpoint, in the order of its lines.
    pub left_out: Vec<LeftOut>,
    /// What could not be kept of endpoints that are.
    pub not_kept: Vec<NotKept>,
}

/// An entry of a list that is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The line where it begins, from 1.
    pub line: usize,
    /// What it is called, safe to print.
    pub what: String,
    /// Why.
    pub why: String,
}

/// Something that an endpoint of notafter has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKept {
    /// What, and what is there instead.
    pub what: String,
    /// The lines of the entries that say it.
    pub lines: Vec<usize>,
}

/// What a format reads.
#[derive(Default)]
struct Finds {
    found: Vec<Found>,
    left_out: Vec<LeftOut>,
    not_kept: BTreeMap<String, Vec<usize>>,
}

/// One endpoint as a list has it.
struct Found {
    line: usize,
    target: Target,
    owner: Option<String>,
    labels: Labels,
    criticality: Option<Criticality>,
    trust: Option<String>,
}

impl Found {
    fn new(line: usize, target: Target) -> Self {
        let labels = Labels::new();
        Self { line, target, owner: None, labels, criticality: None, trust: None }
    }
}

impl Finds {
    fn leave_out(&mut self, line: usize, what: &str, why: impl Into<String>) {
        // What stands there may be an address with a password in it.
        let shown = words::one_line(&authority::shown(what), 80);
        let what = if shown.is_empty() { "an entry without a name".to_owned() } else { shown };
        self.left_out.push(LeftOut { line, what, why: words::one_line(&why.into(), 300) });
    }

    fn not_kept(&mut self, line: usize, what: impl Into<String>) {
        let lines = self.not_kept.entry(words::one_line(&what.into(), 300)).or_default();
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }

    /// A label of an endpoint; nothing for an empty value. What would not come through a file or a table whole is not kept.
    fn label(&mut self, found: &mut Found, key: &str, value: &str) {
        let (key, value) = (key.trim(), value.trim());
        if value.is_empty() {
            return;
        }
        match unfit(key, value) {
            Some(why) => self.not_kept(found.line, format!("label {}: {why}", words::one_line(key, 60))),
            None => {
                found.labels.entry(key.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
    }

    /// One endpoint for each target, where it stood first.
    fn converted(mut self) -> Converted {
        let mut endpoints: Vec<Found> = Vec::new();
        let mut known: BTreeMap<Target, usize> = BTreeMap::new();
        for found in std::mem::take(&mut self.found) {
            match known.get(&found.target).and_then(|place| endpoints.get_mut(*place)) {
                Some(first) => self.merge(first, found),
                None => {
                    known.insert(found.target.clone(), endpoints.len());
                    endpoints.push(found);
                }
            }
        }
        let mut owners: Vec<String> = endpoints.iter().filter_map(|found| found.owner.clone()).collect();
        owners.sort();
        owners.dedup();
        let toml = endpoints.iter().map(written).collect::<Vec<_>>().join("\n");
        self.left_out.sort_by_key(|left_out| left_out.line);
        let mut not_kept: Vec<NotKept> =
            self.not_kept.into_iter().map(|(what, lines)| NotKept { what, lines }).collect();
        not_kept.sort_by_key(|not_kept| not_kept.lines.first().copied());
        Converted { toml, endpoints: endpoints.len(), owners, left_out: self.left_out, not_kept }
    }

    /// The first one counts where both say something else, and the higher criticality.
    fn merge(&mut self, first: &mut Found, again: Found) {
        let Found { line, target, owner, labels, criticality, trust } = again;
        let name = endpoint_name(&target);
        self.leave_out(line, &name, format!("it stands in line {} already; the two are one", first.line));
        let mut differs = Vec::new();
        for (key, value) in labels {
            match first.labels.get(&key) {
                Some(before) if *before != value => differs.push(format!("label {key}")),
                Some(_) => {}
                None => {
                    first.labels.insert(key, value);
                }
            }
        }
        for (what, mine, theirs) in [("owner", &mut first.owner, owner), ("trust", &mut first.trust, trust)] {
            match (&mine, &theirs) {
                (Some(before), Some(after)) if before != after => differs.push(what.to_owned()),
                (Some(_), _) => {}
                (None, _) => *mine = theirs,
            }
        }
        first.criticality = first.criticality.max(criticality);
        if !differs.is_empty() {
            let differs = differs.join(", ");
            self.not_kept(
                line,
                format!("another {differs} of what stood there before: the first one counts"),
            );
        }
    }
}

/// Why a label cannot be taken; nothing where it can.
fn unfit(key: &str, value: &str) -> Option<&'static str> {
    const LONGEST: usize = 200;
    let says_more = |text: &str| words::one_line(text, LONGEST) != text;
    if key.is_empty() {
        return Some("it has no name");
    }
    if key.starts_with("notafter/") {
        return Some("these labels are notafter's own");
    }
    if says_more(key) || says_more(value) {
        return Some("it has control characters, or more than 200 characters");
    }
    // What a spreadsheet would run that reads it out of an export (CWE-1236).
    let is_formula = |text: &str| text.starts_with(['=', '+', '-', '@']);
    (is_formula(key) || is_formula(value)).then_some("it begins as a formula does")
}

fn written(found: &Found) -> String {
    endpoint_entry(
        &found.target,
        found.owner.as_deref(),
        &found.labels,
        found.criticality,
        found.trust.as_deref(),
    )
}

/// A target as lists write it: as notafter does, or as an address of the web, of which host and port are meant.
fn target(text: &str) -> Result<Target, String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let whole = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => return Err(format!("{scheme}:// speaks no TLS")),
        "https" | "wss" => authority::of(rest),
        // A path, and whoever asks, are no part of where something is served.
        "" => authority::of(rest),
        _ => format!("{scheme}://{}", authority::of(rest)),
    };
    if whole.is_empty() {
        return Err("it names no host".to_owned());
    }
    whole.parse::<Target>().map_err(|error| format!("{error}; {}", error.hint()))
}
