//! Encryption by a password: which scheme, how the key is derived, and with which cipher. Named here; `keys` opens.

use std::fmt;

use super::AlgorithmIdentifier;
use crate::der::{Element, Fault, Field, Oid, Reader, Tag, oid};

/// An encryption by a password (RFC 8018 section 6, RFC 7292 appendix B and C).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordEncryption<'a> {
    /// Which scheme.
    pub scheme: Oid<'a>,
    /// How the key comes from the password.
    pub derivation: Field<Derivation<'a>>,
    /// What encrypts with it.
    pub cipher: Field<Cipher<'a>>,
    /// The initialization vector; `None` where it is derived, too.
    pub iv: Option<&'a [u8]>,
}

/// How a key comes from a password. Iterations and costs are numbers of the document: nothing says that they are sane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation<'a> {
    /// PBKDF1 with MD5 or SHA-1 (RFC 8018 section 5.1).
    Pbkdf1 {
        /// The hash.
        hash: Oid<'a>,
        /// The salt.
        salt: &'a [u8],
        /// How often it is hashed.
        iterations: u64,
    },
    /// PBKDF2 (RFC 8018 section 5.2).
    Pbkdf2 {
        /// The pseudo-random function, an HMAC.
        prf: Oid<'a>,
        /// The salt.
        salt: &'a [u8],
        /// How often it is hashed.
        iterations: u64,
        /// The length of the key in bytes, where it is written.
        key_length: Option<u64>,
    },
    /// scrypt (RFC 7914 section 7).
    Scrypt {
        /// The salt.
        salt: &'a [u8],
        /// N.
        cost: u64,
        /// r.
        block_size: u64,
        /// p.
        parallelization: u64,
    },
    /// That of PKCS#12 with SHA-1 (RFC 7292 appendix B.2).
    Pkcs12 {
        /// The salt.
        salt: &'a [u8],
        /// How often it is hashed.
        iterations: u64,
    },
    /// Java's own for JCEKS, with MD5.
    Jceks {
        /// The salt.
        salt: &'a [u8],
        /// How often it is hashed.
        iterations: u64,
    },
    /// Java's own for JKS, with SHA-1: one round, and the salt before the ciphertext.
    Jks,
    /// Another one.
    Other(Oid<'a>),
}

/// Ciphers that are found around keys; all in CBC mode but RC4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher<'a> {
    /// AES with a key of 128, 192 or 256 bits.
    Aes(u16),
    /// Triple DES with three keys.
    TripleDes,
    /// Triple DES with two keys.
    TripleDesOfTwoKeys,
    /// DES.
    Des,
    /// RC2 with a key of so many bits.
    Rc2(u16),
    /// RC4 with a key of so many bits.
    Rc4(u16),
    /// Java's key protector: the output of SHA-1 laid over the key.
    JavaSha1,
    /// Another one.
    Other(Oid<'a>),
}

impl Cipher<'_> {
    /// Whether it can be broken without the password: a key or a password of any length does not help.
    #[must_use]
    pub const fn is_breakable(&self) -> bool {
        matches!(self, Self::Des | Self::Rc2(..=64) | Self::Rc4(_) | Self::JavaSha1)
    }
}

impl<'a> PasswordEncryption<'a> {
    /// Of an AlgorithmIdentifier. What is of no scheme by a password has a derivation and a cipher that are `Other`.
    #[must_use]
    pub fn of(algorithm: &AlgorithmIdentifier<'a>) -> Self {
        let scheme = algorithm.oid;
        if scheme == oid::PBES2 {
            return Self::of_pbes2(algorithm);
        }
        let salted = || salt_and_iterations(algorithm);
        let pbkdf1 = |hash| salted().map(|(salt, iterations)| Derivation::Pbkdf1 { hash, salt, iterations });
        let pkcs12 = || salted().map(|(salt, iterations)| Derivation::Pkcs12 { salt, iterations });
        let (derivation, cipher) = match scheme {
            oid::PBE_MD5_DES => (pbkdf1(oid::MD5), Cipher::Des),
            oid::PBE_SHA1_DES => (pbkdf1(oid::SHA1), Cipher::Des),
            oid::PBE_MD5_RC2 => (pbkdf1(oid::MD5), Cipher::Rc2(64)),
            oid::PBE_SHA1_RC2 => (pbkdf1(oid::SHA1), Cipher::Rc2(64)),
            oid::PKCS12_RC4_128 => (pkcs12(), Cipher::Rc4(128)),
            oid::PKCS12_RC4_40 => (pkcs12(), Cipher::Rc4(40)),
            oid::PKCS12_3DES => (pkcs12(), Cipher::TripleDes),
            oid::PKCS12_2DES => (pkcs12(), Cipher::TripleDesOfTwoKeys),
            oid::PKCS12_RC2_128 => (pkcs12(), Cipher::Rc2(128)),
            oid::PKCS12_RC2_40 => (pkcs12(), Cipher::Rc2(40)),
            oid::JCE_KEY_PROTECTOR => {
                let jceks = salted().map(|(salt, iterations)| Derivation::Jceks { salt, iterations });
                (jceks, Cipher::TripleDes)
            }
            oid::JKS_KEY_PROTECTOR => (Ok(Derivation::Jks), Cipher::JavaSha1),
            _ => (Ok(Derivation::Other(scheme)), Cipher::Other(scheme)),
        };
        Self { scheme, derivation, cipher: Ok(cipher), iv: None }
    }

    fn of_pbes2(algorithm: &AlgorithmIdentifier<'a>) -> Self {
        let parts = || {
            let mut parts = parameters(algorithm)?;
            let derivation = AlgorithmIdentifier::read(parts.expect(Tag::SEQUENCE, "keyDerivationFunc")?)?;
            let cipher = AlgorithmIdentifier::read(parts.expect(Tag::SEQUENCE, "encryptionScheme")?)?;
            parts.finish()?;
            Ok((derivation, cipher))
        };
        let (derivation, cipher, iv) = match parts() {
            Ok((derivation, cipher)) => {
                let of_rc2 = || rc2(&cipher).map(|(cipher, iv)| (cipher, Some(iv)));
                let iv = cipher.parameters.filter(|iv| iv.tag == Tag::OCTET_STRING).map(|iv| iv.content);
                let read = if cipher.oid == oid::RC2_CBC { of_rc2() } else { Ok((of_pbes2(cipher.oid), iv)) };
                let iv = read.ok().and_then(|(_, iv)| iv);
                (Derivation::read(&derivation), read.map(|(cipher, _)| cipher), iv)
            }
            Err(fault) => (Err(fault), Err(fault), None),
        };
        Self { scheme: algorithm.oid, derivation, cipher, iv }
    }
}

fn of_pbes2(cipher: Oid<'_>) -> Cipher<'_> {
    match cipher {
        oid::AES_128_CBC => Cipher::Aes(128),
        oid::AES_192_CBC => Cipher::Aes(192),
        oid::AES_256_CBC => Cipher::Aes(256),
        oid::TRIPLE_DES_CBC => Cipher::TripleDes,
        oid::DES_CBC => Cipher::Des,
        other => Cipher::Other(other),
    }
}

/// RC2-CBC with its vector. What its parameters call a version stands for the bits that count (RFC 8018 appendix B.2.3).
fn rc2<'a>(algorithm: &AlgorithmIdentifier<'a>) -> Field<(Cipher<'a>, &'a [u8])> {
    let mut fields = parameters(algorithm)?;
    let version = fields.optional(Tag::INTEGER)?.map(|version| natural(&version)).transpose()?;
    let iv = fields.expect(Tag::OCTET_STRING, "iv")?.content;
    fields.finish()?;
    let cipher = match version {
        Some(58) => Cipher::Rc2(128),
        Some(120) => Cipher::Rc2(64),
        Some(160) => Cipher::Rc2(40),
        _ => Cipher::Other(oid::RC2_CBC),
    };
    Ok((cipher, iv))
}

impl<'a> Derivation<'a> {
    /// Of the AlgorithmIdentifier of a derivation, as PBES2 and PBMAC1 carry it.
    ///
    /// # Errors
    /// When its parameters are not those of its kind.
    pub fn read(algorithm: &AlgorithmIdentifier<'a>) -> Field<Self> {
        match algorithm.oid {
            oid::PBKDF2 => {
                let mut fields = parameters(algorithm)?;
                let salt = fields.expect(Tag::OCTET_STRING, "salt")?.content;
                let iterations = natural(&fields.expect(Tag::INTEGER, "iterationCount")?)?;
                let key_length = fields.optional(Tag::INTEGER)?;
                let prf = match fields.optional(Tag::SEQUENCE)? {
                    Some(prf) => AlgorithmIdentifier::read(prf)?.oid,
                    None => oid::HMAC_SHA1,
                };
                fields.finish()?;
                let key_length = key_length.map(|length| natural(&length)).transpose()?;
                Ok(Self::Pbkdf2 { prf, salt, iterations, key_length })
            }
            oid::SCRYPT => {
                let mut fields = parameters(algorithm)?;
                let salt = fields.expect(Tag::OCTET_STRING, "salt")?.content;
                let cost = natural(&fields.expect(Tag::INTEGER, "costParameter")?)?;
                let block_size = natural(&fields.expect(Tag::INTEGER, "blockSize")?)?;
                let parallelization = natural(&fields.expect(Tag::INTEGER, "parallelizationParameter")?)?;
                fields.optional(Tag::INTEGER)?;
                fields.finish()?;
                Ok(Self::Scrypt { salt, cost, block_size, parallelization })
            }
            other => Ok(Self::Other(other)),
        }
    }
}

fn parameters<'a>(algorithm: &AlgorithmIdentifier<'a>) -> Field<Reader<'a>> {
    algorithm.parameters.ok_or(algorithm.element.fault("an algorithm without its parameters"))?.sequence()
}

/// PBEParameter (RFC 8018 appendix A.3, RFC 7292 appendix C).
fn salt_and_iterations<'a>(algorithm: &AlgorithmIdentifier<'a>) -> Field<(&'a [u8], u64)> {
    let mut fields = parameters(algorithm)?;
    let salt = fields.expect(Tag::OCTET_STRING, "salt")?.content;
    let iterations = natural(&fields.expect(Tag::INTEGER, "iterations")?)?;
    fields.finish()?;
    Ok((salt, iterations))
}

/// An INTEGER that counts.
pub(super) fn natural(element: &Element<'_>) -> Field<u64> {
    let number = element.small()?;
    u64::try_from(number).map_err(|_| Fault::value(element.at, "a count below zero"))
}

/// The encryption that OpenSSL tells in headers of its older PEM blocks: `DEK-Info: AES-256-CBC,1F0E...` (RFC 1421 section
/// 4.6.1.3). The key is derived with MD5, once, from the password and the first eight bytes of the vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyEncryption {
    /// The cipher's name as it stands there.
    pub name: String,
    /// The cipher.
    pub cipher: Cipher<'static>,
    /// The initialization vector.
    pub iv: Vec<u8>,
}

/// A header that tells of an encryption nobody knows how to open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header DEK-Info names no cipher that is known: {0:?}")]
pub struct UnknownLegacyEncryption(pub String);

impl LegacyEncryption {
    /// Of a block's headers, in the order name and value; `None` where they tell of none.
    ///
    /// # Errors
    /// When the cipher is not known, or its vector is none.
    pub fn of(headers: &[(String, String)]) -> Option<Result<Self, UnknownLegacyEncryption>> {
        let value = |name: &str| {
            headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
        };
        let info = value("DEK-Info");
        let encrypted = value("Proc-Type").is_some_and(|kind| kind.ends_with("ENCRYPTED"));
        (encrypted || info.is_some()).then(|| {
            let info = info.unwrap_or_default();
            Self::read(info).ok_or_else(|| UnknownLegacyEncryption(info.to_owned()))
        })
    }

    fn read(info: &str) -> Option<Self> {
        let (name, iv) = info.split_once(',')?;
        let (cipher, block) = match name.trim() {
            "AES-128-CBC" => (Cipher::Aes(128), 16),
            "AES-192-CBC" => (Cipher::Aes(192), 16),
            "AES-256-CBC" => (Cipher::Aes(256), 16),
            "DES-EDE3-CBC" => (Cipher::TripleDes, 8),
            "DES-CBC" => (Cipher::Des, 8),
            _ => return None,
        };
        let digits = iv.trim().as_bytes();
        let iv: Option<Vec<u8>> = digits.chunks(2).map(octet).collect();
        iv.filter(|iv| iv.len() == block).map(|iv| Self { name: name.trim().to_owned(), cipher, iv })
    }
}

fn octet(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    let digit = |letter: u8| char::from(letter).to_digit(16);
    u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
}

/// As people name it: `PBES2: PBKDF2 with HMAC-SHA-256, 2048 iterations; AES-256-CBC`.
impl fmt::Display for PasswordEncryption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme.shown())?;
        match &self.derivation {
            Ok(Derivation::Other(same)) if *same == self.scheme => return Ok(()),
            Ok(derivation) => write!(f, ": {derivation}")?,
            Err(fault) => write!(f, ": {fault}")?,
        }
        match &self.cipher {
            Ok(cipher) => write!(f, "; {cipher}"),
            Err(fault) if self.derivation.is_ok() => write!(f, "; {fault}"),
            Err(_) => Ok(()),
        }
    }
}

impl fmt::Display for Derivation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pbkdf1 { hash, iterations, .. } => {
                write!(f, "PBKDF1 with {}, {iterations} iterations", hash.shown())
            }
            Self::Pbkdf2 { prf, iterations, .. } => {
                write!(f, "PBKDF2 with {}, {iterations} iterations", prf.shown())
            }
            Self::Scrypt { cost, block_size, parallelization, .. } => {
                write!(f, "scrypt, N {cost}, r {block_size}, p {parallelization}")
            }
            Self::Pkcs12 { iterations, .. } => {
                write!(f, "PKCS#12 derivation with SHA-1, {iterations} iterations")
            }
            Self::Jceks { iterations, .. } => {
                write!(f, "Java's derivation with MD5, {iterations} iterations")
            }
            Self::Jks => f.write_str("Java's derivation with SHA-1, once"),
            Self::Other(oid) => f.write_str(&oid.shown()),
        }
    }
}

impl fmt::Display for Cipher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aes(bits) => write!(f, "AES-{bits}-CBC"),
            Self::TripleDes => f.write_str("3DES-CBC"),
            Self::TripleDesOfTwoKeys => f.write_str("3DES-CBC with two keys"),
            Self::Des => f.write_str("DES-CBC"),
            Self::Rc2(bits) => write!(f, "RC2-CBC with {bits} bits"),
            Self::Rc4(bits) => write!(f, "RC4 with {bits} bits"),
            Self::JavaSha1 => f.write_str("exclusive or with SHA-1"),
            Self::Other(oid) => f.write_str(&oid.shown()),
        }
    }
}

impl fmt::Display for LegacyEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PEM headers: one round of MD5; {}", self.cipher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hex: &str) -> String {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| octet(pair).unwrap()).collect();
        let algorithm = AlgorithmIdentifier::read(Reader::new(&bytes).element().unwrap()).unwrap();
        PasswordEncryption::of(&algorithm).to_string()
    }

    /// Those that OpenSSL writes with `-v1`, with `-scrypt` and without either; parameters that are missing; no scheme at all.
    #[test]
    fn schemes_are_named_with_what_they_cost() {
        insta::assert_snapshot!(
            [
                "301c060a2a864886f70d010c0103300e0408aaaaaaaaaaaaaaaa02020800",
                "301b06092a864886f70d010503300e0408aaaaaaaaaaaaaaaa02020800",
                "3052 06092a864886f70d01050d 3045 3024 06092b06010401da47040b 3017 0408aaaaaaaaaaaaaaaa 02024000 020108 \
                 020101 020120 301d 060960864801650304012a 041007070707070707070707070707070707",
                "3057 06092a864886f70d01050d 304a 3029 06092a864886f70d01050c 301c 0408aaaaaaaaaaaaaaaa 02020800 300c \
                 06082a864886f70d0209 0500 301d 060960864801650304012a 041007070707070707070707070707070707",
                "300b 06092a864886f70d01050d",
                "3003 06012a",
            ]
            .map(shown)
            .join("\n"),
            @"
        PBE with SHA-1 and 3DES: PKCS#12 derivation with SHA-1, 2048 iterations; 3DES-CBC
        PBE with MD5 and DES: PBKDF1 with MD5, 2048 iterations; DES-CBC
        PBES2: scrypt, N 16384, r 8, p 1; AES-256-CBC
        PBES2: PBKDF2 with HMAC-SHA-256, 2048 iterations; AES-256-CBC
        PBES2: byte 0: an algorithm without its parameters
        1.2
        "
        );
    }

    #[test]
    fn headers_of_older_pem_blocks_name_their_cipher() {
        let headers = |info: &str| vec![("DEK-Info".to_owned(), info.to_owned())];
        let read = |info: &str| LegacyEncryption::of(&headers(info)).unwrap();
        assert_eq!(
            read("DES-EDE3-CBC,0011223344556677").unwrap().iv,
            [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]
        );
        for wrong in
            ["", "AES-256-CBC", "AES-256-CBC,00", "AES-256-CBC,0011223344556677", "IDEA-CBC,00", "DES-CBC,0g"]
        {
            assert_eq!(read(wrong), Err(UnknownLegacyEncryption(wrong.to_owned())));
        }
        assert_eq!(LegacyEncryption::of(&[("Comment".to_owned(), "x".to_owned())]), None);
        let alone = [("Proc-Type".to_owned(), "4,ENCRYPTED".to_owned())];
        assert!(LegacyEncryption::of(&alone).unwrap().is_err());
    }
}
