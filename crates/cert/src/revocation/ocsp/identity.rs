//! How OCSP names a certificate (RFC 6960 section 4.1.1).

use aws_lc_rs::digest;

use crate::der::{Field, Integer, Oid, Tag, oid, write};
use crate::x509::ocsp::CertId;
use crate::x509::{Anatomy, SubjectPublicKeyInfo};

/// What the issuer is hashed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdHash {
    /// What every responder knows (RFC 5019 section 2.1.1).
    Sha1,
    /// What RFC 9654 wants of new ones.
    Sha256,
}

impl IdHash {
    const fn oid(self) -> Oid<'static> {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
        }
    }
}

/// A certificate, as far as OCSP names it.
#[derive(Clone, Copy, Debug)]
pub struct CertificateIdentity<'q> {
    issuer_name: &'q [u8],
    issuer_key: &'q [u8],
    serial: Integer<'q>,
}

impl<'q> CertificateIdentity<'q> {
    /// Of a certificate and its issuer's key.
    ///
    /// # Errors
    /// Where the certificate's issuer or serial number cannot be read.
    pub fn of(certificate: &Anatomy<'q>, issuer: &SubjectPublicKeyInfo<'q>) -> Field<Self> {
        let name = certificate.issuer.as_ref().map_err(|fault| *fault)?;
        Ok(Self { issuer_name: name.der(), issuer_key: issuer.key.bytes, serial: certificate.serial? })
    }

    /// `CertID` in DER.
    #[must_use]
    pub fn der(&self, hash: IdHash) -> Vec<u8> {
        let hashed = |octets| {
            let digest = hashed(hash.oid(), octets).unwrap_or_default();
            write(Tag::OCTET_STRING, &[&digest])
        };
        let algorithm =
            write(Tag::SEQUENCE, &[&write(Tag::OID, &[hash.oid().content()]), &write(Tag::NULL, &[])]);
        let (name, key) = (hashed(self.issuer_name), hashed(self.issuer_key));
        write(Tag::SEQUENCE, &[&algorithm, &name, &key, &write(Tag::INTEGER, &[self.serial.bytes()])])
    }

    /// Whether an answer is about this certificate; one with a hash that is not known here is not.
    #[must_use]
    pub(super) fn is(&self, id: &CertId<'_>) -> bool {
        let same =
            |octets, expected: &[u8]| hashed(id.algorithm.oid, octets).is_some_and(|hash| hash == expected);
        id.serial.shortest() == self.serial.shortest()
            && same(self.issuer_name, id.name_hash)
            && same(self.issuer_key, id.key_hash)
    }
}

/// The hash of octets, by an algorithm of this name.
fn hashed(algorithm: Oid<'_>, octets: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match algorithm {
        oid::SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        oid::SHA256 => &digest::SHA256,
        oid::SHA384 => &digest::SHA384,
        oid::SHA512 => &digest::SHA512,
        _ => return None,
    };
    Some(digest::digest(algorithm, octets).as_ref().to_vec())
}

/// The SHA-1 of the bits of a key, by which a responder names itself (RFC 6960 section 4.2.1).
pub(super) fn key_hash(key: &SubjectPublicKeyInfo<'_>) -> Vec<u8> {
    hashed(oid::SHA1, key.key.bytes).unwrap_or_default()
}
