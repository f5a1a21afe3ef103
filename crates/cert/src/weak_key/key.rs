//! A public key as its numbers.

use std::fmt;

use dashu_int::UBig;

use super::evidence::Unknown;
use crate::der::{Field, oid};
use crate::x509::SubjectPublicKeyInfo;

/// A public key by its numbers, and as it is written in a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// What can be calculated with.
    pub numbers: Numbers<'a>,
    /// The SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7): by its hash the key is looked up and compared.
    pub spki: &'a [u8],
}

impl<'a> Key<'a> {
    /// Of the key in a certificate or request.
    ///
    /// # Errors
    /// When it is an RSA key whose numbers cannot be read, or an elliptic one without a named curve.
    pub fn of(info: &SubjectPublicKeyInfo<'a>) -> Field<Self> {
        let numbers = if let Some(rsa) = info.rsa() {
            let (modulus, exponent) = rsa?;
            Numbers::Rsa { modulus: modulus.magnitude(), exponent: exponent.magnitude() }
        } else if let Some(curve) = info.curve() {
            let curve = match curve? {
                oid::P256 => NamedCurve::P256,
                oid::P384 => NamedCurve::P384,
                oid::P521 => NamedCurve::P521,
                _ => NamedCurve::Other,
            };
            Numbers::Ec { curve, point: info.key.bytes }
        } else {
            match info.algorithm.oid {
                oid::ED25519 | oid::ED448 => Numbers::Edwards(info.key.bytes),
                _ => Numbers::Other(info.key.bytes),
            }
        };
        Ok(Self { numbers, spki: info.element.whole })
    }
}

/// The numbers of a public key.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'a> {
    /// RSA (RFC 8017 section 3.1), both numbers big-endian; zeros in front change nothing.
    Rsa {
        /// The modulus.
        modulus: &'a [u8],
        /// The public exponent.
        exponent: &'a [u8],
    },
    /// A point of an elliptic curve, encoded as SEC 1 section 2.3.3 has it.
    Ec {
        /// The curve.
        curve: NamedCurve,
        /// The octets of the subjectPublicKey.
        point: &'a [u8],
    },
    /// Ed25519 or Ed448 (RFC 8032): the octets of the subjectPublicKey.
    Edwards(&'a [u8]),
    /// Any other algorithm, ML-DSA among them: the octets of the subjectPublicKey.
    Other(&'a [u8]),
}

/// Curves of which the checks know the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedCurve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
    /// Another one: nothing is known of its points.
    Other,
}

/// What is wrong with the octets of a point (SEC 1 section 2.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodingFault {
    /// There are none.
    Empty,
    /// They stand for the point at infinity, which is no public key.
    Infinity,
    /// The first octet is none of 02, 03 and 04, which RFC 5480 section 2.2 leaves.
    Form(u8),
    /// There are too many or too few.
    Length {
        /// As many as the curve and the form have.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// A coordinate is not below the prime of the field.
    Coordinate,
}

impl fmt::Display for EncodingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the point is empty"),
            Self::Infinity => f.write_str("the point is the one at infinity"),
            Self::Form(form) => write!(f, "the point begins with {form:02x}, which is no form of a point"),
            Self::Length { expected, found } => {
                write!(f, "the point has {found} octets instead of {expected}")
            }
            Self::Coordinate => f.write_str("a coordinate of the point is not below the prime of the curve"),
        }
    }
}

/// An RSA key to calculate with: the modulus is above one.
#[derive(Clone, Debug)]
pub(super) struct Rsa {
    pub(super) modulus: UBig,
    pub(super) exponent: UBig,
}

impl Rsa {
    /// Reading costs a time in proportion to the length.
    pub(super) fn read(modulus: &[u8], exponent: &[u8]) -> Result<Self, Unknown> {
        let modulus = UBig::from_be_bytes(modulus);
        if modulus <= UBig::ONE {
            return Err(Unknown::Unreadable("the modulus is not above one"));
        }
        Ok(Self { modulus, exponent: UBig::from_be_bytes(exponent) })
    }
}
