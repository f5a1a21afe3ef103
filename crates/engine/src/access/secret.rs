//! Secrets that are carried by browsers, programs and links: 32 random bytes, written as base64url.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_inventory::model::SecretHash;
use zeroize::Zeroizing;

/// One that is shown once, and known by its hash from then on.
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// From random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// From what a request carries; nothing where it can be none of ours.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// As it is carried.
    #[must_use]
    pub fn written(&self) -> String {
        URL_SAFE_NO_PAD.encode(*self.0)
    }

    /// What the store knows it by.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(of(self.0.as_slice()))
    }

    /// What a form must carry that a page of this session made: only who knows the secret can make it, and it does not
    /// tell the secret.
    #[must_use]
    pub fn form_key(&self) -> String {
        let mut bytes = b"notafter form\0".to_vec();
        bytes.extend_from_slice(self.0.as_slice());
        URL_SAFE_NO_PAD.encode(of(&bytes))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn of(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_and_nothing_else_is_one() {
        let secret = Secret::new([7; 32]);
        assert_eq!(Secret::read(&secret.written()).unwrap().hash(), secret.hash());
        for text in ["", "AAAA", "not base64!", &secret.written()[1..], &format!("{}A", secret.written())] {
            assert!(Secret::read(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn neither_what_is_logged_nor_what_a_form_carries_tells_the_secret() {
        let secret = Secret::new([7; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_ne!(secret.form_key(), secret.written());
        assert_ne!(Secret::read(&secret.form_key()).unwrap().hash(), secret.hash());
        assert_ne!(
            URL_SAFE_NO_PAD.encode(secret.hash().0),
            secret.form_key(),
            "nor is it what the store keeps"
        );
    }
}
