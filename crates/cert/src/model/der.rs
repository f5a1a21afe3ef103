//! Just enough DER to keep the exact bytes of parts (X.690 section 8.1): what is signed and what is hashed must be as sent.

/// One element: its tag, its content, and all its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const BIT_STRING: u8 = 0x03;

/// The first element and the bytes after it; `None` where they are not definite-length DER with a one-byte tag.
pub(crate) fn first(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x0f))?;
            (digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((Element { tag, content, whole }, rest))
}

/// The element of this tag at the beginning, and what follows it.
pub(crate) fn expect(bytes: &[u8], tag: u8) -> Option<(Element<'_>, &[u8])> {
    first(bytes).filter(|(element, _)| element.tag == tag)
}

/// The content of a BIT STRING of whole bytes.
pub(crate) fn bits(element: Element<'_>) -> Option<&[u8]> {
    match element.content.split_first()? {
        (0, bytes) => Some(bytes),
        _ => None,
    }
}

/// A signed structure (RFC 5280 section 4.1): the signed part, the algorithm identifier's content, the signature.
pub(crate) struct Signed<'a> {
    pub(crate) signed: &'a [u8],
    pub(crate) algorithm: &'a [u8],
    pub(crate) signature: &'a [u8],
}

/// Takes a signed structure apart.
pub(crate) fn signed(bytes: &[u8]) -> Option<Signed<'_>> {
    let (outer, _) = expect(bytes, SEQUENCE)?;
    let (signed, rest) = expect(outer.content, SEQUENCE)?;
    let (algorithm, rest) = expect(rest, SEQUENCE)?;
    let (signature, _) = expect(rest, BIT_STRING)?;
    Some(Signed { signed: signed.whole, algorithm: algorithm.content, signature: bits(signature)? })
}

/// A SubjectPublicKeyInfo: the algorithm identifier's content and the key's bits.
pub(crate) fn public_key(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (outer, _) = expect(bytes, SEQUENCE)?;
    let (algorithm, rest) = expect(outer.content, SEQUENCE)?;
    let (key, _) = expect(rest, BIT_STRING)?;
    Some((algorithm.content, bits(key)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_every_form_are_read_and_others_refused() {
        assert_eq!(first(&[0x30, 2, 1, 2, 9]).unwrap().1, &[9]);
        assert_eq!(first(&[0x30, 0x81, 1, 7]).unwrap().0.content, &[7]);
        for wrong in [&[][..], &[0x30], &[0x30, 2, 1], &[0x30, 0x80, 0, 0], &[0x30, 0x85, 0, 0, 0, 0, 0]] {
            assert!(first(wrong).is_none(), "{wrong:?}");
        }
        assert!(first(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
    }
}
