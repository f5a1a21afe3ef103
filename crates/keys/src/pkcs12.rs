//! PKCS#12 (RFC 7292): written with PBES2 and AES-256, read in the forms that are found in the world.

use notafter_cert::{Retry, Trouble};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, Pkcs12Archive, PrivateKeyChain};
use zeroize::Zeroizing;

use crate::PrivateKey;

/// Larger files are not read: a store with a whole trust list stays below.
const LARGEST: usize = 4 << 20;

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
    /// A certificate or the key cannot be put into one.
    #[error("the PKCS#12 file cannot be made: {0}")]
    NotMade(String),
}

impl Trouble for Pkcs12Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOpened(_) => "pkcs12.not-opened",
            Self::TooLarge(_) => "pkcs12.too-large",
            Self::NotMade(_) => "pkcs12.not-made",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotOpened(_) => "give its password".to_owned(),
            Self::TooLarge(_) => "name a PKCS#12 file".to_owned(),
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
/// When none fits, or the file is damaged or too large.
pub fn read(bytes: &[u8], passwords: &[&str]) -> Result<Contents, Pkcs12Error> {
    if bytes.len() > LARGEST {
        return Err(Pkcs12Error::TooLarge(bytes.len()));
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
