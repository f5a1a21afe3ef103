//! What a check answers.

use std::fmt;

use dashu_int::UBig;

use super::key::EncodingFault;
use crate::hex;

/// What a check says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The key is weak, and this shows it.
    Weak(Evidence),
    /// What the check looks for is not there.
    Sound,
    /// It could not be found out.
    Unknown(Unknown),
    /// The check is about other kinds of keys.
    Inapplicable,
}

/// What shows that a key is weak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The public exponent.
    Exponent {
        /// Its value, where that has no more than 64 bits.
        value: Option<u64>,
        /// Its length.
        bits: usize,
    },
    /// A factor of the modulus, neither one nor the modulus itself.
    Factor(Factor),
    /// The modulus is a power of a number.
    Power {
        /// That number.
        root: Factor,
        /// How often it is multiplied with itself.
        degree: usize,
    },
    /// The modulus itself is a prime.
    Prime,
    /// The modulus is a power of 65537 modulo the product of the primes up to 167: the logarithm is the exponent of that power.
    Logarithm(u64),
    /// A few octets that are repeated in the modulus.
    Pattern {
        /// The octets.
        unit: Vec<u8>,
        /// Over how many octets they are repeated.
        length: usize,
    },
    /// The private exponent was found, and has this many bits.
    PrivateExponent {
        /// Its length.
        bits: usize,
    },
    /// A list has the key.
    Listed {
        /// What the list is called.
        list: String,
        /// In badkeys' blocklist: the number of the collection that the key is from, which `badkeysdata.json` has the name of.
        collection: Option<u8>,
    },
    /// The octets of the point are not those of a point.
    Encoding(EncodingFault),
    /// The point is not on its curve.
    OffCurve,
    /// The private key is this number, or its negative.
    PrivateKey(u32),
    /// Another key of the pile has this factor, too. A group of one knows of another, but not of which.
    SharedFactor(Factor),
    /// Keys that differ have the same modulus.
    SharedModulus,
    /// The same key more than once, by the SHA-256 of its SubjectPublicKeyInfo.
    SharedKey([u8; 32]),
}

/// A factor of somebody's modulus. Who has it has the private key: it is shown by its length where it is long.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factor(Vec<u8>);

impl Factor {
    pub(super) fn of(number: &UBig) -> Self {
        Self(number.to_be_bytes().into_vec())
    }

    /// The number, big-endian and without zeros in front.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why a check does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The budget ended before the check was through.
    BudgetEnded {
        /// How much was done, in what the limit counts.
        done: u64,
        /// How much would have been needed.
        needed: u64,
    },
    /// The modulus is longer than what is calculated with.
    TooLong {
        /// Its length.
        bits: usize,
        /// The longest one.
        limit: usize,
    },
    /// The key is not of a form that the check could read.
    Unreadable(&'static str),
    /// The check does not reach keys like this one.
    BeyondReach(&'static str),
    /// There is no list that would have the key.
    NoList,
}

/// What a check says of a pile of keys, each by its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PileVerdict {
    /// Keys that are weak together. A key may be in several.
    pub groups: Vec<Group>,
    /// Keys of which it is not known whether they are; whoever is neither here nor in a group is sound or not concerned.
    pub unknown: Vec<(usize, Unknown)>,
}

/// Keys that are weak together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their places, ascending.
    pub members: Vec<usize>,
    /// What they have in common.
    pub evidence: Evidence,
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = UBig::from_be_bytes(&self.0);
        match u64::try_from(&number) {
            Ok(short) => write!(f, "{short}"),
            Err(_) => write!(f, "a number of {} bits", super::number::bits(&number)),
        }
    }
}

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Factor({self})")
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exponent { value: Some(value), .. } => write!(f, "the public exponent is {value}"),
            Self::Exponent { value: None, bits } => write!(f, "the public exponent has {bits} bits"),
            Self::Factor(factor) => write!(f, "the modulus is divisible by {factor}"),
            Self::Power { root, degree } => write!(f, "the modulus is {root} to the power of {degree}"),
            Self::Prime => f.write_str("the modulus is a prime"),
            Self::Logarithm(power) => write!(f, "the modulus is 65537^{power} modulo the primes up to 167"),
            Self::Pattern { unit, length } => {
                write!(f, "the modulus repeats {} over {length} octets", hex(unit))
            }
            Self::PrivateExponent { bits } => write!(f, "the private exponent has {bits} bits and was found"),
            Self::Listed { list, collection: None } => write!(f, "the key is on the list {list}"),
            Self::Listed { list, collection: Some(collection) } => {
                write!(f, "the key is on the list {list}, from its collection {collection}")
            }
            Self::Encoding(fault) => fault.fmt(f),
            Self::OffCurve => f.write_str("the point is not on its curve"),
            Self::PrivateKey(number) => write!(f, "the private key is {number} or its negative"),
            Self::SharedFactor(factor) => write!(f, "the moduli share a factor, {factor}"),
            Self::SharedModulus => f.write_str("different keys have the same modulus"),
            Self::SharedKey(digest) => write!(f, "the same key more than once, {}", hex(digest)),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BudgetEnded { done, needed } => {
                write!(f, "the budget ended after {done} of {needed} steps")
            }
            Self::TooLong { bits, limit } => {
                write!(f, "the modulus has {bits} bits; no more than {limit} are calculated with")
            }
            Self::Unreadable(why) | Self::BeyondReach(why) => f.write_str(why),
            Self::NoList => f.write_str("there is no list that would have this key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_factor_is_never_written_out() {
        let prime = (UBig::ONE << 127) - UBig::ONE;
        let found = Evidence::Factor(Factor::of(&prime));
        assert_eq!(found.to_string(), "the modulus is divisible by a number of 127 bits");
        assert_eq!(format!("{found:?}"), "Factor(Factor(a number of 127 bits))");
        let root = Factor::of(&UBig::from(3_u8));
        assert_eq!(Evidence::Power { root, degree: 2 }.to_string(), "the modulus is 3 to the power of 2");
    }

    #[test]
    fn what_is_found_is_told_in_one_line() {
        let table = [
            (Evidence::Exponent { value: Some(1), bits: 1 }, "the public exponent is 1"),
            (Evidence::Exponent { value: None, bits: 300 }, "the public exponent has 300 bits"),
            (
                Evidence::Pattern { unit: vec![0xab, 0xcd], length: 20 },
                "the modulus repeats abcd over 20 octets",
            ),
            (
                Evidence::Listed { list: "blocklist".to_owned(), collection: Some(2) },
                "the key is on the list blocklist, from its collection 2",
            ),
            (
                Evidence::Encoding(EncodingFault::Form(6)),
                "the point begins with 06, which is no form of a point",
            ),
        ];
        for (evidence, words) in table {
            assert_eq!(evidence.to_string(), words);
        }
        let ended = Unknown::BudgetEnded { done: 10, needed: 100 };
        assert_eq!(ended.to_string(), "the budget ended after 10 of 100 steps");
    }
}
