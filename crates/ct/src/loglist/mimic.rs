//! Logs that are none.

use crate::LogId;

/// The identities of the two "mimics" that Google adds, as usable logs, to the lists that it serves to programs which enforce
/// Certificate Transparency by Chrome's list without leave. They publish nothing, and everybody has their private keys, so
/// that a promise by one of them is worth nothing
/// (<https://googlechrome.github.io/CertificateTransparency/3p_libraries.html>, "Freezing log lists and adding mimic logs").
pub const MIMICS: [LogId; 2] = [
    // SHA-256 of the public key of mimic1.pem.
    LogId::from_bytes([
        0xf4, 0x41, 0x95, 0xd6, 0xf0, 0x0e, 0x2d, 0xb5, 0x54, 0x35, 0xca, 0xdd, 0x57, 0x78, 0x92, 0xe5, 0x3e,
        0x15, 0xad, 0x41, 0x70, 0x58, 0xf8, 0x78, 0xe1, 0x4f, 0xf6, 0xb9, 0x18, 0x74, 0x15, 0x89,
    ]),
    // Of mimic2.pem.
    LogId::from_bytes([
        0xb2, 0x2f, 0x7e, 0xde, 0xb5, 0xaf, 0x6a, 0xfe, 0x50, 0x3d, 0xe0, 0x40, 0x81, 0xb2, 0xd7, 0x4c, 0x12,
        0x53, 0x84, 0x92, 0xfe, 0xdf, 0x2c, 0xb2, 0xa5, 0x26, 0x50, 0x3c, 0xef, 0x53, 0xce, 0xd2,
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use notafter_cert::base64;

    /// The points of the public keys, as they are published.
    #[test]
    fn the_mimics_are_known_by_their_keys() {
        let keys = [
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdO/+dnH/NZSBSLmmN9u2h4HNTnCOLeU+oMBiRynIvQ8zt2ft0IMyO90e5nwSaCdYvA4JVGzC\
             Marfs9DcNxFY1g==",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEB/VtcL7BSbGP4QY7UjaaXOd4gQ80R1PxLZtfYifk+ZER+mCVJVVjl66uVWUzu5lMbWMb1MWK\
             xjkvtd2MyQSKsA==",
        ];
        for (key, mimic) in keys.into_iter().zip(MIMICS) {
            assert_eq!(LogId::of_key(&base64::decode(key).unwrap()), mimic);
        }
    }
}
