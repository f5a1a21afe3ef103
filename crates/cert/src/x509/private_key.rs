//! Private keys by their structure: what kind they are and how they are sealed, never the secret itself.

use std::fmt;

use super::{AlgorithmIdentifier, PasswordEncryption};
use crate::der::{Bits, Element, Fault, Field, Integer, Octets, Oid, Reader, Tag, oid};

/// A private key in one of the structures that are found in files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateKeyStructure<'a> {
    /// PKCS#8 (RFC 5958 section 2).
    Pkcs8(PrivateKeyInfo<'a>),
    /// PKCS#8 under a password (RFC 5958 section 3).
    Encrypted(EncryptedPrivateKeyInfo<'a>),
    /// PKCS#1 (RFC 8017 appendix A.1.2).
    Pkcs1(RsaPrivateKey<'a>),
    /// SEC1 (RFC 5915 section 3).
    Sec1(EcPrivateKey<'a>),
    /// A DSA key as OpenSSL wrote it before PKCS#8: p, q, g and both halves.
    Dsa,
}

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind<'a> {
    /// RSA with a modulus of so many bits.
    Rsa(u32),
    /// On an elliptic curve; `None` where the curve is not named.
    Ec(Option<Oid<'a>>),
    /// Another algorithm.
    Other(Oid<'a>),
}

/// PKCS#8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateKeyInfo<'a> {
    /// 0, or 1 where the public key may follow.
    pub version: Field<i64>,
    /// Which algorithm.
    pub algorithm: AlgorithmIdentifier<'a>,
    /// What kind of key, as far as it can be told.
    pub kind: Field<KeyKind<'a>>,
    /// The public half of an RSA key; `None` for others.
    pub rsa: Option<Field<RsaPrivateKey<'a>>>,
    /// The kinds of its attributes.
    pub attributes: Field<Vec<Oid<'a>>>,
    /// The public key, where it is carried along.
    pub public_key: Option<Field<Bits<'a>>>,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
}

/// PKCS#8 under a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedPrivateKeyInfo<'a> {
    /// How it is encrypted.
    pub encryption: PasswordEncryption<'a>,
    /// The ciphertext.
    pub ciphertext: Octets<'a>,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
}

/// The public half of PKCS#1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RsaPrivateKey<'a> {
    /// 0; 1 for more than two primes.
    pub version: i64,
    /// The modulus.
    pub modulus: Integer<'a>,
    /// The public exponent.
    pub exponent: Integer<'a>,
}

/// The public parts of SEC1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcPrivateKey<'a> {
    /// 1.
    pub version: i64,
    /// The named curve; inside of PKCS#8 it stands outside.
    pub curve: Option<Field<Oid<'a>>>,
    /// The public point, where it is carried along.
    pub public_key: Option<Field<Bits<'a>>>,
}

impl<'a> PrivateKeyStructure<'a> {
    /// Of DER that is a private key, and nothing after it.
    ///
    /// # Errors
    /// When it is no structure of a private key.
    pub fn read(der: &'a [u8]) -> Field<Self> {
        let mut document = Reader::new(der);
        let element = document.expect(Tag::SEQUENCE, "a private key")?;
        document.finish()?;
        Self::of(element)
    }

    /// Of a SEQUENCE.
    ///
    /// # Errors
    /// When it is no structure of a private key.
    pub fn of(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let first = fields.element()?;
        if first.tag == Tag::SEQUENCE {
            return EncryptedPrivateKeyInfo::of(element).map(Self::Encrypted);
        }
        first.must_be(Tag::INTEGER)?;
        match fields.peek() {
            Some(Tag::SEQUENCE) => PrivateKeyInfo::of(element).map(Self::Pkcs8),
            Some(Tag::OCTET_STRING) => EcPrivateKey::of(element).map(Self::Sec1),
            Some(Tag::INTEGER) => match fields.all()?.len() {
                5 => Ok(Self::Dsa),
                _ => RsaPrivateKey::of(element).map(Self::Pkcs1),
            },
            _ => Err(element.fault("not the structure of a private key")),
        }
    }

    /// What kind of key it is; `None` where only the password tells.
    #[must_use]
    pub fn kind(&self) -> Option<KeyKind<'a>> {
        match self {
            Self::Pkcs8(info) => info.kind.ok(),
            Self::Encrypted(_) => None,
            Self::Pkcs1(rsa) => Some(rsa.kind()),
            Self::Sec1(ec) => Some(ec.kind()),
            Self::Dsa => Some(KeyKind::Other(oid::DSA)),
        }
    }

    /// How it is encrypted, where it is.
    #[must_use]
    pub const fn encryption(&self) -> Option<&PasswordEncryption<'a>> {
        match self {
            Self::Encrypted(encrypted) => Some(&encrypted.encryption),
            _ => None,
        }
    }

    /// The label of its PEM block (RFC 7468 sections 10 and 11, RFC 5915 section 4).
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Pkcs8(_) => "PRIVATE KEY",
            Self::Encrypted(_) => "ENCRYPTED PRIVATE KEY",
            Self::Pkcs1(_) => "RSA PRIVATE KEY",
            Self::Sec1(_) => "EC PRIVATE KEY",
            Self::Dsa => "DSA PRIVATE KEY",
        }
    }

    /// The structure's name.
    #[must_use]
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Pkcs8(_) | Self::Encrypted(_) => "PKCS#8",
            Self::Pkcs1(_) => "PKCS#1",
            Self::Sec1(_) => "SEC1",
            Self::Dsa => "OpenSSL's DSA structure",
        }
    }
}

impl<'a> PrivateKeyInfo<'a> {
    /// Of a SEQUENCE.
    ///
    /// # Errors
    /// When it does not begin with a version, an algorithm and an OCTET STRING.
    pub fn of(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let version = fields.expect(Tag::INTEGER, "version")?.small();
        let algorithm = AlgorithmIdentifier::read(fields.expect(Tag::SEQUENCE, "privateKeyAlgorithm")?)?;
        let secret = fields.expect(Tag::OCTET_STRING, "privateKey")?;
        let attributes =
            fields.optional_context(0).and_then(|found| found.map_or(Ok(Vec::new()), attribute_kinds));
        let public_key =
            fields.optional_context(1).transpose().map(|found| found.and_then(|element| element.bits()));
        fields.finish()?;
        let is_rsa = matches!(algorithm.oid, oid::RSA_ENCRYPTION | oid::RSASSA_PSS);
        let rsa = is_rsa.then(|| {
            let inside = Reader::nested(secret.content, secret.content_at()).element()?;
            RsaPrivateKey::of(inside)
        });
        let kind = match (rsa, algorithm.oid) {
            (Some(rsa), _) => rsa.map(|rsa| rsa.kind()),
            (None, oid::EC_PUBLIC_KEY) => Ok(KeyKind::Ec(named_curve(&algorithm))),
            (None, other) => Ok(KeyKind::Other(other)),
        };
        Ok(Self { version, algorithm, kind, rsa, attributes, public_key, element })
    }
}

fn named_curve<'a>(algorithm: &AlgorithmIdentifier<'a>) -> Option<Oid<'a>> {
    algorithm.parameters.filter(|parameters| parameters.tag == Tag::OID)?.oid().ok()
}

fn attribute_kinds(element: Element<'_>) -> Field<Vec<Oid<'_>>> {
    let mut list = element.children();
    let mut kinds = Vec::new();
    while !list.is_empty() {
        kinds.push(list.expect(Tag::SEQUENCE, "Attribute")?.children().expect(Tag::OID, "type")?.oid()?);
    }
    Ok(kinds)
}

impl<'a> EncryptedPrivateKeyInfo<'a> {
    /// Of a SEQUENCE.
    ///
    /// # Errors
    /// When it is not an algorithm and an OCTET STRING.
    pub fn of(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let algorithm = AlgorithmIdentifier::read(fields.expect(Tag::SEQUENCE, "encryptionAlgorithm")?)?;
        let ciphertext = fields.octets("encryptedData")?;
        fields.finish()?;
        Ok(Self { encryption: PasswordEncryption::of(&algorithm), ciphertext, element })
    }
}

impl<'a> RsaPrivateKey<'a> {
    fn of(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let version = fields.expect(Tag::INTEGER, "version")?.small()?;
        let modulus = fields.expect(Tag::INTEGER, "modulus")?.integer()?;
        let exponent = fields.expect(Tag::INTEGER, "publicExponent")?.integer()?;
        let secrets = ["privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"];
        secrets.into_iter().try_for_each(|name| fields.expect(Tag::INTEGER, name).map(drop))?;
        Ok(Self { version, modulus, exponent })
    }

    fn kind(&self) -> KeyKind<'a> {
        KeyKind::Rsa(self.modulus.bit_length())
    }
}

impl<'a> EcPrivateKey<'a> {
    fn of(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let version = fields.expect(Tag::INTEGER, "version")?.small()?;
        fields.expect(Tag::OCTET_STRING, "privateKey")?;
        let inner = |found: Option<Field<Element<'a>>>| found.map(|found| found.and_then(|one| one.inner()));
        let curve = inner(fields.optional_context(0).transpose());
        let public_key = inner(fields.optional_context(1).transpose());
        fields.finish()?;
        let unnamed = |one: Element<'_>| Fault::value(one.at, "a curve that is not named");
        Ok(Self {
            version,
            curve: curve
                .map(|curve| curve.and_then(|one| one.must_be(Tag::OID).map_err(|_| unnamed(one))?.oid())),
            public_key: public_key.map(|key| key.and_then(|one| one.must_be(Tag::BIT_STRING)?.bits())),
        })
    }

    fn kind(&self) -> KeyKind<'a> {
        KeyKind::Ec(self.curve.and_then(Result::ok))
    }
}

impl fmt::Display for KeyKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ec(Some(curve)) => write!(f, "ECDSA {}", curve.shown()),
            Self::Ec(None) => f.write_str("ECDSA on a curve that is not named"),
            Self::Other(algorithm) => f.write_str(&algorithm.shown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::KeyPair;

    use super::*;

    #[test]
    fn keys_are_told_by_their_structure() {
        let ec = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap().serialize_der();
        let structure = PrivateKeyStructure::read(&ec).unwrap();
        assert_eq!(
            (structure.label(), structure.kind().unwrap().to_string().as_str()),
            ("PRIVATE KEY", "ECDSA P-384")
        );
        let PrivateKeyStructure::Pkcs8(info) = &structure else { panic!("{structure:?}") };
        assert_eq!((info.version, info.attributes.as_ref().map(Vec::len)), (Ok(0), Ok(0)));

        let ed = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_der();
        let structure = PrivateKeyStructure::read(&ed).unwrap();
        assert_eq!(structure.kind().unwrap().to_string(), "Ed25519");

        // SEC1 lies inside of PKCS#8.
        let mut outer = Reader::new(&ec).element().unwrap().children();
        let (_, _) = (outer.element().unwrap(), outer.element().unwrap());
        let sec1 = outer.element().unwrap().content;
        let structure = PrivateKeyStructure::read(sec1).unwrap();
        assert_eq!((structure.label(), structure.form()), ("EC PRIVATE KEY", "SEC1"));
        let PrivateKeyStructure::Sec1(ec) = &structure else { panic!("{structure:?}") };
        assert!(ec.public_key.as_ref().unwrap().is_ok());
    }

    #[test]
    fn what_is_none_is_told_with_its_place() {
        let table: [(&[u8], &str); 6] = [
            (&[], "byte 0: a private key is missing"),
            (&[0x30, 0], "byte 2: an element is missing"),
            (&[0x30, 3, 2, 1, 3], "byte 0: not the structure of a private key"),
            (&[0x30, 2, 5, 0], "byte 2: NULL where INTEGER must be"),
            (&[0x30, 6, 2, 1, 0, 2, 1, 1], "byte 8: publicExponent is missing"),
            (&[0x30, 8, 0x30, 3, 6, 1, 0x2a, 3, 1, 0], "byte 7: BIT STRING where OCTET STRING must be"),
        ];
        for (der, fault) in table {
            assert_eq!(PrivateKeyStructure::read(der).unwrap_err().to_string(), fault, "{der:02x?}");
        }
        let dsa = [0x30, 18, 2, 1, 0, 2, 1, 1, 2, 1, 2, 2, 1, 3, 2, 1, 4, 2, 1, 5];
        assert_eq!(PrivateKeyStructure::read(&dsa).unwrap(), PrivateKeyStructure::Dsa);
    }
}
