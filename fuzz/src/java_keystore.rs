//! Any bytes as a Java keystore: no panic, nothing lies outside of the file, and no work beyond its size is done.

use notafter_cert::x509::java_keystore::{Content, JavaKeystore};
use notafter_keys::unpack::{Wanted, unpack};

pub(super) fn run(bytes: &[u8]) {
    let Ok(store) = JavaKeystore::read(bytes) else { return };
    for entry in &store.entries {
        assert!(entry.at < bytes.len());
        let certificates = match &entry.content {
            Content::Key { chain, .. } => chain.as_slice(),
            Content::Trusted(certificate) => std::slice::from_ref(certificate),
        };
        for certificate in certificates {
            assert_eq!(
                bytes.get(certificate.at..certificate.at + certificate.der.len()),
                Some(certificate.der)
            );
        }
    }
    let _ = unpack(bytes, &["", "changeit"], Wanted::Everything);
}
