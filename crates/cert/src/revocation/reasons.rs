//! Sets of reasons (RFC 5280 section 4.2.1.13).

use std::fmt;

use super::Reason;
use crate::der::Bits;

/// `ReasonFlags`: reasons that a CRL tells of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reasons(u16);

/// The bits; the first, for `unused`, has no reason.
const FLAGS: [(usize, Reason); 8] = [
    (1, Reason::KeyCompromise),
    (2, Reason::CaCompromise),
    (3, Reason::AffiliationChanged),
    (4, Reason::Superseded),
    (5, Reason::CessationOfOperation),
    (6, Reason::CertificateHold),
    (7, Reason::PrivilegeWithdrawn),
    (8, Reason::AaCompromise),
];

impl Reasons {
    /// None.
    pub const NONE: Self = Self(0);
    /// Every reason.
    pub const ALL: Self = Self(0b1_1111_1110);

    /// Those whose bits are set.
    #[must_use]
    pub fn of(bits: &Bits<'_>) -> Self {
        Self(FLAGS.iter().filter(|(bit, _)| bits.has(*bit)).fold(0, |sum, (bit, _)| sum | 1 << bit))
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that the other has not.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The reasons, in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        FLAGS.into_iter().filter(move |(bit, _)| self.0 & 1 << bit != 0).map(|(_, reason)| reason)
    }
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Reason::name).collect();
        f.write_str(&names.join(", "))
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reasons({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_reasons() {
        let some = Reasons::of(&Bits { bytes: &[0b1100_0000, 0b1000_0000], unused: 7 });
        assert_eq!(some.to_string(), "keyCompromise, aACompromise", "the first bit is unused");
        assert_eq!(Reasons::ALL.iter().count(), 8);
        assert!(Reasons::ALL.without(Reasons::ALL).is_empty());
        assert_eq!(Reasons::ALL.without(some).or(some), Reasons::ALL);
        assert_eq!(some.and(Reasons::NONE), Reasons::NONE);
    }
}
