//! Containers of other makers (OpenSSL 3.0, keytool of Java 17) by their structure: one key, and its certificate.

use notafter_cert::bag::{self, What};
use notafter_cert::x509::java_keystore::{Content, JavaKeystore};
use notafter_cert::x509::pkcs12::{BagValue, Part, Pfx, SafeBag, bags};

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/it/data/containers/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn bag_in_words(bag: &SafeBag<'_>) -> String {
    let value = match &bag.value {
        BagValue::ShroudedKey(Ok(key)) => format!("a key, {}", key.encryption),
        other => format!("{other:?}"),
    };
    let id = bag.local_key_id.map_or(0, <[u8]>::len);
    format!("    {value}; called {:?}, {id} bytes of identifier", bag.friendly_name)
}

fn pkcs12_in_words(bytes: &[u8]) -> String {
    let pfx = Pfx::read(bytes).unwrap();
    let mac = pfx.mac.as_ref().unwrap().as_ref().unwrap();
    let mut lines = vec![format!("version {}, {}", pfx.version.unwrap(), mac.scheme.as_ref().unwrap())];
    for part in pfx.parts().unwrap() {
        match part.unwrap() {
            Part::Encrypted { encryption, .. } => lines.push(format!("  encrypted, {encryption}")),
            Part::Plain(contents) => {
                lines.push("  plain".to_owned());
                lines.extend(bags(contents.reader()).unwrap().iter().map(bag_in_words));
            }
            Part::Other(kind) => lines.push(format!("  {kind}")),
        }
    }
    lines.join("\n")
}

fn keystore_in_words(bytes: &[u8]) -> String {
    let store = JavaKeystore::read(bytes).unwrap();
    let mut lines = vec![format!("{} {}, {:?}", store.kind, store.version, store.fault)];
    for entry in &store.entries {
        let year = &entry.made.to_string()[..4];
        lines.push(match &entry.content {
            Content::Key { sealed, chain } => {
                let how = sealed.as_ref().unwrap().encryption;
                format!("  {} of {year}: a key, {how}; {} certificate", entry.alias, chain.len())
            }
            Content::Trusted(certificate) => {
                format!("  {} of {year}: a certificate, {}", entry.alias, certificate.kind)
            }
        });
    }
    lines.join("\n")
}

#[test]
fn pkcs12_shows_how_it_is_sealed() {
    insta::assert_snapshot!(
        ["modern.p12", "legacy.p12"].map(|name| pkcs12_in_words(&file(name))).join("\n"),
        @r#"
    version 3, HMAC-SHA-256, PKCS#12 derivation, 2048 iterations
      encrypted, PBES2: PBKDF2 with HMAC-SHA-256, 2048 iterations; AES-256-CBC
      plain
        a key, PBES2: PBKDF2 with HMAC-SHA-256, 2048 iterations; AES-256-CBC; called Some("shop"), 20 bytes of identifier
    version 3, HMAC-SHA-1, PKCS#12 derivation, 2048 iterations
      encrypted, PBE with SHA-1 and RC2-40: PKCS#12 derivation with SHA-1, 2048 iterations; RC2-CBC with 40 bits
      plain
        a key, PBE with SHA-1 and 3DES: PKCS#12 derivation with SHA-1, 2048 iterations; 3DES-CBC; called Some("shop"), 20 bytes of identifier
    "#
    );
}

#[test]
fn keystores_show_their_entries() {
    insta::assert_snapshot!(
        ["shop.jks", "shop.jceks"].map(|name| keystore_in_words(&file(name))).join("\n"),
        @"
    JKS 2, None
      trusted of 2026: a certificate, X.509
      shop of 2026: a key, Java's key protector: Java's derivation with SHA-1, once; exclusive or with SHA-1; 1 certificate
    JCEKS 2, None
      shop of 2026: a key, Java's PBE with MD5 and 3DES: Java's derivation with MD5, 200000 iterations; 3DES-CBC; 1 certificate
    "
    );
}

#[test]
fn pkcs7_is_a_bag_of_certificates() {
    let bag = bag::read(&file("shop.p7b")).unwrap();
    assert!(matches!(bag.items.as_slice(), [one] if matches!(one.what, What::Certificate(_))));
}

/// Cut anywhere, or changed anywhere, they are read as far as they go or refused.
#[test]
fn damage_is_told_and_makes_nothing_panic() {
    for name in ["modern.p12", "legacy.p12", "shop.jks", "shop.jceks", "shop.p7b"] {
        let whole = file(name);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            [&whole[..at], &changed].into_iter().for_each(|bytes| read_as_far_as_it_goes(name, bytes));
        }
    }
}

fn read_as_far_as_it_goes(name: &str, bytes: &[u8]) {
    let _ = bag::read(bytes);
    if let Ok(pfx) = Pfx::read(bytes) {
        for part in pfx.parts().into_iter().flatten().flatten() {
            let Part::Plain(contents) = part else { continue };
            let _ = bags(contents.reader());
        }
    }
    if let Ok(store) = JavaKeystore::read(bytes) {
        assert!(store.entries.len() <= 3, "{name}");
    }
}
