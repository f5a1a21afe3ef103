//! A document element by element, with its places: what each is, what it is called where the structure is known, and what DER
//! forbids of it. Strings that hold DER are gone into, and nothing ends before the document or the budget does.

mod extension;
mod schema;
mod shape;
mod value;

use serde::Serialize;

use super::audit;
use super::{DEEPEST, Element, Oid, Reader, Tag};
pub use schema::Structure;
use shape::{Cursor, Known, Shape};

/// A dump.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dump {
    /// Its lines, in the document's order.
    pub lines: Vec<DumpLine>,
    /// Whether the budget ended before the document.
    pub is_cut: bool,
}

/// One element, or what is no element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DumpLine {
    /// Its offset in the document.
    pub at: usize,
    /// How many octets tag and length have.
    pub header: usize,
    /// How many octets its content has.
    pub length: usize,
    /// How many elements it lies within.
    pub depth: usize,
    /// What it is called, where the structure is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// Its type: `SEQUENCE`, `[0]`; `None` where there is no element.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its value, where it has one of its own; long ones are cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What DER forbids here, or why nothing can be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// The dump of a document that is, or may be, of this structure, in at most so many lines.
#[must_use]
pub fn dump(document: &[u8], structure: Structure, most: usize) -> Dump {
    let mut dumper = Dumper { dump: Dump::default(), most };
    let level = Level { depth: 0, hides: structure.may_be_secret() };
    dumper.walk(Reader::new(document), level, &mut Cursor::root(structure));
    dumper.dump
}

struct Dumper {
    dump: Dump,
    most: usize,
}

/// Where something lies.
#[derive(Clone, Copy)]
struct Level {
    /// How many elements it lies within.
    depth: usize,
    /// Whether what has no name here is not shown, because it may be a private key.
    hides: bool,
}

impl Level {
    const fn below(self, hides: bool) -> Self {
        Self { depth: self.depth + 1, hides }
    }
}

impl Dumper {
    /// Whether there is room for another line.
    fn has_room(&mut self) -> bool {
        self.dump.is_cut |= self.dump.lines.len() >= self.most;
        !self.dump.is_cut
    }

    fn walk(&mut self, mut reader: Reader<'_>, level: Level, cursor: &mut Cursor) {
        while !reader.is_empty() && self.has_room() {
            let (at, rest) = (reader.at(), reader.rest());
            match reader.element() {
                Ok(element) => self.element(&element, level, cursor),
                Err(fault) => {
                    let begun = value::begun(rest);
                    self.dump.lines.push(DumpLine {
                        at,
                        header: 0,
                        length: rest.len(),
                        depth: level.depth,
                        field: None,
                        kind: begun.map(|tag| tag.to_string()),
                        value: (!level.hides).then(|| value::begins(rest)),
                        faults: vec![fault.what.to_string()],
                    });
                }
            }
        }
    }

    fn element(&mut self, element: &Element<'_>, level: Level, cursor: &mut Cursor) {
        let Known { field, shape, is_stray } = cursor.next(element);
        let hides = level.hides || is_stray;
        let held = if element.tag.constructed { None } else { held(element, shape) };
        let is_secret = matches!(shape, Shape::Secret);
        let is_leaf = !element.tag.constructed && held.is_none();
        let is_unknown = field.is_none() || is_stray;
        let value = match shape {
            Shape::Any if hides && is_unknown && is_leaf && value::may_be_secret(element) => {
                Some("not shown: it may be a secret".to_owned())
            }
            _ => (is_leaf || is_secret).then(|| value::of(element, shape)).flatten(),
        };
        self.dump.lines.push(DumpLine {
            at: element.at,
            header: element.header,
            length: element.content.len(),
            depth: level.depth,
            field,
            kind: Some(element.tag.to_string()),
            value,
            faults: audit::own(element).iter().map(|fault| fault.what.to_string()).collect(),
        });
        if level.depth >= usize::from(DEEPEST) || is_secret {
            return;
        }
        match held {
            Some((inside, shape)) => self.walk(inside, level.below(hides), &mut Cursor::of(shape)),
            None if element.tag.constructed => {
                self.walk(element.children(), level.below(hides), &mut Cursor::of(shape));
            }
            None => {}
        }
    }
}

/// What a string holds: what its place says, else a structure that fills it to the last octet.
fn held<'a>(element: &Element<'a>, shape: &'static Shape) -> Option<(Reader<'a>, &'static Shape)> {
    let (content, at) = match element.tag {
        Tag::BIT_STRING => (element.bit_octets().ok()?, element.content_at() + 1),
        _ => (element.content, element.content_at()),
    };
    let reader = Reader::nested(content, at);
    if let Shape::Holds(inner) = shape {
        return (!content.is_empty()).then_some((reader, inner));
    }
    let is_string = matches!(element.tag, Tag::BIT_STRING | Tag::OCTET_STRING);
    let goes_in = match shape {
        Shape::MayHold => only(reader).is_some_and(|inner| is_whole(&inner)),
        Shape::Any => is_string && only(reader).is_some_and(|inner| is_structure(&inner)),
        _ => false,
    };
    goes_in.then_some((reader, &Shape::Any))
}

/// The one element that fills these octets.
fn only(mut reader: Reader<'_>) -> Option<Element<'_>> {
    reader.element().ok().filter(|_| reader.is_empty())
}

/// Whether everything in it can be read, and is of a type that anybody uses.
fn is_whole(element: &Element<'_>) -> bool {
    let is_known = element.tag.type_name().is_some() || element.tag.class == super::Class::Context;
    let inside = || element.children().all().is_ok_and(|all| all.iter().all(is_whole));
    is_known && (!element.tag.constructed || inside())
}

/// Chance makes a short value look like anything, but not a structure that fills a string.
fn is_structure(element: &Element<'_>) -> bool {
    matches!(element.tag, Tag::SEQUENCE | Tag::SET) && !element.content.is_empty() && is_whole(element)
}

/// The object identifier of an element that is one.
fn identifier<'a>(element: &Element<'a>) -> Option<Oid<'a>> {
    (element.tag == Tag::OID).then(|| element.oid().ok()).flatten()
}

#[cfg(test)]
mod tests;
