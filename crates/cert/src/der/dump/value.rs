//! Values in one line.

use super::identifier;
use super::shape::Shape;
use crate::der::{Element, Tag, reader};
use crate::hex;
use crate::x509::GeneralName;

/// Values of unknown meaning are shown up to this length, where there may be a private key.
const HARMLESS: usize = 15;
/// So many octets of a long value are shown.
const OCTETS: usize = 32;
/// So many letters of a long text are.
const LETTERS: usize = 200;
/// BIT STRINGs up to this length are shown bit by bit.
const BITS: usize = 16;

/// The tag with which bytes begin that are no whole element.
pub(super) fn begun(rest: &[u8]) -> Option<Tag> {
    reader::tag(rest, 0).ok().map(|(tag, _)| tag).filter(|tag| tag.type_name().is_some())
}

/// What cannot be read, by its first octets: wherever it stands, it may be part of a private key.
pub(super) fn begins(rest: &[u8]) -> String {
    match rest.get(..4) {
        Some(first) if rest.len() > 7 => format!("{}... ({} octets)", hex(first), rest.len()),
        _ => hex(rest),
    }
}

/// Octets in hexadecimal, the first of many.
pub(super) fn octets(octets: &[u8]) -> String {
    match octets.get(..OCTETS) {
        Some(first) if octets.len() > OCTETS => format!("{}... ({} octets)", hex(first), octets.len()),
        _ => hex(octets),
    }
}

/// Whether nobody knows what it is, and a private key would look like it.
pub(super) fn may_be_secret(element: &Element<'_>) -> bool {
    let is_long = element.content.len() > HARMLESS;
    let is_public = matches!(element.tag, Tag::OID | Tag::BIT_STRING | Tag::UTC_TIME | Tag::GENERALIZED_TIME);
    is_long && !element.tag.constructed && !is_public && element.text().is_err()
}

pub(super) fn of(element: &Element<'_>, shape: &'static Shape) -> Option<String> {
    if matches!(shape, Shape::Secret) {
        return Some("not shown".to_owned());
    }
    let name = || GeneralName::read(*element).ok().map(|name| quoted(&name, element));
    let shown = if matches!(shape, Shape::Name) { name() } else { None };
    shown.or_else(|| of_type(element, shape)).filter(|text| !text.is_empty())
}

fn quoted(name: &GeneralName<'_>, element: &Element<'_>) -> String {
    match name {
        GeneralName::Ip(_) | GeneralName::RegisteredId(_) => name.to_string(),
        _ => text(&String::from_utf8_lossy(element.content)),
    }
}

fn of_type(element: &Element<'_>, shape: &'static Shape) -> Option<String> {
    let as_octets = || Some(octets(element.content));
    match (element.tag, shape) {
        (Tag::BOOLEAN, _) => element.boolean().map(|value| value.to_string()).ok().or_else(as_octets),
        (Tag::INTEGER | Tag::ENUMERATED, _) | (_, Shape::Number) => {
            element.integer().ok().map(|number| match number.to_i64() {
                Some(value) => value.to_string(),
                None => format!("0x{}", octets(number.bytes())),
            })
        }
        (Tag::OID, _) => match identifier(element) {
            Some(oid) => Some(oid.name().map_or_else(|| oid.to_string(), |name| format!("{oid} ({name})"))),
            None => as_octets(),
        },
        (Tag::UTC_TIME | Tag::GENERALIZED_TIME, _) => {
            let letters = text(&String::from_utf8_lossy(element.content));
            Some(element.moment().map_or(letters.clone(), |moment| format!("{letters} = {}", moment.time)))
        }
        (Tag::NULL, _) if element.content.is_empty() => None,
        (Tag::BIT_STRING, _) | (_, Shape::Bits) => Some(bits(element)),
        (_, Shape::Opaque) | (Tag::OCTET_STRING, _) => as_octets(),
        _ => Some(match element.text() {
            Ok(letters) => text(&letters),
            Err(_) if is_letters(element) => text(&String::from_utf8_lossy(element.content)),
            Err(_) => octets(element.content),
        }),
    }
}

/// A field that is implicitly tagged may be text: where it looks like it.
fn is_letters(element: &Element<'_>) -> bool {
    let is_graphic = |octet: &u8| matches!(octet, 0x20..=0x7e);
    element.tag.type_name().is_none() && element.content.len() > 2 && element.content.iter().all(is_graphic)
}

fn bits(element: &Element<'_>) -> String {
    let Ok(bits) = element.bits() else { return octets(element.content) };
    if bits.len() > BITS {
        return octets(bits.bytes);
    }
    (0..bits.len()).map(|bit| if bits.has(bit) { '1' } else { '0' }).collect()
}

fn text(letters: &str) -> String {
    match letters.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{:?}... ({} letters)", &letters[..end], letters.chars().count()),
        None => format!("{letters:?}"),
    }
}
