//! PKCS#12 (RFC 7292): written with PBES2 and AES-256, read in the forms that are found in the world.

use notafter_cert::{Retry, Trouble};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, Pkcs12Archive, PrivateKeyChain};
use zeroize::Zeroizing;

use crate::PrivateKey;

mod work;

/// Larger files are not read: a store with a whole trust list stays below.
const LARGEST: usize = 4 << 20;

/// The work that deriving keys from one password may be, in iterations of all key derivations of the file. A file has three (the MAC, the certificates, the key), and OWASP's Password Storage Cheat Sheet
/// asks for up to 1,300,000 each (PBKDF2 with HMAC-SHA1); OpenSSL writes 2,048, Java 10,000. Below that, the library
/// refuses more than 1,000,000 for one derivation.
const MOST_ITERATIONS: u64 = 4_000_000;

/// What a PKCS#12 file holds.
#[derive(Debug)]
pub struct Contents {
    /// Certificates in the order of the file, DER.
    pub certificates: Vec<Vec<u8>>,
    /// Private keys, those that notafter can use.
    pub keys: Vec<PrivateKey>,
    /// How many private keys there are in all.
    pub key_count: usize,
}

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs12Error {
    /// None of the passwords opens it, or it is damaged: the format cannot tell which.
    #[error("none of the {0} passwords tried opens the PKCS#12 file, or it is damaged")]
    NotOpened(usize),
    /// It is larger than any honest one.
    #[error("the file has {0} bytes, too many for a PKCS#12 file")]
    TooLarge(usize),
    /// Opening it would keep the processor busy for minutes, or nobody can say for how long.
    #[error("the PKCS#12 file asks for {} of key derivation", iterations(*.0))]
    TooSlow(u64),
    /// A certificate or the key cannot be put into one.
    #[error("the PKCS#12 file cannot be made: {0}")]
    NotMade(String),
}

fn iterations(work: u64) -> String {
    match work {
        u64::MAX => "an unknown number of iterations".to_owned(),
        known => format!("{known} iterations"),
    }
}

impl Trouble for Pkcs12Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOpened(_) => "pkcs12.not-opened",
            Self::TooLarge(_) => "pkcs12.too-large",
            Self::TooSlow(_) => "pkcs12.too-slow",
            Self::NotMade(_) => "pkcs12.not-made",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotOpened(_) => "give its password".to_owned(),
            Self::TooLarge(_) => "name a PKCS#12 file".to_owned(),
            Self::TooSlow(u64::MAX) => {
                "write it anew with a cipher of today and an ordinary count: openssl pkcs12 -export -iter 600000".to_owned()
            }
            Self::TooSlow(_) => format!(
                "write it anew with fewer, at most {MOST_ITERATIONS} in all: openssl pkcs12 -export -iter 600000"
            ),
            Self::NotMade(_) => "check the version's chain".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// Opens a file with the first of the passwords that fits.
///
/// # Errors
/// When none fits, or the file is damaged, too large, or would take too long to open.
pub fn read(bytes: &[u8], passwords: &[&str]) -> Result<Contents, Pkcs12Error> {
    if bytes.len() > LARGEST {
        return Err(Pkcs12Error::TooLarge(bytes.len()));
    }
    let bounded = |work: u64| if work > MOST_ITERATIONS { Err(Pkcs12Error::TooSlow(work)) } else { Ok(work) };
    let visible = bounded(work::visible(bytes))?;
    for password in passwords {
        bounded(visible.saturating_add(work::hidden(bytes, password)))?;
    }
    let archive = passwords
        .iter()
        .find_map(|password| Pkcs12Archive::from_pkcs12(bytes, password).ok())
        .ok_or(Pkcs12Error::NotOpened(passwords.len()))?;
    Ok(Contents {
        certificates: archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect(),
        key_count: archive.keys.len(),
        keys: archive
            .keys
            .into_iter()
            .filter_map(|bag| PrivateKey::from_pkcs8(bag.key.as_der()).ok())
            .collect(),
    })
}

/// A file with key and chain (leaf first) under one password.
pub(crate) fn write(
    key: &PrivateKey,
    chain: &[Vec<u8>],
    alias: &str,
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let not_made = |error: p12_keystore::error::Error| Pkcs12Error::NotMade(error.to_string());
    let inner = p12_keystore::PrivateKey::from_der(key.pkcs8()).map_err(not_made)?;
    let certificates = chain
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()
        .map_err(not_made)?;
    let local_id = key.spki_sha256()[..20].to_vec();
    let mut store = KeyStore::new();
    store.add_entry(
        alias,
        KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(local_id, inner, certificates)),
    );
    store.writer(password).write().map(Zeroizing::new).map_err(not_made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der;

    #[test]
    fn a_file_that_asks_for_minutes_is_refused_at_once() {
        let salt = der::tlv(0x04, &[0xaa; 8]);
        let count = der::tlv(der::INTEGER, &[0x7f, 0xff, 0xff, 0xff]);
        let hostile = der::tlv(der::SEQUENCE, &[&salt[..], &count[..]].concat());
        let refused = read(&hostile, &["", "changeit"]).unwrap_err();
        assert_eq!(refused.code(), "pkcs12.too-slow");
        insta::assert_snapshot!(format!("{refused}\n hint: {}", refused.hint()), @"
        the PKCS#12 file asks for 2147483647 iterations of key derivation
         hint: write it anew with fewer, at most 4000000 in all: openssl pkcs12 -export -iter 600000
        ");
        // Nested to the bottom of the stack: looked at to a depth, and never further.
        let deep = (0..5_000).fold(vec![0x05, 0], |inner, _| der::tlv(0x04, &inner).to_vec());
        assert_eq!(read(&deep, &[""]).unwrap_err().code(), "pkcs12.not-opened");
    }

    #[test]
    fn a_long_chain_in_a_file_of_today_is_read() {
        let key = PrivateKey::generate(notafter_cert::KeySpec::EcdsaP256).unwrap();
        let own = rcgen::KeyPair::generate().unwrap();
        let certificate = |number: u32| {
            let names = vec![format!("{number}.example")];
            rcgen::CertificateParams::new(names).unwrap().self_signed(&own).unwrap().der().to_vec()
        };
        let chain: Vec<Vec<u8>> = (0..60).map(certificate).collect();
        let file = write(&key, &chain, "shop", "changeit").unwrap();
        let read = read(&file, &["", "changeit"]).unwrap();
        assert_eq!((read.key_count, read.keys.len()), (1, 1));
        assert!(file.len() > 16 << 10 && !read.certificates.is_empty());
    }
}
