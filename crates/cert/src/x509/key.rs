//! SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).

use super::AlgorithmIdentifier;
use crate::der::{Bits, Element, Field, Integer, Oid, Reader, Tag, oid, write};

/// A public key, as it is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectPublicKeyInfo<'a> {
    /// What kind of key, with its parameters.
    pub algorithm: AlgorithmIdentifier<'a>,
    /// The key, in the form of its kind.
    pub key: Bits<'a>,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
    key_at: usize,
}

/// A DSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DsaKey<'a> {
    /// Its domain; `None` where it is left out, which means that of the issuer's key.
    pub domain: Option<DsaDomain<'a>>,
    /// The public value.
    pub y: Integer<'a>,
}

/// The domain of DSA keys (`Dss-Parms`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DsaDomain<'a> {
    /// The modulus.
    pub p: Integer<'a>,
    /// The order of the group.
    pub q: Integer<'a>,
    /// The generator.
    pub g: Integer<'a>,
}

impl<'a> DsaDomain<'a> {
    fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let p = fields.expect(Tag::INTEGER, "p")?.integer()?;
        let q = fields.expect(Tag::INTEGER, "q")?.integer()?;
        let g = fields.expect(Tag::INTEGER, "g")?.integer()?;
        fields.finish()?;
        Ok(Self { p, q, g })
    }
}

impl<'a> SubjectPublicKeyInfo<'a> {
    /// The DER of one: an AlgorithmIdentifier and the key in the form of its kind.
    #[must_use]
    pub fn write(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
        write(Tag::SEQUENCE, &[algorithm, &write(Tag::BIT_STRING, &[&[0], key])])
    }

    /// Of a SEQUENCE.
    ///
    /// # Errors
    /// When it is not an algorithm and a BIT STRING.
    pub fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let algorithm = AlgorithmIdentifier::read(fields.expect(Tag::SEQUENCE, "algorithm")?)?;
        let bits = fields.expect(Tag::BIT_STRING, "subjectPublicKey")?;
        fields.finish()?;
        Ok(Self { algorithm, key: bits.bits()?, element, key_at: bits.content_at() + 1 })
    }

    /// Modulus and public exponent of an RSA key (RFC 3279 section 2.3.1); `None` for keys of another kind.
    #[must_use]
    pub fn rsa(&self) -> Option<Field<(Integer<'a>, Integer<'a>)>> {
        let is_rsa = matches!(self.algorithm.oid, oid::RSA_ENCRYPTION | oid::RSASSA_PSS | oid::RSAES_OAEP);
        is_rsa.then(|| {
            let mut document = Reader::nested(self.key.bytes, self.key_at);
            let mut fields = document.expect(Tag::SEQUENCE, "RSAPublicKey")?.children();
            let modulus = fields.expect(Tag::INTEGER, "modulus")?.integer()?;
            let exponent = fields.expect(Tag::INTEGER, "publicExponent")?.integer()?;
            fields.finish()?;
            document.finish()?;
            Ok((modulus, exponent))
        })
    }

    /// The numbers of a DSA key (RFC 3279 section 2.3.2); `None` for keys of another kind.
    #[must_use]
    pub fn dsa(&self) -> Option<Field<DsaKey<'a>>> {
        (self.algorithm.oid == oid::DSA).then(|| {
            let mut document = Reader::nested(self.key.bytes, self.key_at);
            let y = document.expect(Tag::INTEGER, "DSAPublicKey")?.integer()?;
            document.finish()?;
            let written = self.algorithm.parameters.filter(|parameters| parameters.tag != Tag::NULL);
            Ok(DsaKey { domain: written.map(DsaDomain::read).transpose()?, y })
        })
    }

    /// The named curve of an elliptic key (RFC 5480 section 2.1.1); `None` for keys of another kind.
    #[must_use]
    pub fn curve(&self) -> Option<Field<Oid<'a>>> {
        (self.algorithm.oid == oid::EC_PUBLIC_KEY).then(|| {
            let unnamed = self.algorithm.element.fault("a curve that is not named");
            self.algorithm.parameters.filter(|parameters| parameters.tag == Tag::OID).ok_or(unnamed)?.oid()
        })
    }
}
