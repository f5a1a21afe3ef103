//! Any bytes as PKCS#12 that nobody opens: no panic, and nothing lies outside of the file.

use notafter_cert::x509::pkcs12::{BagValue, Part, Pfx, SafeBag, bags};

pub(super) fn run(bytes: &[u8]) {
    let Ok(pfx) = Pfx::read(bytes) else { return };
    if let Some(Ok(mac)) = &pfx.mac {
        let _ = mac.scheme.map(|scheme| scheme.to_string());
    }
    for part in pfx.parts().into_iter().flatten().flatten() {
        match part {
            Part::Plain(contents) => {
                bags(contents.reader()).into_iter().flatten().for_each(|bag| walk(&bag, bytes.len()));
            }
            Part::Encrypted { encryption, .. } => drop(encryption.to_string()),
            Part::Other(_) => {}
        }
    }
}

fn walk(bag: &SafeBag<'_>, length: usize) {
    assert!(bag.at <= length);
    if let BagValue::Bags(Ok(inner)) = &bag.value {
        inner.iter().for_each(|bag| walk(bag, length));
    }
}
