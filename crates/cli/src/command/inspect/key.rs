//! What is under a password, opened as far as it is needed to tell what belongs to what: nothing secret is kept.

use std::path::Path;

use notafter_cert::inspect::{Kind, Object, public_half};
use notafter_cert::pem;
use notafter_cert::x509::{LegacyEncryption, PrivateKeyStructure};
use notafter_keys::LooseKey;
use notafter_keys::unpack::{UnpackError, Unpacked, Wanted, unpack};

use crate::failure::Failure;
use crate::file;

/// What containers have whose owner chose no password: nothing, and what Java's documentation says.
const OF_EVERYBODY: [&str; 2] = ["", "changeit"];

/// Passwords to try.
pub(super) struct Passwords {
    given: Option<String>,
}

impl Passwords {
    fn all(&self) -> Vec<&str> {
        self.given.as_deref().map_or(OF_EVERYBODY.to_vec(), |given| vec![given])
    }
}

/// What opening something has shown.
#[derive(Default)]
pub(super) struct Opened {
    /// The public half of a key.
    pub(super) spki: Option<Vec<u8>>,
    /// What was in a container.
    pub(super) inside: Vec<Object>,
    /// Why it was not opened.
    pub(super) remark: Option<String>,
}

pub(super) fn passwords(path: Option<&Path>) -> Result<Passwords, Failure> {
    let Some(path) = path else { return Ok(Passwords { given: None }) };
    let text = file::read_text(path).map_err(|error| {
        Failure::new(format!("cannot read the password from {}", path.display()), error.hint()).because(format!("it {error}"))
    })?;
    Ok(Passwords { given: Some(text.lines().next().unwrap_or_default().to_owned()) })
}

pub(super) fn open(object: &Object, passwords: &Passwords) -> Opened {
    match object.kind {
        Kind::PrivateKey if object.damage.is_none() => open_key(object, passwords),
        Kind::Pkcs12 => open_container(object, passwords),
        _ => Opened::default(),
    }
}

fn open_key(object: &Object, passwords: &Passwords) -> Opened {
    let is_legacy = LegacyEncryption::of(&object.headers).is_some();
    let structure = PrivateKeyStructure::read(&object.octets);
    let is_sealed = is_legacy || structure.as_ref().is_ok_and(|key| key.encryption().is_some());
    if !is_sealed {
        let shown = structure.ok().and_then(|key| public_half(&key));
        let made = || LooseKey::from_der(&object.octets).ok()?.spki_der().map(<[u8]>::to_vec);
        return Opened { spki: shown.or_else(made), ..Opened::default() };
    }
    let sealed = if is_legacy { with_headers(object).into_bytes() } else { object.octets.clone() };
    match unpack(&sealed, &passwords.all(), Wanted::Everything) {
        Ok(unpacked) => Opened { spki: first_key(&unpacked), ..Opened::default() },
        Err(error) => Opened { remark: Some(told("the private key", &error, passwords)), ..Opened::default() },
    }
}

fn first_key(unpacked: &Unpacked) -> Option<Vec<u8>> {
    unpacked.keys.first()?.key.spki_der().map(<[u8]>::to_vec)
}

/// The block as it was in the file: the headers say how it is encrypted.
fn with_headers(object: &Object) -> String {
    let headers: String = object.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    pem::write(&object.label, &object.octets).replacen("-----\n", &format!("-----\n{headers}\n"), 1)
}

/// Certificates and CRLs in it that did not show.
fn open_container(object: &Object, passwords: &Passwords) -> Opened {
    match unpack(&object.octets, &passwords.all(), Wanted::Everything) {
        Err(error) => Opened { remark: Some(told("the PKCS#12 file", &error, passwords)), ..Opened::default() },
        Ok(unpacked) => {
            let place = |kind, octets: &[u8]| Object { place: object.place, ..Object::alone(kind, octets, None) };
            let certificates = unpacked.certificates.iter().map(|one| place(Kind::Certificate, one.der()));
            let lists = unpacked.revocation_lists.iter().map(|der| place(Kind::RevocationList, der));
            Opened { inside: certificates.chain(lists).collect(), ..Opened::default() }
        }
    }
}

fn told(what: &str, error: &UnpackError, passwords: &Passwords) -> String {
    match error {
        UnpackError::Locked { .. } if passwords.given.is_some() => {
            format!("the password given does not open {what}")
        }
        UnpackError::Locked { .. } => {
            format!("{what} is under a password: give it with --password-file to see what belongs to it")
        }
        error => format!("{what} was not opened: {error}"),
    }
}
