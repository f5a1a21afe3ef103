//! Writing DER, for the little that is asked of others.

use super::{Class, Tag};

/// An element of this kind whose content is these parts, one after the other. Tags above 30 are not written.
#[must_use]
pub fn write(tag: Tag, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let class = match tag.class {
        Class::Universal => 0,
        Class::Application => 0x40,
        Class::Context => 0x80,
        Class::Private => 0xc0,
    };
    let kind =
        class | if tag.constructed { 0x20 } else { 0 } | u8::try_from(tag.number & 0x1f).unwrap_or_default();
    let mut octets = vec![kind];
    let digits = length.to_be_bytes();
    let digits = digits.get(length.leading_zeros() as usize / 8..).unwrap_or_default();
    if length > 0x7f {
        octets.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
    }
    octets.extend_from_slice(if length == 0 { &[0] } else { digits });
    parts.iter().for_each(|part| octets.extend_from_slice(part));
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::{Reader, audit};

    #[test]
    fn what_is_written_is_read_again() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![7; length];
            let (one, two) = content.split_at(length / 2);
            let octets = write(Tag::context(2), &[one, two]);
            let element = Reader::new(&octets).element().unwrap();
            assert_eq!((element.tag, element.content), (Tag::context(2), &content[..]));
            assert!(audit::audit(&octets).is_empty(), "{length}");
        }
    }
}
