//! PKCS#12 (RFC 7292): read in the forms that are found in the world, written in the form of today or in that of old
//! systems.

mod mac;
mod open;

use notafter_cert::{Retry, Trouble};
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKeyChain,
};
use zeroize::Zeroizing;

use crate::password::{Budget, ITERATIONS, MOST_ITERATIONS, PasswordError};
use crate::{LooseKey, PrivateKey};
pub(crate) use open::{Opened, open};

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

/// For whom a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// PBES2 with AES-256 and a MAC with SHA-256: OpenSSL since 1.0, Java since 8u301 (which takes up to 5,000,000
    /// iterations), Windows since Server 2019. The MAC has as many iterations as the encryption: whoever guesses passwords
    /// takes the cheaper of both.
    Modern,
    /// Triple DES and SHA-1 with 10,000 iterations, for systems older than that.
    Legacy,
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
    /// It is sealed in a way that nobody here knows.
    #[error("the PKCS#12 file cannot be opened here: {0}")]
    Unknown(String),
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
            Self::Unknown(_) => "pkcs12.unknown-encryption",
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
            Self::Unknown(_) => "write it anew where it came from, under a password, with AES".to_owned(),
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
    let mut first: Option<Pkcs12Error> = None;
    for password in passwords {
        match open(bytes, password, &mut Budget::new()) {
            Ok(opened) => {
                return Ok(Contents {
                    certificates: opened.certificates.into_iter().map(|(_, der)| der).collect(),
                    key_count: opened.keys.len() + opened.unusable.len(),
                    keys: opened.keys.into_iter().filter_map(|(_, key)| key.usable().cloned()).collect(),
                });
            }
            Err(Pkcs12Error::NotOpened(_)) => {}
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or(Pkcs12Error::NotOpened(passwords.len())))
}

impl From<PasswordError> for Pkcs12Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Wrong | PasswordError::Broken(_) => Self::NotOpened(1),
            PasswordError::TooSlow(work) => Self::TooSlow(work),
            PasswordError::Unknown(what) => Self::Unknown(what),
        }
    }
}

/// A file with key and chain (leaf first) under one password; without a key, one of trusted certificates.
///
/// # Errors
/// When a certificate, or the name, cannot be put into one.
pub fn write(
    key: Option<&LooseKey>,
    chain: &[Vec<u8>],
    alias: &str,
    password: &str,
    style: Style,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let pkcs8 = key.map(|key| (key.pkcs8().as_slice(), key.spki_der()));
    made(pkcs8, chain, alias, password, style)
}

/// As [`write()`], for a key that notafter uses.
pub(crate) fn of_pair(
    key: &PrivateKey,
    chain: &[Vec<u8>],
    alias: &str,
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    made(Some((key.pkcs8(), Some(key.spki_der()))), chain, alias, password, Style::Modern)
}

fn made(
    key: Option<(&[u8], Option<&[u8]>)>,
    chain: &[Vec<u8>],
    alias: &str,
    password: &str,
    style: Style,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let not_made = |error: p12_keystore::error::Error| Pkcs12Error::NotMade(error.to_string());
    let certificates: Vec<Certificate> =
        chain.iter().map(|der| Certificate::from_der(der)).collect::<Result<_, _>>().map_err(not_made)?;
    let mut store = KeyStore::new();
    match key {
        Some((pkcs8, spki)) => {
            let inner = p12_keystore::PrivateKey::from_der(pkcs8).map_err(not_made)?;
            let identity = notafter_cert::Fingerprint::of(spki.unwrap_or(pkcs8));
            let local_id = identity.as_bytes()[..20].to_vec();
            let entry = PrivateKeyChain::new(local_id, inner, certificates);
            store.add_entry(alias, KeyStoreEntry::PrivateKeyChain(entry));
        }
        None => {
            for (certificate, number) in certificates.into_iter().zip(1..) {
                let name = if number == 1 { alias.to_owned() } else { format!("{alias}-{number}") };
                store.add_entry(&name, KeyStoreEntry::Certificate(certificate));
            }
        }
    }
    let writer = store.writer(password);
    let writer = match style {
        Style::Modern => writer.encryption_iterations(ITERATIONS).mac_iterations(ITERATIONS),
        Style::Legacy => writer
            .encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc)
            .mac_algorithm(MacAlgorithm::HmacSha1),
    };
    writer.write().map(Zeroizing::new).map_err(not_made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der;

    /// A file without content under a MAC of so many iterations.
    fn asking_for(iterations: &[u8]) -> Vec<u8> {
        const DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
        const SHA256: [u8; 11] = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
        let sequence = |parts: &[&[u8]]| der::tlv(der::SEQUENCE, &parts.concat());
        let safe = sequence(&[&DATA, &der::tlv(0xa0, &der::tlv(4, &sequence(&[])))]);
        let digest = sequence(&[&sequence(&[&SHA256]), &der::tlv(4, &[0; 32])]);
        let mac = sequence(&[&digest, &der::tlv(4, &[0xaa; 8]), &der::tlv(der::INTEGER, iterations)]);
        sequence(&[&[2, 1, 3], &safe, &mac]).to_vec()
    }

    #[test]
    fn a_file_that_asks_for_minutes_is_refused_at_once() {
        let refused = read(&asking_for(&[0x7f, 0xff, 0xff, 0xff]), &["", "changeit"]).unwrap_err();
        assert_eq!(refused.code(), "pkcs12.too-slow");
        insta::assert_snapshot!(format!("{refused}\n hint: {}", refused.hint()), @"
        the PKCS#12 file asks for 2147483647 iterations of key derivation
         hint: write it anew with fewer, at most 4000000 in all: openssl pkcs12 -export -iter 600000
        ");
        assert_eq!(read(&asking_for(&[1]), &["", "changeit"]).unwrap_err().code(), "pkcs12.not-opened");
        assert_eq!(read(&asking_for(&[0x7f; 9]), &[""]).unwrap_err().code(), "pkcs12.not-opened");
        // Nested to the bottom of the stack: looked at to a depth, and never further.
        let deep = (0..5_000).fold(vec![0x05, 0], |inner, _| der::tlv(0x24, &inner).to_vec());
        assert_eq!(read(&deep, &[""]).unwrap_err().code(), "pkcs12.not-opened");
    }

    /// A key had 600,000 iterations in PKCS#8, and 10,000 in PKCS#12.
    #[test]
    fn a_file_of_today_costs_whoever_guesses_as_much_as_a_key_does() {
        use notafter_cert::x509::pkcs12::{MacScheme, Part, Pfx};
        let certificate = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        let (der, key) = (certificate.cert.der().to_vec(), certificate.signing_key.serialize_der());
        let key = LooseKey::from_der(&key).unwrap();
        let file = write(Some(&key), &[der], "a", "changeit", Style::Modern).unwrap();
        let pfx = Pfx::read(&file).unwrap();
        let mac = pfx.mac.as_ref().unwrap().as_ref().unwrap();
        assert!(matches!(mac.scheme, Ok(MacScheme::Pkcs12 { iterations: 600_000, .. })), "{:?}", mac.scheme);
        let told: Vec<String> = pfx
            .parts()
            .unwrap()
            .into_iter()
            .filter_map(|part| match part.unwrap() {
                Part::Encrypted { encryption, .. } => Some(encryption.to_string()),
                _ => None,
            })
            .collect();
        assert!(told.iter().all(|words| words.contains("600000 iterations")) && !told.is_empty(), "{told:?}");
    }

    #[test]
    fn a_long_chain_is_written_and_read_in_both_styles() {
        let key = LooseKey::generate(crate::LooseKind::Ed25519).unwrap();
        let own = rcgen::KeyPair::generate().unwrap();
        let certificate = |number: u32| {
            let names = vec![format!("{number}.example")];
            rcgen::CertificateParams::new(names).unwrap().self_signed(&own).unwrap().der().to_vec()
        };
        let chain: Vec<Vec<u8>> = (0..60).map(certificate).collect();
        for style in [Style::Modern, Style::Legacy] {
            let file = write(Some(&key), &chain, "shop", "changeit", style).unwrap();
            let contents = read(&file, &["", "changeit"]).unwrap();
            assert_eq!((contents.key_count, contents.keys.len()), (1, 0));
            assert_eq!(contents.certificates, chain);
            let opened = open(&file, "changeit", &mut Budget::new()).unwrap();
            assert_eq!(opened.keys[0].0.as_deref(), Some("shop"));
            assert_eq!(opened.keys[0].1.spki_der(), key.spki_der());
            let trusted = write(None, &chain[..2], "anchors", "changeit", style).unwrap();
            assert_eq!(open(&trusted, "changeit", &mut Budget::new()).unwrap().certificates.len(), 2);
        }
    }
}
