//! Java's own keystores, JKS and JCEKS: aliases, dates, certificates and sealed keys. There is no document but the source
//! (OpenJDK, `sun.security.provider.JavaKeyStore` and `com.sun.crypto.provider.JceKeyStore`). The digest at the end needs
//! the password: `keys` checks it.

use std::fmt;

use super::EncryptedPrivateKeyInfo;
use crate::Time;
use crate::der::{Broken, Fault, Field, Reader, Tag};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JKS: keys under SHA-1.
    Jks,
    /// JCEKS: keys under triple DES, and secret keys beside them.
    Jceks,
}

/// The length of the digest at the end: SHA-1.
const DIGEST: usize = 20;

/// A keystore taken apart.
#[derive(Clone, Debug)]
pub struct JavaKeystore<'a> {
    /// JKS or JCEKS.
    pub kind: Kind,
    /// 1 or 2.
    pub version: u32,
    /// How many entries it says that it has.
    pub announced: u32,
    /// The entries that could be read.
    pub entries: Vec<Entry<'a>>,
    /// Why there are fewer than it says.
    pub fault: Option<Fault>,
    /// What the digest is over, beside the password.
    pub digested: &'a [u8],
    /// The digest.
    pub digest: &'a [u8],
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Its name.
    pub alias: String,
    /// When it was put in.
    pub made: Time,
    /// What it is.
    pub content: Content<'a>,
    /// Where it begins in the file, in bytes.
    pub at: usize,
}

/// What an entry is.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// A private key under its password, and its chain, leaf first.
    Key {
        /// The sealed key.
        sealed: Field<EncryptedPrivateKeyInfo<'a>>,
        /// The chain.
        chain: Vec<StoredCertificate<'a>>,
    },
    /// A certificate that is trusted.
    Trusted(StoredCertificate<'a>),
}

/// A certificate in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCertificate<'a> {
    /// `X.509`, in any file that was ever seen.
    pub kind: String,
    /// Its octets.
    pub der: &'a [u8],
    /// Where they begin in the file.
    pub at: usize,
}

impl Kind {
    /// The kind that begins with these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xfe, 0xed, 0xfe, 0xed, ..] => Some(Self::Jks),
            [0xce, 0xce, 0xce, 0xce, ..] => Some(Self::Jceks),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jks => "JKS",
            Self::Jceks => "JCEKS",
        })
    }
}

impl<'a> JavaKeystore<'a> {
    /// Of a file's bytes. Entries are read up to the first that cannot be: nothing says where the next would begin.
    ///
    /// # Errors
    /// When it begins as neither kind does, has a version that is not known, or is too short for its digest.
    pub fn read(bytes: &'a [u8]) -> Field<Self> {
        let kind = Kind::of(bytes).ok_or(Fault::value(0, "not the beginning of a Java keystore"))?;
        let short = Broken::Truncated { needed: 12 + DIGEST, left: bytes.len() };
        let cut = bytes.len().checked_sub(DIGEST).filter(|cut| *cut >= 12).ok_or(Fault::new(0, short))?;
        let (digested, digest) = bytes.split_at(cut);
        let mut cursor = Cursor { rest: digested, at: 0 };
        let _magic = cursor.number("a mark")?;
        let version = cursor.number("a version")?;
        if !matches!(version, 1 | 2) {
            return Err(Fault::value(4, "a version of Java's keystore that is not known"));
        }
        let announced = cursor.number("a count of entries")?;
        let mut store = Self { kind, version, announced, entries: Vec::new(), fault: None, digested, digest };
        for _ in 0..announced {
            match cursor.entry(version) {
                Ok(entry) => store.entries.push(entry),
                Err(fault) => {
                    store.fault = Some(fault);
                    return Ok(store);
                }
            }
        }
        if !cursor.rest.is_empty() {
            store.fault = Some(Fault::new(cursor.at, Broken::Trailing(cursor.rest.len())));
        }
        Ok(store)
    }
}

/// Reads as Java's DataInputStream writes: numbers are big-endian, texts carry their length.
struct Cursor<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Field<&'a [u8]> {
        let truncated = Broken::Truncated { needed: count, left: self.rest.len() };
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Fault::new(self.at, truncated))?;
        self.rest = rest;
        self.at += count;
        Ok(taken)
    }

    fn number(&mut self, missing: &'static str) -> Field<u32> {
        let fault = Fault::new(self.at, Broken::Missing(missing));
        let bytes = self.take(4).map_err(|_| fault)?;
        bytes.try_into().map(u32::from_be_bytes).map_err(|_| fault)
    }

    fn text(&mut self) -> Field<String> {
        let length = self.take(2)?;
        let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        self.take(length).map(modified_utf8)
    }

    fn sized(&mut self, missing: &'static str) -> Field<&'a [u8]> {
        let length = self.number(missing)?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn entry(&mut self, version: u32) -> Field<Entry<'a>> {
        let at = self.at;
        let kind = self.number("an entry")?;
        let alias = self.text()?;
        let made = self.take(8)?.iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
        let made = Time::from_micros(made.saturating_mul(1_000));
        let content = match kind {
            1 => Content::Key { sealed: self.sealed()?, chain: self.chain(version)? },
            2 => Content::Trusted(self.certificate(version)?),
            3 => return Err(Fault::value(at, "a secret key of Java's, which does not say where it ends")),
            _ => return Err(Fault::value(at, "an entry of a kind that is not known")),
        };
        Ok(Entry { alias, made, content, at })
    }

    /// The outer result is about the file, the inner one about the key in it.
    fn sealed(&mut self) -> Field<Field<EncryptedPrivateKeyInfo<'a>>> {
        let der = self.sized("the length of a key")?;
        let begins = self.at - der.len();
        let mut document = Reader::nested(der, begins);
        let element = document.expect(Tag::SEQUENCE, "EncryptedPrivateKeyInfo");
        Ok(element.and_then(EncryptedPrivateKeyInfo::of))
    }

    fn chain(&mut self, version: u32) -> Field<Vec<StoredCertificate<'a>>> {
        let count = self.number("the length of a chain")?;
        let mut chain = Vec::new();
        for _ in 0..count {
            chain.push(self.certificate(version)?);
        }
        Ok(chain)
    }

    fn certificate(&mut self, version: u32) -> Field<StoredCertificate<'a>> {
        let kind = if version == 1 { "X.509".to_owned() } else { self.text()? };
        let der = self.sized("the length of a certificate")?;
        Ok(StoredCertificate { kind, der, at: self.at - der.len() })
    }
}

/// Java's own UTF-8: zero has two bytes, and letters beyond the first plane are two surrogates of three bytes each.
fn modified_utf8(bytes: &[u8]) -> String {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let low = |byte: &u8| u16::from(byte & 0x3f);
        let (unit, left) = match (first, after) {
            (0..=0x7f, left) => (u16::from(*first), left),
            (0xc0..=0xdf, [second, left @ ..]) => (u16::from(first & 0x1f) << 6 | low(second), left),
            (0xe0..=0xef, [second, third, left @ ..]) => {
                (u16::from(first & 0x0f) << 12 | low(second) << 6 | low(third), left)
            }
            (_, left) => (0xfffd, left),
        };
        units.push(unit);
        rest = left;
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat()
    }

    fn sized(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
    }

    fn store(entries: u8, content: &[u8]) -> Vec<u8> {
        [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, entries][..], content, &[9; DIGEST]].concat()
    }

    fn trusted(alias: &str) -> Vec<u8> {
        [&[0, 0, 0, 2][..], &text(alias), &[0, 0, 0, 0, 0, 0, 3, 0xe8], &text("X.509"), &sized(&[7, 8])]
            .concat()
    }

    #[test]
    fn entries_are_read_with_their_names_and_dates() {
        let bytes = store(2, &[trusted("one"), trusted("two")].concat());
        let read = JavaKeystore::read(&bytes).unwrap();
        assert_eq!(
            (read.kind, read.version, read.fault, read.digest),
            (Kind::Jks, 2, None, &[9; DIGEST][..])
        );
        let aliases: Vec<&str> = read.entries.iter().map(|entry| entry.alias.as_str()).collect();
        assert_eq!((aliases, read.entries[0].made), (vec!["one", "two"], Time::from_unix_seconds(1)));
        let Content::Trusted(certificate) = &read.entries[1].content else { panic!() };
        assert_eq!((certificate.der, &bytes[certificate.at..certificate.at + 2]), (&[7, 8][..], &[7, 8][..]));
    }

    #[test]
    fn damage_ends_the_entries_and_is_told_with_its_place() {
        let table: [(Vec<u8>, &str); 4] = [
            (store(2, &trusted("one")), "byte 42: an entry is missing"),
            (store(1, &[trusted("one"), vec![1]].concat()), "byte 42: 1 bytes too many"),
            (store(1, &trusted("one")[..29]), "byte 40: cut short: 2 bytes announced, 1 there"),
            (
                store(1, &[0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
                "byte 12: a secret key of Java's, which does not say where it ends",
            ),
        ];
        for (bytes, fault) in table {
            assert_eq!(JavaKeystore::read(&bytes).unwrap().fault.unwrap().to_string(), fault);
        }
        assert!(JavaKeystore::read(&store(0, &[])[..31]).is_err());
        assert!(JavaKeystore::read(b"PK\x03\x04").is_err());
        // A count of four thousand million costs nothing.
        let greedy = [&[0xce; 4][..], &[0, 0, 0, 1], &[0xff; 4], &[0; DIGEST]].concat();
        assert_eq!(JavaKeystore::read(&greedy).unwrap().entries.len(), 0);
    }

    #[test]
    fn names_are_read_in_javas_own_letters() {
        let table: [(&[u8], &str); 5] = [
            (b"shop", "shop"),
            (&[0xc0, 0x80], "\0"),
            (&[0xc3, 0xbc], "ü"),
            (&[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], "\u{1f600}"),
            (&[0xff, 0xe2], "\u{fffd}\u{fffd}"),
        ];
        for (bytes, expected) in table {
            assert_eq!(modified_utf8(bytes), expected, "{bytes:02x?}");
        }
    }
}
