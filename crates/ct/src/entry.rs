//! What a log signs of a certificate (RFC 6962 section 3.2).

use notafter_cert::der::{Element, Fault, Field, Oid, oid};
use notafter_cert::x509::extension::ExtendedKeyUsage;
use notafter_cert::x509::{Anatomy, DistinguishedName, Extension, Extensions};

use crate::sct::sha256;

/// The part of a promise that is not in the timestamp itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// `x509_entry`: the certificate as it is served. What comes beside a certificate promises this.
    Certificate(&'a [u8]),
    /// `precert_entry`: what the CA meant to sign. What stands in a certificate promises this.
    Precertificate {
        /// SHA-256 of the key of the CA that issues the certificate.
        issuer_key_hash: [u8; 32],
        /// The part of the certificate that is signed, without what only one of the two documents has.
        tbs: Vec<u8>,
    },
}

/// Why there is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// The certificate, or its issuer's, cannot be taken apart.
    #[error("{0}")]
    Unreadable(#[from] Fault),
    /// The extension that is cut out is there more than once: nobody knows what was signed.
    #[error("{0} is there more than once")]
    Twice(&'static str),
    /// The extension that is cut out is not there.
    #[error("{0} is not there")]
    Absent(&'static str),
    /// A CA may let another key sign precertificates (RFC 6962 section 3.1), whose certificate says who issues in the end.
    #[error("it was signed for the CA by a certificate whose own issuer is not at hand")]
    NoCaAbove,
}

impl Entry<'static> {
    /// The entry of a final certificate with promises in it: they were given before they stood there.
    ///
    /// # Errors
    /// When there are none, or the certificate cannot be taken apart.
    pub fn of_final(leaf: &Anatomy<'_>, issuer: &Anatomy<'_>) -> Result<Self, EntryFault> {
        let tbs = Change { cut: oid::SCT_LIST, named: "the list of SCTs", signer: None }.apply(leaf)?;
        Ok(Self::Precertificate { issuer_key_hash: key_hash(issuer)?, tbs })
    }

    /// The entry of a precertificate, without the poison that keeps it from being used. Where a special certificate has signed
    /// it, that one's issuer must be given, too: it is the CA.
    ///
    /// # Errors
    /// When there is no poison, the CA is not at hand, or one of them cannot be taken apart.
    pub fn of_precertificate(
        precertificate: &Anatomy<'_>,
        issuer: &Anatomy<'_>,
        above: Option<&Anatomy<'_>>,
    ) -> Result<Self, EntryFault> {
        let is_special = issuer
            .readable::<ExtendedKeyUsage<'_>>()
            .is_some_and(|usage| usage.has(oid::PRECERTIFICATE_SIGNING));
        let ca = if is_special { above.ok_or(EntryFault::NoCaAbove)? } else { issuer };
        let signer = is_special.then_some(issuer);
        let change = Change { cut: oid::PRECERTIFICATE_POISON, named: "the poison", signer };
        Ok(Self::Precertificate { issuer_key_hash: key_hash(ca)?, tbs: change.apply(precertificate)? })
    }
}

fn key_hash(issuer: &Anatomy<'_>) -> Field<[u8; 32]> {
    issuer.key.map(|key| sha256(key.element.whole))
}

/// How the signed part of one document becomes that of the other.
struct Change<'a> {
    /// The extension that only one of them has.
    cut: Oid<'static>,
    /// What people call it.
    named: &'static str,
    /// The special certificate that signed in the CA's place: issuer and authority key identifier become its own.
    signer: Option<&'a Anatomy<'a>>,
}

impl Change<'_> {
    /// Every octet that is not concerned stays as it was sent; only lengths around it are written anew.
    fn apply(&self, anatomy: &Anatomy<'_>) -> Result<Vec<u8>, EntryFault> {
        let (mut content, mut is_cut) = (Vec::new(), false);
        for field in anatomy.tbs?.children().all()? {
            if field.whole.first() == Some(&EXTENSIONS) {
                content.extend(self.extensions(anatomy)?);
                is_cut = true;
            } else if anatomy.issuer.as_ref().is_ok_and(|issuer| issuer.element.at == field.at) {
                content.extend(self.issuer(field)?);
            } else {
                content.extend(field.whole);
            }
        }
        if is_cut { Ok(wrap(SEQUENCE, &content)) } else { Err(EntryFault::Absent(self.named)) }
    }

    fn issuer<'b>(&'b self, own: Element<'b>) -> Field<&'b [u8]> {
        match self.signer {
            Some(signer) => signer.issuer.as_ref().map(DistinguishedName::der).map_err(|fault| *fault),
            None => Ok(own.whole),
        }
    }

    /// The field of extensions; nothing where none is left, since there is no empty list of them (RFC 5280 section 4.1).
    fn extensions(&self, anatomy: &Anatomy<'_>) -> Result<Vec<u8>, EntryFault> {
        let Some(extensions) = &anatomy.extensions else {
            return Err(EntryFault::Absent(self.named));
        };
        let extensions = extensions.as_ref().map_err(|fault| *fault)?;
        match extensions.iter().filter(|extension| extension.kind == self.cut).count() {
            1 => {}
            0 => return Err(EntryFault::Absent(self.named)),
            _ => return Err(EntryFault::Twice(self.named)),
        }
        let left = self.left(extensions)?;
        if left.is_empty() {
            return Ok(Vec::new());
        }
        Ok(wrap(EXTENSIONS, &wrap(SEQUENCE, &left)))
    }

    /// The extensions that are left, those that cannot be told apart among them.
    fn left(&self, extensions: &Extensions<'_>) -> Field<Vec<u8>> {
        let at = |kind| extensions.find(kind).map(|extension: &Extension<'_>| extension.element.at);
        let (cut, authority) = (at(self.cut), at(oid::AUTHORITY_KEY_IDENTIFIER));
        let new = self.signer.map(|signer| {
            let found = signer.extension(oid::AUTHORITY_KEY_IDENTIFIER);
            found.map_or(&[][..], |extension| extension.element.whole)
        });
        let mut left = Vec::new();
        for extension in extensions.element.children().all()? {
            match new {
                _ if Some(extension.at) == cut => {}
                Some(new) if Some(extension.at) == authority => left.extend(new),
                _ => left.extend(extension.whole),
            }
        }
        if authority.is_none() {
            left.extend(new.unwrap_or_default());
        }
        Ok(left)
    }
}

const SEQUENCE: u8 = 0x30;
/// `[3]`, constructed.
const EXTENSIONS: u8 = 0xa3;

/// An element in DER (X.690 section 10.1).
fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let digits = length.get(content.len().leading_zeros() as usize / 8..).unwrap_or_default();
    let count = u8::try_from(digits.len()).unwrap_or_default();
    match (content.len(), u8::try_from(content.len())) {
        (0..=0x7f, Ok(short)) => [&[tag, short], content].concat(),
        _ => [&[tag, 0x80 | count], digits, content].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notafter_cert::der::Reader;

    #[test]
    fn lengths_are_written_in_the_shortest_way() {
        for (length, header) in [
            (0, &[0x30, 0][..]),
            (1, &[0x30, 1]),
            (0x7f, &[0x30, 0x7f]),
            (0x80, &[0x30, 0x81, 0x80]),
            (0xff, &[0x30, 0x81, 0xff]),
            (0x100, &[0x30, 0x82, 1, 0]),
            (0x1_0000, &[0x30, 0x83, 1, 0, 0]),
        ] {
            let wrapped = wrap(SEQUENCE, &vec![0; length]);
            assert!(wrapped.starts_with(header), "{length}");
            assert_eq!(Reader::new(&wrapped).element().unwrap().content.len(), length);
        }
    }
}
