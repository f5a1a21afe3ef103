//! Descriptions for people, as wide as the terminal is.

use std::borrow::Cow;
use std::fmt::Write;

use notafter_cert::hex;
use notafter_cert::inspect::{Description, Kind, Line, Odd, Oddities, Shown};

use super::{Inspected, pile};
use crate::output::terminal::{self, visible};

/// So many octets of a long value are shown.
const OCTETS: usize = 32;
/// So many lines below a line are shown, where not everything is asked for.
const LINES: usize = 24;
/// So many errors are shown, where not everything is asked for.
const ERRORS: usize = 12;
/// Labels of what is told first are set in a column.
const LABEL: usize = 13;

pub(super) fn write(inspected: &Inspected, all: bool) -> String {
    let is_one = pile::is_one(inspected);
    let mut text = String::new();
    if !is_one {
        text.push_str(&pile::write(inspected));
    }
    let told: Vec<usize> = (0..inspected.found.len()).filter(|position| is_one || all || only(inspected, *position)).collect();
    for position in told {
        if !text.is_empty() {
            text.push('\n');
        }
        if inspected.found.len() > 1 {
            let place = visible(pile::place(inspected, position));
            writeln!(text, "{place}: {}", title(inspected, position)).ok();
        } else {
            writeln!(text, "{}", title(inspected, position)).ok();
        }
        text.push_str(&described(&inspected.descriptions[position], all));
    }
    for (position, remark) in inspected.remarks.iter().enumerate() {
        let before = if position == 0 { "\n" } else { "" };
        writeln!(text, "{before}note: {remark}").ok();
    }
    if !is_one && !all {
        text.push_str("\neverything about each of them: --all; element by element: --der\n");
    }
    fitted(&text)
}

/// Where nothing could be sorted, everything is told.
fn only(inspected: &Inspected, position: usize) -> bool {
    let is_container = inspected.found[position].object.kind.is_container();
    is_container && inspected.found.len() == 1
}

/// Words of strangers, broken where lines are too long; what goes on stays below its own beginning.
fn fitted(text: &str) -> String {
    let width = terminal::width();
    let line = |line: &str| {
        let line = visible(line).into_owned();
        terminal::wrap(&line, &" ".repeat(hanging(&line)), width).join("\n") + "\n"
    };
    text.lines().map(line).collect()
}

/// Rows hang below their values, other lines a little to the right of their names.
fn hanging(line: &str) -> usize {
    let indent = line.len() - line.trim_start().len();
    let is_row = line.is_char_boundary(LABEL + 2)
        && line.as_bytes().get(LABEL..LABEL + 2) == Some(b"  ")
        && line.as_bytes().get(LABEL + 2).is_some_and(|byte| *byte != b' ');
    if is_row { LABEL + 2 } else { indent + 4 }
}

/// What an object is called, in one line whatever stands in its names.
pub(super) fn title(inspected: &Inspected, position: usize) -> Cow<'_, str> {
    visible(&inspected.descriptions[position].title)
}

/// A label at the right of its column, and what belongs to it, in one line.
pub(super) fn row(label: &str, value: &str) -> String {
    format!("{label:>LABEL$}  {}\n", visible(value))
}

/// What is shown of a line in one line.
pub(super) fn shown(line: &Line) -> String {
    value(line, false)
}

fn value(line: &Line, all: bool) -> String {
    match &line.shown {
        Shown::Nothing => String::new(),
        Shown::Text(text) => visible(text).into_owned(),
        Shown::Octets(octets) => octets_in_groups(octets, all),
        Shown::Fault(fault) => format!("cannot be read: {fault}"),
    }
}

/// In groups of four, so that lines can be broken.
fn octets_in_groups(octets: &[u8], all: bool) -> String {
    let shown = if all { octets } else { octets.get(..OCTETS).unwrap_or(octets) };
    let groups: Vec<String> = shown.chunks(4).map(hex).collect();
    let rest = if shown.len() < octets.len() { format!(" ... ({} bytes)", octets.len()) } else { String::new() };
    groups.join(" ") + &rest
}

fn described(description: &Description, all: bool) -> String {
    let mut text = String::new();
    for line in &description.glance {
        text.push_str(&row(&line.name, &value(line, all)));
    }
    if description.kind != Kind::NotDer {
        text.push_str(&odd(&description.odd, all));
    }
    for section in &description.sections {
        write!(text, "\n{}\n", section.name).ok();
        text.push_str(&lines(&section.lines, 1, all));
    }
    text
}

fn lines(all_lines: &[Line], depth: usize, all: bool) -> String {
    let indent = "  ".repeat(depth);
    let most = if all { usize::MAX } else { LINES };
    let mut text = String::new();
    for line in all_lines.iter().take(most) {
        let note = line.note.map(|note| format!(", {note}")).unwrap_or_default();
        let value = value(line, all);
        let separator = if value.is_empty() { "" } else { ": " };
        writeln!(text, "{indent}{}{note}{separator}{value}", line.name).ok();
        text.push_str(&lines(&line.lines, depth + 1, all));
    }
    if all_lines.len() > most {
        writeln!(text, "{indent}{} more (--all)", all_lines.len() - most).ok();
    }
    text
}

/// What is odd: errors one by one, the rest counted.
fn odd(odd: &Oddities, all: bool) -> String {
    if odd.is_nothing() {
        return row("odd", "nothing");
    }
    let most = if all { usize::MAX } else { ERRORS };
    let mut text = String::new();
    for error in odd.errors.iter().take(most) {
        let at = error.at.map(|at| format!(" (byte {at})")).unwrap_or_default();
        let rule = match error.rule.as_str() {
            "field" | "dates" | "key" | "pem" => String::new(),
            "der" => "not DER: ".to_owned(),
            rule => format!("{rule}: "),
        };
        let label = if is_of_public_cas(error) { "odd if public" } else { "odd" };
        text.push_str(&row(label, &format!("{rule}{}{at}", error.text)));
    }
    if odd.errors.len() > most {
        let more = odd.errors.len() - most;
        let word = if more == 1 { "error" } else { "errors" };
        text.push_str(&row("odd", &format!("{more} more {word} (--all)")));
    }
    if let Some(rest) = rest(odd) {
        text.push_str(&row("beside", &rest));
    }
    text
}

/// `2 warnings and 1 notice of lints`.
fn rest(odd: &Oddities) -> Option<String> {
    let counted = |number: usize, word: &str| match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        more => Some(format!("{more} {word}s")),
    };
    let parts: Vec<String> =
        [counted(odd.warnings, "warning"), counted(odd.notices, "notice")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{} of lints", parts.join(" and ")))
}

/// Whether a rule is for CAs that browsers trust, and nobody else's.
fn is_of_public_cas(error: &Odd) -> bool {
    const OF_FORUM: [&str; 7] = ["br", "ev", "smime", "code-signing", "mozilla", "apple", "chrome"];
    error.rule.split_once('.').is_some_and(|(source, _)| OF_FORUM.contains(&source))
}

/// In one line, for a pile; nothing where nothing is odd.
pub(super) fn oddities_in_short(odd: &Oddities, is_public: bool) -> Option<String> {
    let errors: Vec<&Odd> = odd.errors.iter().filter(|error| is_public || !is_of_public_cas(error)).collect();
    let (first, more) = errors.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
    Some(format!("{}{more}", first.text))
}
