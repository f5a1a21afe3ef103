//! RSASSA-PSS as the root programs and the CA/Browser Forum allow it, byte for byte (Mozilla Root Store Policy section 5.1.1,
//! Baseline Requirements section 7.1.3.2.1).

use crate::x509::AlgorithmIdentifier;

/// Up to the last octet of the digest's identifier.
const UP_TO_DIGEST: [u8; 28] = [
    0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34, 0xa0, 0x0f,
    0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
];

/// From there up to the last octet of the digest of the mask.
const UP_TO_MASK: [u8; 28] = [
    0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08,
    0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
];

/// From there up to the length of the salt.
const UP_TO_SALT: [u8; 6] = [0x05, 0x00, 0xa2, 0x03, 0x02, 0x01];

/// Whether it is one of the three: SHA-256, SHA-384 or SHA-512 for digest and mask, and a salt as long as the digest.
pub(super) fn is_allowed(algorithm: &AlgorithmIdentifier<'_>) -> bool {
    [(1, 32), (2, 48), (3, 64)].iter().any(|(digest, salt)| algorithm.der() == encoding(*digest, *salt))
}

fn encoding(digest: u8, salt: u8) -> Vec<u8> {
    let digest = [2, digest];
    [&UP_TO_DIGEST[..], &digest, &UP_TO_MASK, &digest, &UP_TO_SALT, &[salt]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::{Reader, oid};

    #[test]
    fn only_the_exact_octets_are_allowed() {
        for (digest, salt, allowed) in
            [(1, 32, true), (2, 48, true), (3, 64, true), (1, 48, false), (4, 28, false)]
        {
            let octets = encoding(digest, salt);
            let algorithm = AlgorithmIdentifier::read(Reader::new(&octets).element().unwrap()).unwrap();
            assert_eq!(algorithm.oid, oid::RSASSA_PSS);
            assert_eq!(is_allowed(&algorithm), allowed, "{digest} {salt}");
        }
    }
}
