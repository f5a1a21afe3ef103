//! Just enough DER to keep the exact bytes of parts (X.690 section 8.1): what is signed and what is hashed must be as sent.

/// One element: all its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) whole: &'a [u8],
}

pub(crate) const SEQUENCE: u8 = 0x30;

/// The first element and the bytes after it; `None` where they are not definite-length DER with a one-byte tag.
pub(crate) fn first(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (_, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x0f))?;
            (digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (_, rest) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((Element { whole }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_every_form_are_read_and_others_refused() {
        assert_eq!(first(&[0x30, 2, 1, 2, 9]).unwrap().1, &[9]);
        assert_eq!(first(&[0x30, 0x81, 1, 7]).unwrap().0.whole, &[0x30, 0x81, 1, 7]);
        for wrong in [&[][..], &[0x30], &[0x30, 2, 1], &[0x30, 0x80, 0, 0], &[0x30, 0x85, 0, 0, 0, 0, 0]] {
            assert!(first(wrong).is_none(), "{wrong:?}");
        }
        assert!(first(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
    }
}
