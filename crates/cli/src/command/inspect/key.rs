//! What is under a password, opened as far as it is needed to tell what belongs to what: nothing secret is kept.

use notafter_cert::Trouble;
use notafter_cert::inspect::{Kind, Object};
use notafter_cert::pem;
use notafter_cert::x509::{LegacyEncryption, PrivateKeyStructure};
use notafter_keys::unpack::{UnpackError, Unpacked, Wanted, unpack_within};
use notafter_keys::{Budget, KeyError, LooseKey};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::opened::OF_EVERYBODY;
use crate::password::Source;
use crate::session::Session;

/// Passwords to try, and the work that may be done with them.
pub(super) struct Passwords {
    tried: Vec<Zeroizing<String>>,
    is_given: bool,
    budget: Budget,
}

/// The work of the whole run, in files that each ask for all that a file may ask for: seconds, whatever is inspected.
const COSTLY_FILES: u64 = 5;

impl Passwords {
    /// The one that is given, else those that everybody has. Nobody is asked: whatever is under a password is shown all the
    /// same, as far as it shows.
    pub(super) fn of(source: Option<&Source>, session: &Session) -> Result<Self, Failure> {
        let tried = match source {
            Some(source) => source.read_all(session)?,
            None => OF_EVERYBODY.map(|password| Zeroizing::new(password.to_owned())).into(),
        };
        let budget = Budget::for_each_of(tried.len()).times(COSTLY_FILES);
        Ok(Self { tried, is_given: source.is_some(), budget })
    }

    fn unpack(&mut self, bytes: &[u8], wanted: Wanted) -> Result<Unpacked, UnpackError> {
        let all: Vec<&str> = self.tried.iter().map(|password| password.as_str()).collect();
        unpack_within(bytes, &all, wanted, &mut self.budget)
    }

    /// Why something was not opened.
    fn told(&self, what: &str, error: &UnpackError) -> String {
        let is_costly = matches!(error.code(), "password.too-slow" | "pkcs12.too-slow");
        match error {
            UnpackError::Locked { .. } if self.is_given => {
                format!("the password given does not open {what}")
            }
            UnpackError::Locked { .. } => {
                format!("{what} is under a password: give it with --password-file to see what belongs to it")
            }
            _ if is_costly && self.budget.is_short_for(self.tried.len()) => {
                format!("{what} was not opened: the work of opening was spent on what came before; inspect it alone")
            }
            error => format!("{what} was not opened: {error}"),
        }
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

pub(super) fn open(object: &Object, passwords: &mut Passwords) -> Opened {
    match object.kind {
        Kind::PrivateKey if object.damage.is_none() => open_key(object, passwords),
        Kind::Pkcs12 => open_container(object, passwords),
        _ => Opened::default(),
    }
}

fn open_key(object: &Object, passwords: &mut Passwords) -> Opened {
    let is_legacy = LegacyEncryption::of(&object.headers).is_some();
    let structure = PrivateKeyStructure::read(&object.octets);
    let is_sealed = is_legacy || structure.as_ref().is_ok_and(|key| key.encryption().is_some());
    if !is_sealed {
        return match LooseKey::from_der(&object.octets) {
            Ok(key) => Opened { spki: half(&key), ..Opened::default() },
            // What is wrong with its structure is told of the object itself.
            Err(error) => {
                let is_told = structure.is_err() || !matches!(error, KeyError::Inconsistent);
                Opened { remark: (!is_told).then(|| error.to_string()), ..Opened::default() }
            }
        };
    }
    let sealed = if is_legacy { with_headers(object).into_bytes() } else { object.octets.clone() };
    match passwords.unpack(&sealed, Wanted::Everything) {
        Ok(unpacked) => {
            Opened { spki: unpacked.keys.first().and_then(|found| half(&found.key)), ..Opened::default() }
        }
        Err(error) => Opened { remark: Some(passwords.told("the private key", &error)), ..Opened::default() },
    }
}

/// The public half that is the key's without doubt: what is written beside a private key may be another's.
fn half(key: &LooseKey) -> Option<Vec<u8>> {
    key.proven_spki_der().map(<[u8]>::to_vec)
}

/// The block as it was in the file: the headers say how it is encrypted.
fn with_headers(object: &Object) -> String {
    let headers: String = object.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    pem::write(&object.label, &object.octets).replacen("-----\n", &format!("-----\n{headers}\n"), 1)
}

/// Certificates and CRLs in it that did not show.
fn open_container(object: &Object, passwords: &mut Passwords) -> Opened {
    match passwords.unpack(&object.octets, Wanted::Everything) {
        Err(error) => Opened { remark: Some(passwords.told("the PKCS#12 file", &error)), ..Opened::default() },
        Ok(unpacked) => {
            let place = |kind, octets: &[u8]| Object { place: object.place, ..Object::alone(kind, octets, None) };
            let certificates = unpacked.certificates.iter().map(|one| place(Kind::Certificate, one.der()));
            let lists = unpacked.revocation_lists.iter().map(|der| place(Kind::RevocationList, der));
            Opened { inside: certificates.chain(lists).collect(), ..Opened::default() }
        }
    }
}
