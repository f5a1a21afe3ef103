//! PKCS#12 (RFC 7292): written with PBES2 and AES-256, read in the forms that are found in the world.

use notafter_cert::{Retry, Trouble};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, Pkcs12Archive, PrivateKeyChain};
use zeroize::Zeroizing;

use crate::{PrivateKey, der};

/// Larger files are not read: a store with a whole trust list stays below.
const LARGEST: usize = 4 << 20;

/// The work that deriving keys from one password may be, in iterations of all key derivations that can be seen before
/// anything is decrypted. A file has three (the MAC, the certificates, the key), and OWASP's Password Storage Cheat Sheet
/// asks for up to 1,300,000 each (PBKDF2 with HMAC-SHA1); OpenSSL writes 2,048, Java 10,000. Below that, the library
/// refuses more than 1,000,000 for one derivation.
const MOST_ITERATIONS: u64 = 4_000_000;

/// Nested deeper than any structure of RFC 7292.
const DEEPEST: usize = 24;

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
    /// Opening it would keep the processor busy for minutes.
    #[error("the PKCS#12 file asks for {0} iterations of key derivation")]
    TooSlow(u64),
    /// A certificate or the key cannot be put into one.
    #[error("the PKCS#12 file cannot be made: {0}")]
    NotMade(String),
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
    let iterations = iterations(bytes, DEEPEST);
    if iterations > MOST_ITERATIONS {
        return Err(Pkcs12Error::TooSlow(iterations));
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

/// The iterations of every key derivation in a DER structure: MAC (RFC 7292 section 4), PBKDF2 and PBES1 (RFC 8018
/// appendix A), scrypt (RFC 7914 section 7) all write salt and count as an OCTET STRING with an INTEGER after it.
fn iterations(mut der: &[u8], depth: usize) -> u64 {
    const OCTET_STRING: u8 = 0x04;
    const CONSTRUCTED: u8 = 0x20;
    let (mut sum, mut after_salt) = (0_u64, false);
    while let (Some((tag, content, rest)), 1..) = (der::any(der), depth) {
        if after_salt && tag == der::INTEGER {
            sum = sum.saturating_add(count(content));
        }
        if tag & CONSTRUCTED != 0 || tag == OCTET_STRING {
            sum = sum.saturating_add(iterations(content, depth - 1));
        }
        after_salt = tag == OCTET_STRING;
        der = rest;
    }
    sum
}

/// A count as it is written: one that does not fit is endless, one below zero is none.
fn count(integer: &[u8]) -> u64 {
    match integer {
        [first, ..] if first & 0x80 != 0 => 0,
        bytes => {
            bytes.iter().fold(0_u64, |sum, byte| sum.saturating_mul(256).saturating_add(u64::from(*byte)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kdf(iterations: &[u8]) -> Vec<u8> {
        let salt = der::tlv(0x04, &[0xaa; 8]);
        der::tlv(der::SEQUENCE, &[&salt[..], &der::tlv(der::INTEGER, iterations)[..]].concat()).to_vec()
    }

    #[test]
    fn the_work_of_every_derivation_is_counted() {
        let inner = der::tlv(0x04, &kdf(&[0x27, 0x10])).to_vec();
        let both = der::tlv(der::SEQUENCE, &[kdf(&[0x08, 0x00]), inner].concat());
        assert_eq!(iterations(&both, DEEPEST), 2_048 + 10_000);
        assert_eq!(iterations(&kdf(&[0x7f; 20]), DEEPEST), u64::MAX);
        assert_eq!(iterations(&kdf(&[0xff]), DEEPEST), 0);
        for cut in 0..both.len() {
            assert!(iterations(&both[..cut], DEEPEST) <= 12_048);
        }
    }

    #[test]
    fn a_file_that_asks_for_minutes_is_refused_at_once() {
        let hostile = kdf(&[0x7f, 0xff, 0xff, 0xff]);
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
}
