//! The octets of an OCTET STRING, with their place.

use std::borrow::Cow;

use super::{Element, Field, Reader};

/// What an OCTET STRING holds: a part of the document, or put together from its pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Octets<'a> {
    /// The octets.
    pub bytes: Cow<'a, [u8]>,
    /// Where the first of them lies in the document.
    pub at: usize,
}

impl<'a> Octets<'a> {
    /// Of an element, whatever its tag.
    ///
    /// # Errors
    /// When a piece of it cannot be read.
    pub fn of(element: &Element<'a>) -> Field<Self> {
        Ok(Self { bytes: element.octets()?, at: element.content_at() })
    }

    /// A reader of the structure that they are. Offsets behind the first piece of several are too small.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader::nested(&self.bytes, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together_and_nothing_else_is_taken_for_one() {
        let table: [(&[u8], Option<&[u8]>); 5] = [
            (&[4, 2, 1, 2], Some(&[1, 2])),
            (&[0x24, 6, 4, 1, 1, 4, 1, 2], Some(&[1, 2])),
            (&[0x24, 0x80, 4, 1, 1, 0x24, 3, 4, 1, 2, 0, 0], Some(&[1, 2])),
            (&[0x24, 3, 5, 1, 0], None),
            (&[0x30, 0], None),
        ];
        for (bytes, expected) in table {
            let octets = Reader::new(bytes).octets("content");
            assert_eq!(octets.ok().as_ref().map(|octets| &octets.bytes[..]), expected, "{bytes:02x?}");
        }
        assert_eq!(Reader::new(&[4, 1, 7]).octets("content").unwrap().at, 2);
    }
}
