//! Signed certificate timestamps (RFC 6962 section 3.2).

use std::fmt;

use notafter_cert::der::{Broken, Fault, Field};
use notafter_cert::x509::extension::SerializedSct;
use notafter_cert::{Time, base64};

/// The identity of a log: SHA-256 of its public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId([u8; 32]);

impl LogId {
    /// From the 32 bytes of the digest.
    #[must_use]
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Of a public key, as a SubjectPublicKeyInfo.
    #[must_use]
    pub fn of_key(spki: &[u8]) -> Self {
        Self(sha256(spki))
    }

    /// The 32 bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut octets = [0; 32];
    octets.copy_from_slice(digest.as_ref());
    octets
}

/// In base64, as log lists write it.
impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64::encode(&self.0))
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogId({self})")
    }
}

/// A hash and a kind of signature, by their numbers (RFC 5246 section 7.4.1.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// The hash: 4 is SHA-256.
    pub hash: u8,
    /// The kind: 1 is RSA, 3 is ECDSA.
    pub signature: u8,
}

impl Algorithm {
    /// RSA with SHA-256.
    pub const RSA_SHA256: Self = Self { hash: 4, signature: 1 };
    /// ECDSA with SHA-256.
    pub const ECDSA_SHA256: Self = Self { hash: 4, signature: 3 };
}

/// The promise of a log to publish a certificate, taken apart: each field is its value, or what is wrong with it and where.
#[derive(Clone, Debug)]
pub struct Sct<'a> {
    /// All of its octets.
    pub octets: &'a [u8],
    /// `sct_version`: 0 is version 1, the only one in use. What follows is read as version 1 whatever stands here.
    pub version: Field<u8>,
    /// `id`: which log.
    pub log: Field<LogId>,
    /// `timestamp`, in milliseconds since 1970.
    pub timestamp: Field<u64>,
    /// `extensions`, without their length.
    pub extensions: Field<&'a [u8]>,
    /// How it is signed.
    pub algorithm: Field<Algorithm>,
    /// The signature.
    pub signature: Field<&'a [u8]>,
    /// What follows the signature, where something does.
    pub surplus: Option<Fault>,
    extensions_at: usize,
}

impl<'a> Sct<'a> {
    /// Takes one promise apart. Never fails: where there is nothing, each field says so.
    #[must_use]
    pub fn of(serialized: SerializedSct<'a>) -> Self {
        let mut rest = Rest { octets: serialized.octets, at: serialized.at };
        let version = rest.array("sct_version").map(|[version]| version);
        let log = rest.array("id").map(LogId);
        let timestamp = rest.array("timestamp").map(u64::from_be_bytes);
        let extensions_at = rest.at + 2;
        let extensions = rest.vector("extensions");
        let algorithm = rest.array("algorithm").map(|[hash, signature]| Algorithm { hash, signature });
        let signature = rest.vector("signature");
        let surplus = (!rest.octets.is_empty())
            .then(|| Fault::new(rest.at, Broken::Trailing(rest.octets.len())))
            .filter(|_| signature.is_ok());
        Self {
            octets: serialized.octets,
            version,
            log,
            timestamp,
            extensions,
            algorithm,
            signature,
            surplus,
            extensions_at,
        }
    }

    /// When the log promised.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        let millis = i64::try_from(self.timestamp.ok()?).unwrap_or(i64::MAX);
        Some(Time::from_micros(millis.saturating_mul(1000)))
    }

    /// Where the certificate stands in a log that says so at once (C2SP static-ct-api, `leaf_index`).
    #[must_use]
    pub fn leaf_index(&self) -> Option<Field<u64>> {
        const LEAF_INDEX: u8 = 0;
        let mut rest = Rest { octets: self.extensions.ok()?, at: self.extensions_at };
        while !rest.octets.is_empty() {
            let at = rest.at;
            let extension =
                rest.array("extension_type").and_then(|[kind]| Ok((kind, rest.vector("extension_data")?)));
            match extension {
                Ok((LEAF_INDEX, data)) => return Some(uint40(data, at)),
                Ok(_) => {}
                Err(fault) => return Some(Err(fault)),
            }
        }
        None
    }

    /// The first thing that is wrong with it.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let fields = [
            self.version.err(),
            self.log.err(),
            self.timestamp.err(),
            self.extensions.err(),
            self.algorithm.err(),
            self.signature.err(),
            self.surplus,
        ];
        fields.into_iter().flatten().next()
    }
}

fn uint40(data: &[u8], at: usize) -> Field<u64> {
    let wrong = Fault::value(at, "a leaf_index that has not five octets");
    let octets = <[u8; 5]>::try_from(data).map_err(|_| wrong)?;
    Ok(octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

/// What is left of the octets, and where it begins in the document.
struct Rest<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    /// The next octets; where there are fewer, nothing is left for the fields that follow.
    fn take(&mut self, count: usize, name: &'static str) -> Field<&'a [u8]> {
        let (at, left) = (self.at, self.octets.len());
        let (taken, rest) = self.octets.split_at_checked(count).unwrap_or((self.octets, &[]));
        (self.octets, self.at) = (rest, at + taken.len());
        match left {
            _ if taken.len() == count => Ok(taken),
            0 => Err(Fault::new(at, Broken::Missing(name))),
            _ => Err(Fault::new(at, Broken::Truncated { needed: count, left })),
        }
    }

    fn array<const N: usize>(&mut self, name: &'static str) -> Field<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, name)?);
        Ok(array)
    }

    /// What a length of two octets announces.
    fn vector(&mut self, name: &'static str) -> Field<&'a [u8]> {
        let length = u16::from_be_bytes(self.array(name)?);
        self.take(length.into(), name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENSIONS: [u8; 8] = [0, 0, 5, 0, 0x32, 0xb9, 0xdb, 0x38];

    fn octets(extensions: &[u8], signature: &[u8]) -> Vec<u8> {
        let vector = |part: &[u8]| [&u16::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat();
        let head = [&[0][..], &[7; 32], &1_700_000_000_123_u64.to_be_bytes()].concat();
        [head, vector(extensions), vec![4, 3], vector(signature)].concat()
    }

    fn read(octets: &[u8]) -> Sct<'_> {
        Sct::of(SerializedSct { octets, at: 100 })
    }

    #[test]
    fn every_field_is_read() {
        let octets = octets(&EXTENSIONS, &[1, 2, 3]);
        let sct = read(&octets);
        assert_eq!(sct.fault(), None);
        assert_eq!((sct.version, sct.log), (Ok(0), Ok(LogId([7; 32]))));
        assert_eq!(format!("{:?}", sct.time().unwrap()), "2023-11-14T22:13:20.123Z");
        assert_eq!(sct.leaf_index(), Some(Ok(851_041_080)));
        assert_eq!(sct.algorithm, Ok(Algorithm::ECDSA_SHA256));
        assert_eq!(sct.signature, Ok(&[1, 2, 3][..]));
    }

    #[test]
    fn what_is_cut_short_says_where_and_keeps_what_came_before() {
        let whole = octets(&[], &[1, 2, 3]);
        let table = [
            (0, "byte 100: sct_version is missing"),
            (1, "byte 101: id is missing"),
            (20, "byte 101: cut short: 32 bytes announced, 19 there"),
            (33, "byte 133: timestamp is missing"),
            (41, "byte 141: extensions is missing"),
            (43, "byte 143: algorithm is missing"),
            (46, "byte 145: cut short: 2 bytes announced, 1 there"),
            (47, "byte 147: signature is missing"),
            (49, "byte 147: cut short: 3 bytes announced, 2 there"),
        ];
        for (length, fault) in table {
            assert_eq!(read(&whole[..length]).fault().unwrap().to_string(), fault, "{length}");
        }
        assert_eq!(read(&whole[..49]).algorithm, Ok(Algorithm::ECDSA_SHA256));
        let more = [&whole[..], &[9]].concat();
        assert_eq!(read(&more).fault().unwrap().to_string(), "byte 150: 1 bytes too many");
    }

    #[test]
    fn extensions_that_are_none_are_told_apart_from_none() {
        let table: [(&[u8], Option<&str>); 4] = [
            (&[], None),
            (&[9, 0, 1, 7], None),
            (&[0, 0, 4, 0, 0, 0, 1], Some("byte 143: a leaf_index that has not five octets")),
            (&[9, 0, 9, 7], Some("byte 146: cut short: 9 bytes announced, 1 there")),
        ];
        for (extensions, fault) in table {
            let octets = octets(extensions, &[1]);
            let found = read(&octets).leaf_index().map(|index| index.unwrap_err().to_string());
            assert_eq!(found.as_deref(), fault, "{extensions:?}");
        }
    }

    #[test]
    fn an_instant_beyond_all_calendars_is_the_last_one() {
        let mut octets = octets(&[], &[1]);
        octets[33..41].fill(0xff);
        assert_eq!(read(&octets).time(), Some(Time::from_micros(i64::MAX)));
    }
}
