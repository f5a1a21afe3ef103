//! Tor service descriptors (CA/B Forum, once EV guidelines appendix F).

use super::ExtensionValue;
use crate::der::{Bits, Element, Field, Oid, Tag, oid};
use crate::x509::AlgorithmIdentifier;

/// The services that a certificate for `.onion` names of version 2 is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TorServiceDescriptors<'a>(pub Vec<TorServiceDescriptor<'a>>);

/// One service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TorServiceDescriptor<'a> {
    /// Its URI, in letters.
    pub onion: &'a [u8],
    /// The hash algorithm.
    pub algorithm: AlgorithmIdentifier<'a>,
    /// The hash of the service's key.
    pub hash: Bits<'a>,
}

impl<'a> ExtensionValue<'a> for TorServiceDescriptors<'a> {
    const OID: Oid<'static> = oid::TOR_SERVICE_DESCRIPTOR;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut list = value.sequence()?;
        let mut descriptors = Vec::new();
        while !list.is_empty() {
            let mut fields = list.expect(Tag::SEQUENCE, "TorServiceDescriptorHash")?.children();
            let onion = fields.expect(Tag::UTF8_STRING, "onionURI")?.content;
            let algorithm = AlgorithmIdentifier::read(fields.expect(Tag::SEQUENCE, "algorithm")?)?;
            let hash = fields.expect(Tag::BIT_STRING, "subjectPublicKeyHash")?.bits()?;
            fields.finish()?;
            descriptors.push(TorServiceDescriptor { onion, algorithm, hash });
        }
        Ok(Self(descriptors))
    }
}
