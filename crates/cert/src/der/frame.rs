//! The beginning of an element whose end may not have come yet.

use super::fault::{Broken, Fault, Field};
use super::{Tag, reader};

/// Tag and length of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What kind it is.
    pub tag: Tag,
    /// How many octets tag and length have.
    pub header: usize,
    /// How many octets its content has.
    pub content: usize,
}

impl Frame {
    /// Of the octets that are there, the first of which lies at this offset; `None` where more must come.
    ///
    /// # Errors
    /// Where tag or length have no meaning, or the length is indefinite: such an end must be looked for.
    pub fn of(octets: &[u8], at: usize) -> Field<Option<Self>> {
        let header = reader::tag(octets, at).and_then(|(tag, used)| {
            reader::length(octets, used, at).map(|(length, used)| (tag, length, used))
        });
        match header {
            Ok((tag, Some(content), header)) => Ok(Some(Self { tag, header, content })),
            Ok((_, None, _)) => {
                Err(Fault::new(at, Broken::Header("an indefinite length in what is read piece by piece")))
            }
            // The longest tag that is read has five octets.
            Err(_) if octets.len() < 5 && octets.get(1).is_none_or(|second| *second != 0xff) => Ok(None),
            Err(Fault { what: Broken::Truncated { .. } | Broken::Missing(_), .. }) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// How many octets it has in all.
    #[must_use]
    pub const fn whole(&self) -> usize {
        self.header.saturating_add(self.content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_come_is_no_fault() {
        /// Octets, and how long header and content of what begins there are.
        type Row<'a> = (&'a [u8], Option<(usize, usize)>);
        let table: [Row<'_>; 6] = [
            (&[], None),
            (&[0x30], None),
            (&[0x30, 0x83, 1, 0], None),
            (&[0x30, 0x83, 1, 0, 0], Some((5, 65_536))),
            (&[0x1f, 0x80, 0x80], None),
            (&[2, 1], Some((2, 1))),
        ];
        for (octets, expected) in table {
            let frame = Frame::of(octets, 0).unwrap();
            assert_eq!(frame.map(|frame| (frame.header, frame.content)), expected, "{octets:02x?}");
        }
        for wrong in [&[0x30, 0x80, 0, 0][..], &[0x30, 0xff], &[0x1f, 0x80, 0x80, 0x80, 0x80, 0]] {
            assert!(Frame::of(wrong, 7).is_err_and(|fault| fault.at == 7), "{wrong:02x?}");
        }
    }
}
