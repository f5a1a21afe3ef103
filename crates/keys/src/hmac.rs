//! HMAC-SHA-256 (RFC 2104): external account bindings, webhook signatures, and links in messages.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};

/// The authentication code of `message` under `key`.
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = sign(&Key::new(HMAC_SHA256, key), message);
    let mut code = [0; 32];
    code.copy_from_slice(tag.as_ref());
    code
}

/// Whether `code` is the authentication code of `message`, compared in constant time.
#[must_use]
pub fn hmac_sha256_is(key: &[u8], message: &[u8], code: &[u8]) -> bool {
    verify(&Key::new(HMAC_SHA256, key), message, code).is_ok()
}

/// The first half of it, for codes that people see: 128 bits are what nobody guesses (RFC 4868 section 2.1.1).
#[must_use]
pub fn hmac_sha256_128(key: &[u8], message: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hmac_sha256(key, message)[..16]);
    half
}

/// Whether `code` is the first half of the authentication code of `message`, compared in constant time.
#[must_use]
pub fn hmac_sha256_128_is(key: &[u8], message: &[u8], code: &[u8]) -> bool {
    verify_slices_are_equal(&hmac_sha256_128(key, message), code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 section 4.3.
    #[test]
    fn matches_the_published_vector() {
        let code = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        let hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(hmac_sha256_is(b"Jefe", b"what do ya want for nothing?", &code));
        assert!(!hmac_sha256_is(b"jefe", b"what do ya want for nothing?", &code));
    }

    /// RFC 4231 section 4.6: the same, cut to 128 bits.
    #[test]
    fn half_a_code_matches_the_published_vector_and_nothing_else_does() {
        let (key, message) = ([0x0c; 20], b"Test With Truncation");
        let code = hmac_sha256_128(&key, message);
        let hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "a3b6167473100ee06e0c796c2955552b");
        assert!(hmac_sha256_128_is(&key, message, &code));
        let mut other = code;
        other[15] ^= 1;
        for forged in [&other[..], &code[..15], &[], &hmac_sha256(&key, message)] {
            assert!(!hmac_sha256_128_is(&key, message, forged));
        }
    }
}
