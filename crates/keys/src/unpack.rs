//! Whatever file somebody has, opened: PEM in any mess, DER, PKCS#7, PKCS#12, Java's keystores; keys under a password, too.

use notafter_cert::bag::{self, Bag, BagError, Container, Form, What};
use notafter_cert::der::{Element, Reader};
use notafter_cert::pem::Piece;
use notafter_cert::x509::java_keystore::{Content, JavaKeystore};
use notafter_cert::x509::{LegacyEncryption, PrivateKeyStructure};
use notafter_cert::{Certificate, Retry, Trouble};
use zeroize::Zeroizing;

use crate::password::{self, Budget, PasswordError};
use crate::pkcs12::{self, Pkcs12Error};
use crate::{KeyError, LooseKey, java_keystore};

/// What is wanted of a file: what is not wanted needs no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Keys as well.
    Everything,
    /// Not the keys.
    WithoutKeys,
}

/// What was in a file.
#[derive(Debug, Default)]
pub struct Unpacked {
    /// Its certificates, in its order.
    pub certificates: Vec<Certificate>,
    /// Its requests, DER.
    pub requests: Vec<Vec<u8>>,
    /// Its revocation lists, DER.
    pub revocation_lists: Vec<Vec<u8>>,
    /// Its public keys, DER.
    pub public_keys: Vec<Vec<u8>>,
    /// Its private keys, where they are wanted.
    pub keys: Vec<FoundKey>,
    /// What could not be read: which, and why.
    pub damaged: Vec<(String, String)>,
    /// Which of the passwords opened it, counted from the first; `None` where none was needed.
    pub opened_with: Option<usize>,
}

/// A private key of a file.
#[derive(Debug)]
pub struct FoundKey {
    /// What people call it, where the file says.
    pub alias: Option<String>,
    /// Where it is in the file: `the PRIVATE KEY of line 3`.
    pub place: String,
    /// The key.
    pub key: LooseKey,
}

/// A file that was not opened.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// A password is needed, and none was given that fits.
    #[error("{what} is under a password{}", how_often(*.tried))]
    Locked {
        /// What it is.
        what: String,
        /// How many passwords were tried.
        tried: usize,
    },
    /// A keystore opens, and a key in it has a password of its own.
    #[error("the Java keystore opens, and its key {alias} has another password")]
    KeyLocked {
        /// What the key is called.
        alias: String,
    },
    /// There is nothing in it that anybody knows.
    #[error(transparent)]
    Unknown(#[from] BagError),
    /// The container cannot be opened here.
    #[error(transparent)]
    Pkcs12(Pkcs12Error),
    /// What is under a password cannot be opened here.
    #[error("{what} cannot be opened: {why}")]
    Sealed {
        /// What it is.
        what: String,
        /// Why.
        why: PasswordError,
    },
    /// A Java keystore that is none.
    #[error("the Java keystore cannot be read: {0}")]
    Keystore(notafter_cert::der::Fault),
    /// A key that cannot be read.
    #[error("{what} cannot be read: {why}")]
    Key {
        /// Which.
        what: String,
        /// Why.
        why: KeyError,
    },
}

fn how_often(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", and the one that was tried does not open it, or it is damaged".to_owned(),
        more => format!(", and none of the {more} that were tried opens it, or it is damaged"),
    }
}

impl Trouble for UnpackError {
    fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } | Self::KeyLocked { .. } => "container.locked",
            Self::Unknown(error) => error.code(),
            Self::Pkcs12(error) => error.code(),
            Self::Sealed { why, .. } => why.code(),
            Self::Keystore(_) => "container.keystore-unreadable",
            Self::Key { why, .. } => why.code(),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Locked { .. } => "give its password".to_owned(),
            Self::KeyLocked { .. } => "give the password of the key as well".to_owned(),
            Self::Unknown(BagError::Container(container)) => BagError::Container(*container).hint(),
            Self::Unknown(_) => "name a PEM or DER file with a key, a certificate or a request".to_owned(),
            Self::Pkcs12(error) => error.hint(),
            Self::Sealed { why, .. } => why.hint(),
            Self::Keystore(_) => "get the file anew from where it was made".to_owned(),
            Self::Key { why: why @ (KeyError::Form { .. } | KeyError::Inconsistent), .. } => why.hint(),
            Self::Key { .. } => "get the key anew from where it was made".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// Opens a file with the first of the passwords that fits, for each thing in it that is under one.
///
/// # Errors
/// When nothing in it is known, no password fits, or it would take too long to open. What is damaged beside something
/// known is told in [`Unpacked::damaged`].
pub fn unpack(bytes: &[u8], passwords: &[&str], wanted: Wanted) -> Result<Unpacked, UnpackError> {
    // One that anybody can read needs no password; an empty one is tried where none was given.
    unpack_within(bytes, passwords, wanted, &mut Budget::for_each_of(passwords.len().max(1)))
}

/// As [`unpack`], where several files have to do with so much work together.
///
/// # Errors
/// As [`unpack`].
pub fn unpack_within(
    bytes: &[u8],
    passwords: &[&str],
    wanted: Wanted,
    budget: &mut Budget,
) -> Result<Unpacked, UnpackError> {
    let mut share = budget.share(passwords.len().max(1));
    let before = share.left();
    let unpacked = unpack_form(&bag::form(bytes), passwords, wanted, &mut share);
    budget.less(before, &share);
    unpacked
}

fn unpack_form(
    form: &Form<'_>,
    passwords: &[&str],
    wanted: Wanted,
    budget: &mut Budget,
) -> Result<Unpacked, UnpackError> {
    let container = match form {
        Form::Octets(octets) => Container::of(octets).map(|container| (container, &octets[..])),
        Form::Pem(_) => None,
    };
    match container {
        Some((Container::Pkcs12, octets)) => from_pkcs12(octets, passwords, budget),
        Some((Container::JavaKeystore, octets)) => from_java_keystore(octets, passwords, wanted, budget),
        Some((Container::Pkcs7Der, _)) | None => from_bag(form, passwords, wanted, budget),
    }
}

fn from_pkcs12(bytes: &[u8], passwords: &[&str], budget: &mut Budget) -> Result<Unpacked, UnpackError> {
    let tried: &[&str] = if passwords.is_empty() { &[""] } else { passwords };
    let mut other: Option<Pkcs12Error> = None;
    for (password, position) in tried.iter().zip(0..) {
        match pkcs12::open(bytes, password, budget) {
            Ok(opened) => return Ok(of_pkcs12(opened, position)),
            Err(Pkcs12Error::NotOpened(_)) => {}
            Err(error) => {
                other.get_or_insert(error);
            }
        }
    }
    let locked = UnpackError::Locked { what: "the PKCS#12 file".to_owned(), tried: passwords.len() };
    Err(other.map_or(locked, UnpackError::Pkcs12))
}

fn of_pkcs12(opened: pkcs12::Opened, position: usize) -> Unpacked {
    let mut unpacked = Unpacked {
        revocation_lists: opened.revocation_lists,
        keys: opened
            .keys
            .into_iter()
            .map(|(alias, key)| FoundKey { alias, place: "the private key".to_owned(), key })
            .collect(),
        opened_with: Some(position),
        ..Unpacked::default()
    };
    for (name, der) in opened.certificates {
        unpacked.take_certificate(&der, &name.unwrap_or_else(|| "a certificate".to_owned()));
    }
    unpacked.damaged.extend(opened.unusable.into_iter().map(|why| ("a private key".to_owned(), why)));
    unpacked
}

impl Unpacked {
    fn take_certificate(&mut self, der: &[u8], which: &str) {
        match Certificate::parse(der) {
            Ok(certificate) => self.certificates.push(certificate),
            Err(error) => self.damaged.push((which.to_owned(), error.to_string())),
        }
    }
}

fn from_java_keystore(
    bytes: &[u8],
    passwords: &[&str],
    wanted: Wanted,
    budget: &mut Budget,
) -> Result<Unpacked, UnpackError> {
    let store = JavaKeystore::read(bytes).map_err(UnpackError::Keystore)?;
    let what = || format!("the Java keystore ({})", store.kind);
    let position = passwords.iter().position(|password| java_keystore::is_password(&store, password));
    let mut unpacked = Unpacked { opened_with: position, ..Unpacked::default() };
    let locked = || UnpackError::Locked { what: what(), tried: passwords.len() };
    if wanted == Wanted::Everything {
        position.ok_or_else(locked)?;
        let keys = java_keystore::keys(&store, passwords, budget).map_err(|(alias, error)| match error {
            PasswordError::Wrong => UnpackError::KeyLocked { alias },
            why => UnpackError::Sealed { what: what(), why },
        })?;
        for found in keys {
            match found.key {
                Ok(key) => {
                    let place = format!("the key {}", found.alias);
                    unpacked.keys.push(FoundKey { alias: Some(found.alias), place, key });
                }
                Err(why) => unpacked.damaged.push((format!("the key {}", found.alias), why)),
            }
        }
    }
    // Certificates are open to anybody: without the password, nobody says that they are those of the store's maker.
    for entry in &store.entries {
        let certificates = match &entry.content {
            Content::Key { chain, .. } => chain.as_slice(),
            Content::Trusted(certificate) => std::slice::from_ref(certificate),
        };
        certificates.iter().for_each(|certificate| unpacked.take_certificate(certificate.der, &entry.alias));
    }
    unpacked.damaged.extend(store.fault.map(|fault| (what(), fault.to_string())));
    Ok(unpacked)
}

fn from_bag(
    form: &Form<'_>,
    passwords: &[&str],
    wanted: Wanted,
    budget: &mut Budget,
) -> Result<Unpacked, UnpackError> {
    let bag = bag::of(form)?;
    let mut unpacked = of_bag(&bag);
    if wanted == Wanted::Everything && !bag.private_keys.is_empty() {
        let mut opening = Opening { passwords, budget, opened_with: None };
        for held in held_keys(form) {
            let key = opening.key(&held)?;
            unpacked.keys.push(FoundKey { alias: None, place: held.what, key });
        }
        unpacked.opened_with = opening.opened_with;
    }
    Ok(unpacked)
}

fn of_bag(bag: &Bag) -> Unpacked {
    let mut unpacked = Unpacked { damaged: bag.damaged.clone(), ..Unpacked::default() };
    for item in &bag.items {
        match &item.what {
            What::Certificate(certificate) => unpacked.certificates.push(certificate.clone()),
            What::Request(request) => unpacked.requests.push(request.der.clone()),
            What::RevocationList(der) => unpacked.revocation_lists.push(der.clone()),
            What::PublicKey(key) => unpacked.public_keys.push(key.spki_der.clone()),
            What::Key(_) | What::Other | What::Damaged(_) => {}
        }
    }
    unpacked
}

/// A private key as it lies in a file.
struct Held {
    what: String,
    der: Zeroizing<Vec<u8>>,
    headers: Vec<(String, String)>,
}

fn held_keys(form: &Form<'_>) -> Vec<Held> {
    let of_piece = |Piece { label, line, headers, content }: &Piece| {
        let der = content.as_ref().ok().filter(|_| label.ends_with("PRIVATE KEY"))?;
        let what = format!("the {label} of line {line}");
        Some(Held { what, der: Zeroizing::new(der.clone()), headers: headers.clone() })
    };
    let is_key = |element: &Element<'_>| PrivateKeyStructure::of(*element).is_ok();
    let of_element = |element: Element<'_>| Held {
        what: "the private key".to_owned(),
        der: Zeroizing::new(element.whole.to_vec()),
        headers: Vec::new(),
    };
    match form {
        Form::Pem(pieces) => pieces.iter().filter_map(of_piece).collect(),
        Form::Octets(octets) => {
            let elements = Reader::new(octets).all().unwrap_or_default();
            elements.into_iter().filter(is_key).map(of_element).collect()
        }
    }
}

struct Opening<'p> {
    passwords: &'p [&'p str],
    /// One for all keys: a file may have thousands.
    budget: &'p mut Budget,
    opened_with: Option<usize>,
}

impl Opening<'_> {
    fn key(&mut self, held: &Held) -> Result<LooseKey, UnpackError> {
        let unreadable = |why| UnpackError::Key { what: held.what.clone(), why };
        if let Some(encryption) = LegacyEncryption::of(&held.headers) {
            let unknown = |error: notafter_cert::x509::UnknownLegacyEncryption| {
                let why = PasswordError::Unknown(error.to_string());
                UnpackError::Sealed { what: held.what.clone(), why }
            };
            let encryption = encryption.map_err(unknown)?;
            return self.opened(held, |password, _| password::open_legacy(&encryption, &held.der, password));
        }
        match PrivateKeyStructure::read(&held.der) {
            Ok(PrivateKeyStructure::Encrypted(key)) => self.opened(held, |password, budget| {
                password::open(&key.encryption, &key.ciphertext.bytes, password, budget)
            }),
            _ => LooseKey::from_der(&held.der).map_err(unreadable),
        }
    }

    /// With the first of the passwords that gives a key.
    fn opened(
        &mut self,
        held: &Held,
        open: impl Fn(&str, &mut Budget) -> Result<Zeroizing<Vec<u8>>, PasswordError>,
    ) -> Result<LooseKey, UnpackError> {
        for (password, position) in self.passwords.iter().zip(0..) {
            match open(password, self.budget).map(|plain| LooseKey::from_der(&plain)) {
                Ok(Ok(key)) => {
                    self.opened_with = Some(position);
                    return Ok(key);
                }
                Ok(Err(why @ KeyError::Inconsistent)) => {
                    return Err(UnpackError::Key { what: held.what.clone(), why });
                }
                // What comes out under a wrong password is no key.
                Ok(Err(_)) | Err(PasswordError::Wrong) => {}
                Err(why) => return Err(UnpackError::Sealed { what: held.what.clone(), why }),
            }
        }
        Err(UnpackError::Locked { what: held.what.clone(), tried: self.passwords.len() })
    }
}
