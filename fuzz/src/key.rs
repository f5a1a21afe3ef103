//! Any file as a private key of a certificate or an account: no panic, and a key that is read is written and read the same.

use notafter_keys::PrivateKey;
use notafter_keys::account::AccountKey;

pub(super) fn run(bytes: &[u8]) {
    for key in [PrivateKey::from_pem(bytes), PrivateKey::from_der(bytes)].into_iter().flatten() {
        let again = PrivateKey::from_pem(key.to_pem().as_bytes()).map(|again| again.spki_sha256());
        assert_eq!(again.ok(), Some(key.spki_sha256()));
        let _ = key.spec();
    }
    if let Ok(account) = AccountKey::from_file_content(bytes) {
        assert!(!account.thumbprint().is_empty());
    }
}
