//! One element, and the values that it may hold.

use std::borrow::Cow;

use super::fault::{Broken, Fault, Field};
use super::{Integer, Moment, Oid, Reader, Tag, text};

/// One element: its tag, its content, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// What kind it is.
    pub tag: Tag,
    /// Its content octets.
    pub content: &'a [u8],
    /// All of its octets.
    pub whole: &'a [u8],
    /// Where it begins in the document.
    pub at: usize,
    /// How many octets tag and length have.
    pub header: usize,
    pub(super) depth: u8,
}

/// A BIT STRING.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits<'a> {
    /// The octets; the last `unused` bits do not count.
    pub bytes: &'a [u8],
    /// How many bits of the last octet do not count, 0 to 7.
    pub unused: u8,
}

impl Bits<'_> {
    /// Whether this bit is there and set; bit 0 is the first (X.680 section 22).
    #[must_use]
    pub fn has(&self, bit: usize) -> bool {
        bit < self.len() && self.bytes.get(bit / 8).is_some_and(|byte| byte & 0x80 >> (bit % 8) != 0)
    }

    /// How many bits there are.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(usize::from(self.unused))
    }

    /// Whether there is no bit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether no bit is set.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        (0..self.len()).all(|bit| !self.has(bit))
    }
}

impl<'a> Element<'a> {
    /// Where its content begins in the document.
    #[must_use]
    pub const fn content_at(&self) -> usize {
        self.at + self.header
    }

    /// A fault at its first octet.
    #[must_use]
    pub const fn fault(&self, why: &'static str) -> Fault {
        Fault::value(self.at, why)
    }

    /// Itself, where it is of this kind.
    ///
    /// # Errors
    /// When it is not.
    #[inline]
    pub fn must_be(self, expected: Tag) -> Field<Self> {
        if self.tag == expected {
            return Ok(self);
        }
        Err(Fault::new(self.at, Broken::Tag { expected, found: self.tag }))
    }

    /// A reader of its content.
    #[must_use]
    #[inline]
    pub const fn children(&self) -> Reader<'a> {
        Reader::within(self.content, self.content_at(), self.depth + 1)
    }

    /// A reader of the elements of a SEQUENCE.
    ///
    /// # Errors
    /// When it is none.
    #[inline]
    pub fn sequence(&self) -> Field<Reader<'a>> {
        self.must_be(Tag::SEQUENCE).map(|element| element.children())
    }

    /// The one element inside of an EXPLICIT tag.
    ///
    /// # Errors
    /// When there is none, or more than one, or the tag says that there is none.
    pub fn inner(&self) -> Field<Self> {
        if !self.tag.constructed {
            return Err(self.fault("an explicit tag that is primitive"));
        }
        let mut inside = self.children();
        let element = inside.element()?;
        inside.finish().map(|()| element)
    }

    /// The value of a BOOLEAN, whatever its tag. Any octet but zero is true in BER.
    ///
    /// # Errors
    /// When it has not exactly one octet.
    pub const fn boolean(&self) -> Field<bool> {
        match self.content {
            [byte] => Ok(*byte != 0),
            _ => Err(self.fault("a BOOLEAN that has not one octet")),
        }
    }

    /// The value of an INTEGER or ENUMERATED, whatever its tag.
    ///
    /// # Errors
    /// When it has no octets.
    pub const fn integer(&self) -> Field<Integer<'a>> {
        if self.content.is_empty() {
            return Err(self.fault("an INTEGER without octets"));
        }
        Ok(Integer::new(self.content))
    }

    /// The value of an INTEGER of at most eight octets.
    ///
    /// # Errors
    /// When it has none or more.
    pub fn small(&self) -> Field<i64> {
        self.integer()?.to_i64().ok_or(self.fault("an INTEGER beyond 64 bits"))
    }

    /// The value of a BIT STRING, whatever its tag.
    ///
    /// # Errors
    /// When its first octet, the count of unused bits, is missing or wrong.
    pub fn bits(&self) -> Field<Bits<'a>> {
        match self.content.split_first() {
            Some((unused @ 0..=7, bytes)) if *unused == 0 || !bytes.is_empty() => {
                Ok(Bits { bytes, unused: *unused })
            }
            Some(_) => Err(self.fault("a BIT STRING with a wrong count of unused bits")),
            None => Err(self.fault("a BIT STRING without octets")),
        }
    }

    /// The octets of a BIT STRING of whole octets.
    ///
    /// # Errors
    /// When bits are missing from the last.
    pub fn bit_octets(&self) -> Field<&'a [u8]> {
        let bits = self.bits()?;
        if bits.unused == 0 {
            Ok(bits.bytes)
        } else {
            Err(self.fault("a BIT STRING that is not whole octets"))
        }
    }

    /// The octets of an OCTET STRING, whatever its tag; one in pieces (X.690 section 8.7.3, never in DER) is put together.
    ///
    /// # Errors
    /// When a piece is no OCTET STRING, or cannot be read.
    pub fn octets(&self) -> Field<Cow<'a, [u8]>> {
        if !self.tag.constructed {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut whole = Vec::with_capacity(self.content.len());
        self.gather(&mut whole)?;
        Ok(Cow::Owned(whole))
    }

    fn gather(&self, whole: &mut Vec<u8>) -> Field<()> {
        let mut pieces = self.children();
        while !pieces.is_empty() {
            let piece = pieces.element()?;
            match piece.tag {
                Tag::OCTET_STRING => whole.extend_from_slice(piece.content),
                tag if tag == (Tag { constructed: true, ..Tag::OCTET_STRING }) => piece.gather(whole)?,
                found => {
                    return Err(Fault::new(piece.at, Broken::Tag { expected: Tag::OCTET_STRING, found }));
                }
            }
        }
        Ok(())
    }

    /// The value of an OBJECT IDENTIFIER, whatever its tag.
    ///
    /// # Errors
    /// When its octets are none.
    #[inline]
    pub fn oid(&self) -> Field<Oid<'a>> {
        Oid::from_content(self.content).ok_or(self.fault("not an OBJECT IDENTIFIER"))
    }

    /// The instant of a UTCTime or GeneralizedTime.
    ///
    /// # Errors
    /// When it is neither, or no instant.
    pub fn moment(&self) -> Field<Moment<'a>> {
        Moment::read(self)
    }

    /// The text of a string of any kind.
    ///
    /// # Errors
    /// When it is no string, or its octets are none of its alphabet.
    pub fn text(&self) -> Field<Cow<'a, str>> {
        text::decode(self)
    }
}
