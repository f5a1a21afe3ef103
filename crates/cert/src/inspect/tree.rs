//! Bytes that nobody knows, as DER or as they are.

use super::odd::Oddities;
use super::{Description, Kind, Line, Object, Section};
use crate::der::dump::{DumpLine, Structure, dump};

/// So many elements of something unknown are shown.
const MOST: usize = 200;

/// The elements of a value inside of something public, each below the one that it lies in.
pub(super) fn lines(der: &[u8], most: usize) -> Vec<Line> {
    elements(der, Structure::Value, most)
}

fn elements(der: &[u8], structure: Structure, most: usize) -> Vec<Line> {
    let dump = dump(der, structure, most);
    let mut rest = &dump.lines[..];
    let mut lines = level(&mut rest, 0);
    if dump.is_cut {
        lines.push(Line::text("more", format!("what follows the first {most} elements is left out")));
    }
    lines
}

fn level(rest: &mut &[DumpLine], depth: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        if first.depth < depth {
            break;
        }
        *rest = after;
        let inside = level(rest, first.depth + 1);
        let name = first.kind.clone().unwrap_or_else(|| "not DER".to_owned());
        let words = first.value.iter().chain(&first.faults).cloned().collect::<Vec<_>>().join("; ");
        let line = if words.is_empty() { Line::group(name, Vec::new()) } else { Line::text(name, words) };
        lines.push(line.with(inside));
    }
    lines
}

/// Of a PEM block without octets.
pub(super) fn of_damaged(object: &Object) -> Description {
    let mut odd = Oddities::default();
    odd.damage(object);
    let title = format!("{} that cannot be read", object.kind.name());
    Description { kind: object.kind, title, facts: Vec::new(), glance: Vec::new(), sections: Vec::new(), odd }
}

/// Of an object of no known kind.
pub(super) fn of_unknown(object: &Object) -> Description {
    let octets = &object.octets[..];
    let label = match object.label.as_str() {
        "" => String::new(),
        label => format!(" ({label})"),
    };
    let mut odd = Oddities::default();
    let mut glance = vec![Line::text("length", super::field::count(octets.len(), "byte", "bytes"))];
    let mut sections = Vec::new();
    if object.kind == Kind::Der {
        sections.push(Section::new("elements", elements(octets, Structure::Unknown, MOST)));
        odd.audit(octets);
    } else if let Some(text) = text(octets) {
        glance.push(Line::text("begins", text));
    }
    let title = format!("{}{label}", object.kind.name());
    Description { kind: object.kind, title, facts: Vec::new(), glance, sections, odd }
}

/// The first line of a text, but for one that may be a private key in base64 or hexadecimal.
fn text(octets: &[u8]) -> Option<String> {
    const LONGEST_WORD: usize = 24;
    let text = std::str::from_utf8(octets).ok().filter(|text| !text.contains('\0'))?;
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    let is_of_code = |letter: char| letter.is_ascii_alphanumeric() || "+/=-_:".contains(letter);
    let is_code = |word: &str| word.len() >= LONGEST_WORD;
    if line.split(|letter| !is_of_code(letter)).any(is_code) {
        return None;
    }
    Some(line.chars().take(100).collect())
}
