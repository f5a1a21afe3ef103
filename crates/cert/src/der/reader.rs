//! Elements one after the other.

use super::fault::{Broken, Fault, Field};
use super::{DEEPEST, Element, Octets, Tag};

/// Reads the elements of a document, or of an element's content.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    /// Of a whole document.
    #[must_use]
    pub const fn new(document: &'a [u8]) -> Self {
        Self { rest: document, at: 0, depth: 0 }
    }

    /// Of a part of a document that begins at this offset, at this depth.
    #[must_use]
    pub(super) const fn within(rest: &'a [u8], at: usize, depth: u8) -> Self {
        Self { rest, at, depth }
    }

    /// Of bytes inside of a primitive element, at the offset at which they lie in the document.
    #[must_use]
    pub const fn nested(rest: &'a [u8], at: usize) -> Self {
        Self { rest, at, depth: 1 }
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes that are left.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The offset of the next element.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// The tag of the next element, where there is one.
    #[must_use]
    #[inline]
    pub fn peek(&self) -> Option<Tag> {
        match self.rest.first() {
            Some(first) if first & 0x1f != 0x1f => Some(Tag::of(*first)),
            _ => tag(self.rest, self.at).ok().map(|(tag, _)| tag),
        }
    }

    /// The next element, of whatever kind.
    ///
    /// # Errors
    /// Where no element begins, or it does not end within what is left. Nothing can be read after that.
    #[inline]
    pub fn element(&mut self) -> Field<Element<'a>> {
        match self.short() {
            Some(element) => Ok(element),
            None => self.any_element(),
        }
    }

    /// The next element, where tag and length have an octet each, as nearly all have.
    #[inline]
    fn short(&mut self) -> Option<Element<'a>> {
        let (&[first, length], body) = self.rest.split_first_chunk::<2>()?;
        if first & 0x1f == 0x1f || length > 0x7f || self.depth > DEEPEST {
            return None;
        }
        let (content, rest) = body.split_at_checked(usize::from(length))?;
        let (whole, _) = self.rest.split_at_checked(content.len() + 2)?;
        let element =
            Element { tag: Tag::of(first), content, whole, at: self.at, header: 2, depth: self.depth };
        self.rest = rest;
        self.at += whole.len();
        Some(element)
    }

    fn any_element(&mut self) -> Field<Element<'a>> {
        let element = self.look();
        match &element {
            Ok(element) => self.skip(element.whole.len()),
            Err(_) => self.skip(self.rest.len()),
        }
        element
    }

    fn look(&self) -> Field<Element<'a>> {
        if self.depth > DEEPEST {
            return Err(Fault::new(self.at, Broken::TooDeep));
        }
        let (tag, used) = tag(self.rest, self.at)?;
        let (length, used) = length(self.rest, used, self.at)?;
        let body = self.rest.get(used..).unwrap_or_default();
        let (content, whole) = match length {
            Some(length) => {
                let short = Broken::Truncated { needed: length, left: body.len() };
                let content = body.get(..length).ok_or(Fault::new(self.at, short))?;
                (content, used + length)
            }
            None if tag.constructed => {
                let length = self.indefinite(body, used)?;
                (body.get(..length).unwrap_or_default(), used + length + 2)
            }
            None => {
                return Err(Fault::new(self.at, Broken::Header("an indefinite length of a primitive value")));
            }
        };
        let whole = self.rest.get(..whole).unwrap_or(self.rest);
        Ok(Element { tag, content, whole, at: self.at, header: used, depth: self.depth })
    }

    /// The length of a content that ends with an end-of-contents element (X.690 section 8.1.3.6).
    fn indefinite(&self, body: &'a [u8], header: usize) -> Field<usize> {
        let mut inner = Self::within(body, self.at + header, self.depth + 1);
        loop {
            if inner.rest.starts_with(&[0, 0]) {
                return Ok(body.len() - inner.rest.len());
            }
            if inner.is_empty() {
                return Err(Fault::new(self.at, Broken::Header("an indefinite length without an end")));
            }
            inner.element()?;
        }
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
        self.at += count;
    }

    /// The next element, which must be of this kind; `name` is the field's. One of another kind is stepped over, so that
    /// what follows is still found.
    ///
    /// # Errors
    /// Where nothing is left, or something else is there.
    #[inline]
    pub fn expect(&mut self, expected: Tag, name: &'static str) -> Field<Element<'a>> {
        if self.is_empty() {
            return Err(Fault::new(self.at, Broken::Missing(name)));
        }
        let element = self.element()?;
        element.must_be(expected)
    }

    /// The next element where it is of this kind; otherwise nothing is read.
    ///
    /// # Errors
    /// Where it begins, and cannot be read.
    #[inline]
    pub fn optional(&mut self, wanted: Tag) -> Field<Option<Element<'a>>> {
        if self.peek() == Some(wanted) { self.element().map(Some) } else { Ok(None) }
    }

    /// `[number]` of a structure, primitive or constructed, where it is next.
    ///
    /// # Errors
    /// Where it begins, and cannot be read.
    pub fn optional_context(&mut self, number: u32) -> Field<Option<Element<'a>>> {
        let is_next = self.peek().is_some_and(|tag| tag.is_context(number));
        if is_next { self.element().map(Some) } else { Ok(None) }
    }

    /// The octets of an OCTET STRING, which must be next, in one piece or in several; `name` is the field's.
    ///
    /// # Errors
    /// Where nothing is left, or something else is there.
    pub fn octets(&mut self, name: &'static str) -> Field<Octets<'a>> {
        if self.is_empty() {
            return Err(Fault::new(self.at, Broken::Missing(name)));
        }
        let element = self.element()?;
        let tag = Tag { constructed: element.tag.constructed, ..Tag::OCTET_STRING };
        element.must_be(tag).and_then(|element| Octets::of(&element))
    }

    /// All that is left, element by element.
    ///
    /// # Errors
    /// At the first that cannot be read.
    pub fn all(mut self) -> Field<Vec<Element<'a>>> {
        let mut elements = Vec::new();
        while !self.is_empty() {
            elements.push(self.element()?);
        }
        Ok(elements)
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// Where something is.
    pub const fn finish(self) -> Field<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Fault::new(self.at, Broken::Trailing(self.rest.len())))
        }
    }
}

/// The tag at the beginning, and how many bytes it has (X.690 section 8.1.2).
pub(super) fn tag(bytes: &[u8], at: usize) -> Field<(Tag, usize)> {
    let Some((&first, more)) = bytes.split_first() else {
        return Err(Fault::new(at, Broken::Missing("an element")));
    };
    if first & 0x1f != 0x1f {
        return Ok((Tag::of(first), 1));
    }
    let Tag { class, constructed, .. } = Tag::of(first);
    let mut number = 0_u32;
    for (count, byte) in more.iter().enumerate().take(4) {
        number = number << 7 | u32::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok((Tag { class, constructed, number }, count + 2));
        }
    }
    Err(Fault::new(at, Broken::Header("a tag number that does not end")))
}

/// The length at this place of the bytes, `None` for the indefinite form, and where the content begins (X.690 section 8.1.3).
pub(super) fn length(bytes: &[u8], from: usize, at: usize) -> Field<(Option<usize>, usize)> {
    let truncated = Fault::new(at, Broken::Truncated { needed: 1, left: 0 });
    let first = *bytes.get(from).ok_or(truncated)?;
    match first {
        0..=0x7f => Ok((Some(usize::from(first)), from + 1)),
        0x80 => Ok((None, from + 1)),
        0xff => Err(Fault::new(at, Broken::Header("a length octet of 255, which is reserved"))),
        _ => {
            let count = usize::from(first & 0x7f);
            let digits = bytes.get(from + 1..from + 1 + count).ok_or(truncated)?;
            let significant = digits.iter().skip_while(|digit| **digit == 0);
            if significant.clone().count() > 4 {
                return Err(Fault::new(at, Broken::Header("a length beyond four gigabytes")));
            }
            let length = significant.fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
            Ok((Some(length), from + 1 + count))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Field<Element<'_>> {
        Reader::new(bytes).element()
    }

    #[test]
    fn lengths_in_every_form_are_read() {
        let table: [(&[u8], &[u8]); 5] = [
            (&[0x30, 2, 5, 0, 9], &[5, 0]),
            (&[0x04, 0x81, 1, 7], &[7]),
            (&[0x04, 0x83, 0, 0, 1, 7], &[7]),
            (&[0x30, 0x80, 5, 0, 0, 0, 9], &[5, 0]),
            (&[0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0], &[0x30, 0x80, 0, 0]),
        ];
        for (bytes, content) in table {
            assert_eq!(read(bytes).unwrap().content, content, "{bytes:02x?}");
        }
    }

    #[test]
    fn what_does_not_end_is_told_with_its_place() {
        let table: [(&[u8], &str); 8] = [
            (&[], "byte 0: an element is missing"),
            (&[0x30], "byte 0: cut short: 1 bytes announced, 0 there"),
            (&[0x30, 5, 1], "byte 0: cut short: 5 bytes announced, 1 there"),
            (&[0x30, 0xff], "byte 0: a length octet of 255, which is reserved"),
            (&[0x30, 0x85, 1, 0, 0, 0, 0], "byte 0: a length beyond four gigabytes"),
            (&[0x04, 0x80, 0, 0], "byte 0: an indefinite length of a primitive value"),
            (&[0x30, 0x80, 5, 0], "byte 0: an indefinite length without an end"),
            (&[0x1f, 0x80, 0x80, 0x80, 0x80, 0], "byte 0: a tag number that does not end"),
        ];
        for (bytes, fault) in table {
            assert_eq!(read(bytes).unwrap_err().to_string(), fault, "{bytes:02x?}");
        }
    }

    #[test]
    fn offsets_are_those_of_the_document() {
        let mut outer = Reader::new(&[0x30, 5, 0x02, 1, 7, 5, 0]);
        let mut inner = outer.expect(Tag::SEQUENCE, "outer").unwrap().children();
        assert_eq!(inner.expect(Tag::INTEGER, "first").unwrap().at, 2);
        let fault = inner.expect(Tag::INTEGER, "second").unwrap_err();
        assert_eq!(fault.to_string(), "byte 5: NULL where INTEGER must be");
        assert_eq!(inner.expect(Tag::NULL, "third").unwrap_err().to_string(), "byte 7: third is missing");
    }

    #[test]
    fn nesting_has_a_limit() {
        let deep = [0x30, 0x80].repeat(5000);
        assert!(read(&deep).is_err());
        let mut bytes = vec![5, 0];
        for _ in 0..100 {
            bytes = [&[0x30, 0x82][..], &u16::try_from(bytes.len()).unwrap().to_be_bytes(), &bytes].concat();
        }
        let mut reader = Reader::new(&bytes);
        let fault = loop {
            match reader.element() {
                Ok(element) => reader = element.children(),
                Err(fault) => break fault,
            }
        };
        assert_eq!(fault.what, Broken::TooDeep);
    }
}
