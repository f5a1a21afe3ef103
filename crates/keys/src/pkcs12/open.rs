//! What lies in a PKCS#12 file, opened part by part under one password and one budget.

use notafter_cert::der::{Octets, Reader};
use notafter_cert::x509::EncryptedPrivateKeyInfo;
use notafter_cert::x509::pkcs12::{BagValue, Part, Pfx, SafeBag, bags};
use zeroize::Zeroizing;

use super::{LARGEST, Pkcs12Error, mac};
use crate::LooseKey;
use crate::password::{self, Budget, PasswordError};

/// What was in a file, each with what people call it.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) certificates: Vec<(Option<String>, Vec<u8>)>,
    pub(crate) revocation_lists: Vec<Vec<u8>>,
    pub(crate) keys: Vec<(Option<String>, LooseKey)>,
    /// Keys that could not be read, and why.
    pub(crate) unusable: Vec<String>,
}

/// Opens all of a file.
///
/// # Errors
/// When the password is another, or the file is damaged, too large, or would take too long to open.
pub(crate) fn open(bytes: &[u8], password: &str, budget: &mut Budget) -> Result<Opened, Pkcs12Error> {
    if bytes.len() > LARGEST {
        return Err(Pkcs12Error::TooLarge(bytes.len()));
    }
    let damaged = |_| Pkcs12Error::NotOpened(1);
    let pfx = Pfx::read(bytes).map_err(damaged)?;
    let safe = pfx.safe.as_ref().map_err(|fault| Pkcs12Error::Unknown(fault.to_string()))?;
    let mut opening = Opening { password, budget, found: Opened::default() };
    if let Some(mac) = &pfx.mac {
        let mac = mac.as_ref().map_err(|_| Pkcs12Error::NotOpened(1))?;
        mac::verify(mac, &safe.bytes, password, opening.budget)?;
    }
    for part in pfx.parts().map_err(damaged)? {
        match part.map_err(damaged)? {
            Part::Plain(contents) => opening.take(contents.reader())?,
            Part::Encrypted { encryption, ciphertext } => {
                let plain = password::open(&encryption, &ciphertext.bytes, password, opening.budget)?;
                opening.take(Reader::new(&plain))?;
            }
            Part::Other(kind) => return Err(Pkcs12Error::Unknown(kind.shown())),
        }
    }
    Ok(opening.found)
}

struct Opening<'p> {
    password: &'p str,
    budget: &'p mut Budget,
    found: Opened,
}

impl Opening<'_> {
    fn take(&mut self, contents: Reader<'_>) -> Result<(), Pkcs12Error> {
        let bags = bags(contents).map_err(|_| Pkcs12Error::NotOpened(1))?;
        bags.into_iter().try_for_each(|bag| self.take_bag(bag))
    }

    fn take_bag(&mut self, bag: SafeBag<'_>) -> Result<(), Pkcs12Error> {
        let damaged = |_| Pkcs12Error::NotOpened(1);
        let name = bag.friendly_name;
        match bag.value {
            BagValue::Key(key) => {
                let der = key.map_err(damaged)?.element.whole;
                self.take_key(name, der);
            }
            BagValue::ShroudedKey(key) => {
                let plain = self.unshroud(&key.map_err(damaged)?)?;
                self.take_key(name, &plain);
            }
            BagValue::Certificate(Ok(Octets { bytes, .. })) => {
                self.found.certificates.push((name, bytes.into_owned()));
            }
            BagValue::RevocationList(Ok(Octets { bytes, .. })) => {
                self.found.revocation_lists.push(bytes.into_owned());
            }
            BagValue::Certificate(Err(fault)) | BagValue::RevocationList(Err(fault)) => {
                return Err(damaged(fault));
            }
            BagValue::Bags(bags) => {
                bags.map_err(damaged)?.into_iter().try_for_each(|bag| self.take_bag(bag))?;
            }
            BagValue::Secret | BagValue::Other(_) => {}
        }
        Ok(())
    }

    fn unshroud(&mut self, key: &EncryptedPrivateKeyInfo<'_>) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
        password::open(&key.encryption, &key.ciphertext.bytes, self.password, self.budget)
    }

    fn take_key(&mut self, name: Option<String>, der: &[u8]) {
        match LooseKey::from_der(der) {
            Ok(key) => self.found.keys.push((name, key)),
            Err(error) => self.found.unusable.push(error.to_string()),
        }
    }
}
