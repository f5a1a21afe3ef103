//! Any bytes as the structure of a private key: no panic, and what is a key is so by every way to it.

use notafter_cert::x509::PrivateKeyStructure;
use notafter_keys::LooseKey;

pub(super) fn run(bytes: &[u8]) {
    let structure = PrivateKeyStructure::read(bytes);
    if let Ok(structure) = &structure {
        assert!(structure.label().ends_with("PRIVATE KEY"));
        let _ = structure.kind().map(|kind| kind.to_string());
        let _ = structure.encryption().map(ToString::to_string);
    }
    if let Ok(key) = LooseKey::from_der(bytes) {
        assert!(structure.is_ok() || key.usable().is_some());
        let again = LooseKey::from_der(key.pkcs8()).unwrap();
        assert_eq!(again.spki_der(), key.spki_der());
        let _ = key.traditional_pem();
    }
}
