//! Asking (RFC 6960 section 4.1).

use super::{CertificateIdentity, IdHash};
use crate::der::{Tag, oid, write};

/// An `OCSPRequest` in DER about these certificates, for the body of a POST (RFC 6960 appendix A.1). The nonce is the caller's: 32
/// random octets (RFC 9654 section 2.1), or none, so that caches can answer.
#[must_use]
pub fn request(certificates: &[CertificateIdentity<'_>], hash: IdHash, nonce: Option<&[u8]>) -> Vec<u8> {
    let single = |certificate: &CertificateIdentity<'_>| write(Tag::SEQUENCE, &[&certificate.der(hash)]);
    let singles: Vec<u8> = certificates.iter().flat_map(single).collect();
    let list = write(Tag::SEQUENCE, &[&singles]);
    let extensions = nonce.map(|nonce| {
        let value = write(Tag::OCTET_STRING, &[&write(Tag::OCTET_STRING, &[nonce])]);
        let extension = write(Tag::SEQUENCE, &[&write(Tag::OID, &[oid::OCSP_NONCE.content()]), &value]);
        write(Tag::context_constructed(2), &[&write(Tag::SEQUENCE, &[&extension])])
    });
    let tbs = write(Tag::SEQUENCE, &[&list, extensions.as_deref().unwrap_or_default()]);
    write(Tag::SEQUENCE, &[&tbs])
}
