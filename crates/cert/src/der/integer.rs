//! INTEGER (X.690 section 8.3).

use std::fmt;

/// A number of any length: big-endian, two's complement, at least one octet.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Integer<'a>(&'a [u8]);

impl<'a> Integer<'a> {
    pub(super) const fn new(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// The octets as they stand.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Without the zero octets that only keep it from being negative; empty for zero.
    #[must_use]
    pub fn magnitude(&self) -> &'a [u8] {
        let zeros = self.0.iter().take_while(|byte| **byte == 0).count();
        self.0.get(zeros..).unwrap_or_default()
    }

    /// Without the octets that its value does not need: alike for all ways to write one number.
    #[must_use]
    pub const fn shortest(&self) -> &'a [u8] {
        let mut octets = self.0;
        while let (false, [_, rest @ ..]) = (Self(octets).is_minimal(), octets) {
            octets = rest;
        }
        octets
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.first().is_some_and(|first| first & 0x80 != 0)
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.magnitude().is_empty()
    }

    /// Whether it is above zero.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        !self.is_negative() && !self.is_zero()
    }

    /// Whether its first nine bits are not all alike, as DER wants it (X.690 section 8.3.2).
    #[must_use]
    pub const fn is_minimal(&self) -> bool {
        !matches!(self.0, [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..])
    }

    /// Its value, where it has at most 64 bits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        let fill: u8 = if self.is_negative() { 0xff } else { 0 };
        let extra = self.0.len().saturating_sub(8);
        let (head, tail) = self.0.split_at(extra);
        let mut octets = [fill; 8];
        octets.get_mut(8 - tail.len()..)?.copy_from_slice(tail);
        let value = i64::from_be_bytes(octets);
        let fits = head.iter().all(|byte| *byte == fill) && (value < 0) == self.is_negative();
        fits.then_some(value)
    }

    /// How many bits the magnitude of a number that is not negative has.
    #[must_use]
    pub fn bit_length(&self) -> u32 {
        let digits = self.magnitude();
        let all = u32::try_from(digits.len()).unwrap_or(u32::MAX).saturating_mul(8);
        all - digits.first().map_or(0, |top| top.leading_zeros())
    }
}

/// Decimal up to 64 bits, else hexadecimal octets.
impl fmt::Display for Integer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_i64() {
            Some(value) => write!(f, "{value}"),
            None => write!(f, "0x{}", crate::hex(self.0)),
        }
    }
}

impl fmt::Debug for Integer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Integer({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_either_sign_are_read() {
        let table: [(&[u8], Option<i64>, bool, u32); 8] = [
            (&[0], Some(0), true, 0),
            (&[0x7f], Some(127), true, 7),
            (&[0, 0x80], Some(128), true, 8),
            (&[0, 0x7f], Some(127), false, 7),
            (&[0xff], Some(-1), true, 8),
            (&[0xff, 0xff], Some(-1), false, 16),
            (&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], None, true, 64),
            (&[0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], Some(i64::MIN), false, 72),
        ];
        for (bytes, value, minimal, bits) in table {
            let integer = Integer::new(bytes);
            assert_eq!(integer.to_i64(), value, "{bytes:02x?}");
            assert_eq!((integer.is_minimal(), integer.bit_length()), (minimal, bits), "{bytes:02x?}");
            assert_eq!(integer.shortest() == bytes, minimal, "{bytes:02x?}");
            assert!(Integer::new(integer.shortest()).is_minimal());
            assert_eq!(Integer::new(integer.shortest()).to_i64(), value, "{bytes:02x?}");
        }
    }
}
