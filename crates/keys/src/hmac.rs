//! HMAC-SHA-256 (RFC 2104): external account bindings and webhook signatures.

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
}
