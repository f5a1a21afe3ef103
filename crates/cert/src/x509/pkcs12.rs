//! PKCS#12 by its structure (RFC 7292): how it is sealed and what lies in it as far as that shows. `keys` opens the rest.

use std::fmt;

use super::encryption::natural;
use super::pkcs7::ContentInfo;
use super::{AlgorithmIdentifier, Derivation, EncryptedPrivateKeyInfo, PasswordEncryption, PrivateKeyInfo};
use crate::der::{Element, Fault, Field, Octets, Oid, Reader, Tag, oid};

/// A file taken apart.
#[derive(Clone, Debug)]
pub struct Pfx<'a> {
    /// 3.
    pub version: Field<i64>,
    /// The AuthenticatedSafe: what the MAC is over. A fault where the file is signed by a public key instead.
    pub safe: Field<Octets<'a>>,
    /// How its integrity is kept; `None` where it is not.
    pub mac: Option<Field<Mac<'a>>>,
}

/// What keeps the integrity of a file (RFC 7292 section 4, RFC 9579).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mac<'a> {
    /// How it is made.
    pub scheme: Field<MacScheme<'a>>,
    /// The value.
    pub value: &'a [u8],
}

/// How a MAC is made from a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacScheme<'a> {
    /// HMAC with this hash, the key derived as PKCS#12 has it (RFC 7292 appendix B).
    Pkcs12 {
        /// The hash of both.
        hash: Oid<'a>,
        /// The salt.
        salt: &'a [u8],
        /// How often it is hashed.
        iterations: u64,
    },
    /// PBMAC1 (RFC 8018 section 7.1, RFC 9579).
    Pbmac1 {
        /// How the key is derived.
        derivation: Derivation<'a>,
        /// The HMAC.
        hmac: Oid<'a>,
    },
}

/// One part of a file: everything in it is sealed alike.
#[derive(Clone, Debug)]
pub enum Part<'a> {
    /// Anybody can read it; keys may still be sealed one by one.
    Plain(Octets<'a>),
    /// Under the password.
    Encrypted {
        /// How.
        encryption: PasswordEncryption<'a>,
        /// The ciphertext.
        ciphertext: Octets<'a>,
    },
    /// Of another kind, such as under a public key.
    Other(Oid<'a>),
}

/// One bag.
#[derive(Clone, Debug)]
pub struct SafeBag<'a> {
    /// What it holds.
    pub value: BagValue<'a>,
    /// What people call it.
    pub friendly_name: Option<String>,
    /// What ties a key to its certificate.
    pub local_key_id: Option<&'a [u8]>,
    /// Whether Java takes it for an anchor.
    pub is_trusted: bool,
    /// Where it begins.
    pub at: usize,
}

/// What a bag holds.
#[derive(Clone, Debug)]
pub enum BagValue<'a> {
    /// A key that anybody can read.
    Key(Field<PrivateKeyInfo<'a>>),
    /// A key under the password.
    ShroudedKey(Field<EncryptedPrivateKeyInfo<'a>>),
    /// A certificate.
    Certificate(Field<Octets<'a>>),
    /// A revocation list.
    RevocationList(Field<Octets<'a>>),
    /// A secret of another kind.
    Secret,
    /// Bags within a bag.
    Bags(Field<Vec<SafeBag<'a>>>),
    /// A bag of a kind that is not known.
    Other(Oid<'a>),
}

impl<'a> Pfx<'a> {
    /// Of a file's bytes.
    ///
    /// # Errors
    /// When it is not a version and a content, or something follows.
    pub fn read(der: &'a [u8]) -> Field<Self> {
        let mut document = Reader::new(der);
        let element = document.expect(Tag::SEQUENCE, "PFX")?;
        document.finish()?;
        let mut fields = element.sequence()?;
        let version = fields.expect(Tag::INTEGER, "version")?.small();
        let safe = fields.expect(Tag::SEQUENCE, "authSafe")?;
        let info = ContentInfo::of(safe)?;
        let data = match info.kind {
            oid::CMS_DATA => info.data(safe.fault("an authSafe without content")),
            _ => Err(safe.fault("a file that a public key seals")),
        };
        let mac = fields.optional(Tag::SEQUENCE).transpose().map(|mac| mac.and_then(Mac::read));
        fields.finish()?;
        Ok(Self { version, safe: data, mac })
    }

    /// Its parts.
    ///
    /// # Errors
    /// When they cannot be told apart.
    pub fn parts(&self) -> Field<Vec<Field<Part<'_>>>> {
        let safe = self.safe.as_ref().map_err(|fault| *fault)?;
        let mut document = safe.reader();
        let parts = document.expect(Tag::SEQUENCE, "AuthenticatedSafe")?.children();
        document.finish()?;
        Ok(parts.all()?.into_iter().map(Part::read).collect())
    }
}

impl<'a> Mac<'a> {
    fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let mut digest = fields.expect(Tag::SEQUENCE, "mac")?.children();
        let algorithm = AlgorithmIdentifier::read(digest.expect(Tag::SEQUENCE, "digestAlgorithm")?)?;
        let value = digest.expect(Tag::OCTET_STRING, "digest")?.content;
        digest.finish()?;
        let salt = fields.expect(Tag::OCTET_STRING, "macSalt")?.content;
        let iterations = fields.optional(Tag::INTEGER)?.map_or(Ok(1), |count| natural(&count));
        fields.finish()?;
        let scheme = match algorithm.oid {
            oid::PBMAC1 => pbmac1(&algorithm),
            hash => iterations.map(|iterations| MacScheme::Pkcs12 { hash, salt, iterations }),
        };
        Ok(Self { scheme, value })
    }
}

fn pbmac1<'a>(algorithm: &AlgorithmIdentifier<'a>) -> Field<MacScheme<'a>> {
    let missing = algorithm.element.fault("PBMAC1 without parameters");
    let mut fields = algorithm.parameters.ok_or(missing)?.sequence()?;
    let derivation = AlgorithmIdentifier::read(fields.expect(Tag::SEQUENCE, "keyDerivationFunc")?)?;
    let scheme = AlgorithmIdentifier::read(fields.expect(Tag::SEQUENCE, "messageAuthScheme")?)?;
    fields.finish()?;
    Ok(MacScheme::Pbmac1 { derivation: Derivation::read(&derivation)?, hmac: scheme.oid })
}

impl<'a> Part<'a> {
    fn read(element: Element<'a>) -> Field<Self> {
        let info = ContentInfo::of(element)?;
        let missing = element.fault("a part without content");
        match info.kind {
            oid::CMS_DATA => info.data(missing).map(Self::Plain),
            oid::CMS_ENCRYPTED_DATA => Self::encrypted(info.content.ok_or(missing)?),
            other => Ok(Self::Other(other)),
        }
    }

    /// EncryptedData (RFC 5652 section 8).
    fn encrypted(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        fields.expect(Tag::INTEGER, "version")?;
        let mut content = fields.expect(Tag::SEQUENCE, "encryptedContentInfo")?.children();
        content.expect(Tag::OID, "contentType")?;
        let algorithm =
            AlgorithmIdentifier::read(content.expect(Tag::SEQUENCE, "contentEncryptionAlgorithm")?)?;
        let missing = element.fault("an encrypted part without content");
        let ciphertext = content.optional_context(0)?.ok_or(missing)?;
        let ciphertext = Octets::of(&ciphertext)?;
        Ok(Self::Encrypted { encryption: PasswordEncryption::of(&algorithm), ciphertext })
    }
}

/// The bags of a part: SafeContents (RFC 7292 section 4.2), plain or opened.
///
/// # Errors
/// When they cannot be told apart.
pub fn bags(contents: Reader<'_>) -> Field<Vec<SafeBag<'_>>> {
    let mut document = contents;
    let list = document.expect(Tag::SEQUENCE, "SafeContents")?;
    // Some programs fill the last block of their cipher with what they like.
    list.children().all()?.into_iter().map(SafeBag::read).collect()
}

impl<'a> SafeBag<'a> {
    fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let kind = fields.expect(Tag::OID, "bagId")?.oid()?;
        let missing = element.fault("a bag without a value");
        let content = fields.optional_context(0)?.ok_or(missing)?;
        let attributes = fields.optional(Tag::SET)?;
        fields.finish()?;
        let mut bag = Self {
            value: BagValue::read(kind, content),
            friendly_name: None,
            local_key_id: None,
            is_trusted: false,
            at: element.at,
        };
        // What an attribute says of the bag is no reason not to take what is in it.
        for attribute in attributes.iter().flat_map(|set| set.children().all().unwrap_or_default()) {
            bag.describe(attribute).ok();
        }
        Ok(bag)
    }

    fn describe(&mut self, attribute: Element<'a>) -> Field<()> {
        let mut fields = attribute.sequence()?;
        let kind = fields.expect(Tag::OID, "attrId")?.oid()?;
        let value = fields.expect(Tag::SET, "attrValues")?.children().element()?;
        match kind {
            oid::FRIENDLY_NAME => self.friendly_name = Some(value.text()?.into_owned()),
            oid::LOCAL_KEY_ID => self.local_key_id = Some(value.content),
            oid::ORACLE_TRUSTED_KEY_USAGE => self.is_trusted = true,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> BagValue<'a> {
    fn read(kind: Oid<'a>, content: Element<'a>) -> Self {
        let inner = content.inner();
        match kind {
            oid::KEY_BAG => Self::Key(inner.and_then(PrivateKeyInfo::of)),
            oid::SHROUDED_KEY_BAG => Self::ShroudedKey(inner.and_then(EncryptedPrivateKeyInfo::of)),
            oid::CERT_BAG => Self::Certificate(inner.and_then(|bag| x509(bag, oid::X509_CERTIFICATE))),
            oid::CRL_BAG => Self::RevocationList(inner.and_then(|bag| x509(bag, oid::X509_CRL))),
            oid::SECRET_BAG => Self::Secret,
            oid::SAFE_CONTENTS_BAG => Self::Bags(bags(content.children())),
            other => Self::Other(other),
        }
    }
}

/// CertBag and CRLBag: a kind, and the octets of it (RFC 7292 sections 4.2.3 and 4.2.4).
fn x509<'a>(bag: Element<'a>, expected: Oid<'static>) -> Field<Octets<'a>> {
    let mut fields = bag.sequence()?;
    let kind = fields.expect(Tag::OID, "kind")?;
    if kind.oid()? != expected {
        return Err(Fault::value(kind.at, "not of X.509"));
    }
    let value = fields.optional_context(0)?.ok_or(bag.fault("a bag without a value"))?;
    fields.finish()?;
    Octets::of(&value.inner()?)
}

impl fmt::Display for MacScheme<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pkcs12 { hash, iterations, .. } => {
                write!(f, "HMAC-{}, PKCS#12 derivation, {iterations} iterations", hash.shown())
            }
            Self::Pbmac1 { derivation, hmac } => write!(f, "PBMAC1: {derivation}; {}", hmac.shown()),
        }
    }
}
