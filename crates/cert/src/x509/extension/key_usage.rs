//! keyUsage (RFC 5280 section 4.2.1.3).

use super::ExtensionValue;
use crate::der::{Bits, Element, Fault, Field, Oid, Tag, oid};

/// What the key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage<'a> {
    /// The bits as they stand.
    pub bits: Bits<'a>,
    at: usize,
}

/// The bits of keyUsage, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUsageBit {
    /// Sign what is neither a certificate nor a CRL.
    DigitalSignature = 0,
    /// contentCommitment, once nonRepudiation.
    ContentCommitment = 1,
    /// Encrypt keys.
    KeyEncipherment = 2,
    /// Encrypt data.
    DataEncipherment = 3,
    /// Agree on keys.
    KeyAgreement = 4,
    /// Sign certificates.
    KeyCertSign = 5,
    /// Sign CRLs.
    CrlSign = 6,
    /// Only encrypt, when agreeing on keys.
    EncipherOnly = 7,
    /// Only decrypt, when agreeing on keys.
    DecipherOnly = 8,
}

impl KeyUsageBit {
    /// All of them, in their order.
    pub const ALL: [Self; 9] = [
        Self::DigitalSignature,
        Self::ContentCommitment,
        Self::KeyEncipherment,
        Self::DataEncipherment,
        Self::KeyAgreement,
        Self::KeyCertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
    ];

    /// Its name in RFC 5280.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digitalSignature",
            Self::ContentCommitment => "contentCommitment",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        }
    }
}

impl KeyUsage<'_> {
    /// Whether this is allowed.
    #[must_use]
    pub fn has(&self, bit: KeyUsageBit) -> bool {
        self.bits.has(bit as usize)
    }

    /// What is allowed.
    pub fn set(&self) -> impl Iterator<Item = KeyUsageBit> {
        KeyUsageBit::ALL.into_iter().filter(|bit| self.has(*bit))
    }
}

impl<'a> ExtensionValue<'a> for KeyUsage<'a> {
    const OID: Oid<'static> = oid::KEY_USAGE;

    fn read(value: Element<'a>) -> Field<Self> {
        let element = value.must_be(Tag::BIT_STRING)?;
        Ok(Self { bits: element.bits()?, at: value.at })
    }

    fn check(&self) -> Field<()> {
        if self.bits.is_zero() {
            return Err(Fault::value(self.at, "no usage at all, where one is the least"));
        }
        Ok(())
    }
}
