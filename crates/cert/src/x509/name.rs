//! Distinguished names (RFC 5280 section 4.1.2.4, X.501).

use std::borrow::Cow;
use std::fmt;

use crate::der::{Element, Field, Item, List, Oid, Tag};

/// A distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistinguishedName<'a> {
    /// Its parts, the most general first.
    pub rdns: List<'a, Rdn<'a>>,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
}

/// A relative distinguished name: one attribute, seldom more, and none only by a mistake that everybody reads past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rdn<'a> {
    /// Its attributes, in the order of the document; one is the least, but for [`DistinguishedName::check`].
    pub attributes: List<'a, Attribute<'a>>,
    /// The whole SET.
    pub element: Element<'a>,
}

/// One attribute of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// What kind.
    pub kind: Oid<'a>,
    /// Its value, a string of some alphabet.
    pub value: Element<'a>,
}

impl<'a> DistinguishedName<'a> {
    /// Of a SEQUENCE OF SETs.
    ///
    /// # Errors
    /// When a part is not of that structure.
    pub fn read(element: Element<'a>) -> Field<Self> {
        Ok(Self { rdns: List::read(element.sequence()?)?, element })
    }

    /// What can be read and yet is not allowed: a part without attributes (RFC 5280 appendix A.1).
    ///
    /// # Errors
    /// At the first of them.
    pub fn check(&self) -> Field<()> {
        match self.rdns.iter().find(|rdn| rdn.attributes.is_empty()) {
            Some(rdn) => Err(rdn.element.fault("a relative distinguished name without attributes")),
            None => Ok(()),
        }
    }

    /// Its octets.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.element.whole
    }

    /// Whether it has no attribute: no part, or parts that say nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes().next().is_none()
    }

    /// Its attributes, one after the other.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        self.rdns.iter().flat_map(|rdn| rdn.attributes.iter())
    }

    /// Those of one kind.
    pub fn all(&self, kind: Oid<'static>) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        self.attributes().filter(move |attribute| attribute.kind == kind)
    }

    /// The text of the first of a kind, where it can be read.
    #[must_use]
    pub fn first(&self, kind: Oid<'static>) -> Option<Cow<'a, str>> {
        self.all(kind).find_map(|attribute| attribute.value.text().ok())
    }

    /// In the form in which names are compared (RFC 5280 section 7.1): letters of one case, spaces at the ends and next to
    /// others left out, whatever alphabet they were written in. Values that are no text stay as they are.
    #[must_use]
    pub fn normalized(&self) -> Vec<Vec<u8>> {
        self.rdns.iter().map(|rdn| rdn.normalized()).collect()
    }

    /// Whether both are the same name.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.der() == other.der() || self.normalized() == other.normalized()
    }
}

impl<'a> Rdn<'a> {
    /// Of a SET, or of what is tagged in its place.
    pub(crate) fn read(element: Element<'a>) -> Field<Self> {
        Ok(Self { attributes: List::read(element.children())?, element })
    }

    /// In the form in which names are compared; the order of its attributes does not count.
    pub(crate) fn normalized(&self) -> Vec<u8> {
        let mut attributes: Vec<Vec<u8>> = self.attributes.iter().map(|one| one.normalized()).collect();
        attributes.sort();
        attributes.concat()
    }
}

impl<'a> Item<'a> for Rdn<'a> {
    fn item(element: Element<'a>) -> Field<Self> {
        Self::read(element.must_be(Tag::SET)?)
    }
}

impl<'a> Item<'a> for Attribute<'a> {
    fn item(element: Element<'a>) -> Field<Self> {
        let mut pair = element.sequence()?;
        let kind = pair.expect(Tag::OID, "type")?.oid()?;
        let value = pair.element()?;
        pair.finish()?;
        Ok(Self { kind, value })
    }
}

impl Attribute<'_> {
    /// Its kind, and its text in the form in which texts are compared, each after its length.
    fn normalized(&self) -> Vec<u8> {
        let (mark, value) = match self.value.text() {
            Ok(text) => (0, folded(&text).into_bytes()),
            Err(_) => (1, self.value.whole.to_vec()),
        };
        let kind = self.kind.content();
        let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
        [&length(kind)[..], kind, &[mark], &length(&value), &value].concat()
    }
}

/// One case, one space where there are several, none at the ends (RFC 4518 as RFC 5280 section 7.1 needs it).
fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// As RFC 4514 writes names, but in the document's order, as people read them.
impl fmt::Display for DistinguishedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, rdn) in self.rdns.iter().enumerate() {
            f.write_str(if position > 0 { ", " } else { "" })?;
            for (position, attribute) in rdn.attributes.iter().enumerate() {
                f.write_str(if position > 0 { " + " } else { "" })?;
                write!(f, "{attribute}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.text() {
            Ok(text) => write!(f, "{}={text}", self.kind.shown()),
            Err(_) => write!(f, "{}=#{}", self.kind.shown(), crate::hex(self.value.whole)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::Reader;

    /// Common names, each with a string's tag.
    type Parts<'a> = &'a [(u8, &'a [u8])];

    fn name(parts: Parts<'_>) -> Vec<u8> {
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
        let wrap = |tag: u8, content: &[u8]| [&[tag, length(content)], content].concat();
        let rdn = |(tag, value): &(u8, &[u8])| {
            wrap(0x31, &wrap(0x30, &[&[6, 3, 0x55, 4, 3][..], &wrap(*tag, value)].concat()))
        };
        wrap(0x30, &parts.iter().flat_map(rdn).collect::<Vec<u8>>())
    }

    fn read(bytes: &[u8]) -> DistinguishedName<'_> {
        DistinguishedName::read(Reader::new(bytes).element().unwrap()).unwrap()
    }

    #[test]
    fn names_are_compared_by_their_text() {
        let table: [(Parts<'_>, Parts<'_>, bool); 6] = [
            (&[(19, b"Test CA")], &[(12, b"test  ca ")], true),
            (&[(19, b"a")], &[(30, &[0, b'A'])], true),
            (&[(19, b"a")], &[(19, b"b")], false),
            (&[(19, b"a"), (19, b"b")], &[(19, b"b"), (19, b"a")], false),
            (&[(19, b"a")], &[(19, b"a"), (19, b"a")], false),
            (&[(4, b"a")], &[(4, b"A")], false),
        ];
        for (one, other, same) in table {
            let (one, other) = (name(one), name(other));
            assert_eq!(read(&one).matches(&read(&other)), same, "{} {}", read(&one), read(&other));
        }
    }

    #[test]
    fn names_are_written_in_the_order_of_the_document() {
        let bytes = name(&[(19, b"a"), (4, &[1])]);
        assert_eq!(read(&bytes).to_string(), "CN=a, CN=#040101");
        let nothing = [0x30, 2, 0x31, 0];
        assert!(read(&nothing).is_empty() && !read(&bytes).is_empty());
        assert!(read(&nothing).check().is_err() && read(&bytes).check().is_ok());
    }
}
