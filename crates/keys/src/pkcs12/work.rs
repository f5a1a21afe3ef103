//! How much work it is to open a PKCS#12 file, known before it is done.
//!
//! Every key in a file may ask for a derivation of its own, and keys may lie in a part that is itself encrypted, where
//! nobody sees them before it is opened. So what today's programs encrypt is opened here first, and looked at; of the old
//! ciphers, only as much is taken as holds a chain.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use zeroize::Zeroizing;

use crate::der;

/// Nested deeper than any structure of RFC 7292.
const DEEPEST: usize = 24;

/// What is encrypted by an old cipher cannot be looked at: more than a chain of certificates is not taken. So much could
/// ask for a hundred derivations.
const LARGEST_UNSEEN: usize = 8 << 10;

const OID: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED: u8 = 0x20;
/// `[0] IMPLICIT OCTET STRING`: the content of an EncryptedContentInfo (RFC 5652 section 6.1).
const ENCRYPTED_CONTENT: u8 = 0x80;

const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
const HMAC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2];
const AES: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1];

/// The iterations of every derivation that can be seen without a password.
pub(super) fn visible(bytes: &[u8]) -> u64 {
    iterations(bytes, DEEPEST)
}

/// The iterations of every derivation that shows once the file is opened with this password; endless where that cannot be
/// known beforehand.
pub(super) fn hidden(bytes: &[u8], password: &str) -> u64 {
    let mut sum = 0_u64;
    each_encrypted(bytes, DEEPEST, &mut |algorithm, content| {
        let work = match Cipher::read(algorithm) {
            Some(cipher) => cipher.open(content, password).map_or(0, |plain| iterations(&plain, DEEPEST)),
            None if content.len() > LARGEST_UNSEEN => u64::MAX,
            None => 0,
        };
        sum = sum.saturating_add(work);
    });
    sum
}

/// The iterations of every key derivation in a DER structure: MAC (RFC 7292 section 4), PBKDF2 and PBES1 (RFC 8018
/// appendix A), scrypt (RFC 7914 section 7) all write salt and count as an OCTET STRING with an INTEGER after it.
fn iterations(der: &[u8], depth: usize) -> u64 {
    let mut sum = 0_u64;
    let mut salted: Option<Vec<u64>> = None;
    for (tag, content) in children(der, depth) {
        match (&mut salted, tag) {
            (Some(numbers), der::INTEGER) if numbers.len() < 3 => numbers.push(count(content)),
            (_, OCTET_STRING) => sum = sum.saturating_add(salted.replace(Vec::new()).map_or(0, cost)),
            _ => sum = sum.saturating_add(salted.take().map_or(0, cost)),
        }
        if tag & CONSTRUCTED != 0 || tag == OCTET_STRING {
            sum = sum.saturating_add(iterations(content, depth - 1));
        }
    }
    sum.saturating_add(salted.map_or(0, cost))
}

/// What the numbers after a salt ask for: a count, with or without a length behind it; N, r and p of scrypt.
fn cost(numbers: Vec<u64>) -> u64 {
    match numbers[..] {
        [n, r, p] => n.saturating_mul(r).saturating_mul(p),
        [count, ..] => count,
        [] => 0,
    }
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

/// Every encrypted content, with the algorithm that stands before it.
fn each_encrypted(der: &[u8], depth: usize, meet: &mut dyn FnMut(&[u8], &[u8])) {
    let mut before = None;
    for (tag, content) in children(der, depth) {
        match (before, tag) {
            (Some(algorithm), ENCRYPTED_CONTENT) => meet(algorithm, content),
            _ if tag & CONSTRUCTED != 0 || tag == OCTET_STRING => each_encrypted(content, depth - 1, meet),
            _ => {}
        }
        before = (tag == der::SEQUENCE).then_some(content);
    }
}

/// The structures one after another; none where it is too deep.
fn children(mut der: &[u8], depth: usize) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, content, rest) = der::any(der).filter(|_| depth > 0)?;
        der = rest;
        Some((tag, content))
    })
}

/// PBES2 with PBKDF2 and AES in CBC mode (RFC 8018 section 6.2), which every program of today writes.
struct Cipher<'a> {
    salt: &'a [u8],
    iterations: NonZeroU32,
    prf: pbkdf2::Algorithm,
    aes: &'static Algorithm,
    iv: [u8; 16],
}

impl<'a> Cipher<'a> {
    /// From the content of an AlgorithmIdentifier; `None` for any other algorithm.
    fn read(algorithm: &'a [u8]) -> Option<Self> {
        let (_, parameters) = named(algorithm, |oid| (oid == PBES2).then_some(()))?;
        let [(der::SEQUENCE, derivation), (der::SEQUENCE, encryption)] = exactly(parameters)? else {
            return None;
        };
        let (_, derivation) = named(derivation, |oid| (oid == PBKDF2).then_some(()))?;
        let mut parts = children(derivation, 1);
        let salt = parts.next().filter(|(tag, _)| *tag == OCTET_STRING)?.1;
        let iterations = parts.next().filter(|(tag, _)| *tag == der::INTEGER)?.1;
        let prf = match parts.find(|(tag, _)| *tag == der::SEQUENCE) {
            None => pbkdf2::PBKDF2_HMAC_SHA1,
            Some((_, prf)) => children(prf, 1).next().and_then(|(_, oid)| prf_of(oid))?,
        };
        let [(OID, cipher), (OCTET_STRING, iv)] = exactly(encryption)? else { return None };
        Some(Self {
            salt,
            iterations: NonZeroU32::new(count(iterations).try_into().ok()?)?,
            prf,
            aes: aes_of(cipher)?,
            iv: iv.try_into().ok()?,
        })
    }

    /// The content, padding included; `None` where the password is another: it is then no structure.
    fn open(&self, content: &[u8], password: &str) -> Option<Zeroizing<Vec<u8>>> {
        let length = match self.aes {
            aes if aes == &AES_128 => 16,
            aes if aes == &AES_192 => 24,
            _ => 32,
        };
        let mut key = Zeroizing::new(vec![0; length]);
        pbkdf2::derive(self.prf, self.iterations, self.salt, password.as_bytes(), &mut key);
        let key = DecryptingKey::cbc(UnboundCipherKey::new(self.aes, &key).ok()?).ok()?;
        let mut plain = Zeroizing::new(content.to_vec());
        key.decrypt(&mut plain, DecryptionContext::Iv128(FixedLength::from(self.iv))).ok()?;
        let (tag, _, padding) = der::any(&plain)?;
        (tag == der::SEQUENCE && padding.len() <= 16).then_some(plain)
    }
}

/// An AlgorithmIdentifier whose OID is known, and its parameters.
fn named<T>(identifier: &[u8], known: impl Fn(&[u8]) -> Option<T>) -> Option<(T, &[u8])> {
    let [(OID, oid), (der::SEQUENCE, parameters)] = exactly(identifier)? else { return None };
    Some((known(oid)?, parameters))
}

fn exactly<const N: usize>(content: &[u8]) -> Option<[(u8, &[u8]); N]> {
    children(content, 1).take(N + 1).collect::<Vec<_>>().try_into().ok()
}

fn prf_of(oid: &[u8]) -> Option<pbkdf2::Algorithm> {
    match oid.strip_prefix(HMAC)? {
        [7] => Some(pbkdf2::PBKDF2_HMAC_SHA1),
        [9] => Some(pbkdf2::PBKDF2_HMAC_SHA256),
        [10] => Some(pbkdf2::PBKDF2_HMAC_SHA384),
        [11] => Some(pbkdf2::PBKDF2_HMAC_SHA512),
        _ => None,
    }
}

fn aes_of(oid: &[u8]) -> Option<&'static Algorithm> {
    match oid.strip_prefix(AES)? {
        [2] => Some(&AES_128),
        [22] => Some(&AES_192),
        [42] => Some(&AES_256),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::cipher::{EncryptionContext, PaddedBlockEncryptingKey};

    use super::*;

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        der::tlv(der::SEQUENCE, &parts.concat()).to_vec()
    }

    fn kdf(numbers: &[&[u8]]) -> Vec<u8> {
        let salt = der::tlv(OCTET_STRING, &[0xaa; 8]);
        let numbers: Vec<u8> =
            numbers.iter().flat_map(|number| der::tlv(der::INTEGER, number).to_vec()).collect();
        sequence(&[&salt, &numbers])
    }

    fn pbes2(iterations: &[u8]) -> Vec<u8> {
        let prf = sequence(&[&der::tlv(OID, &[HMAC, &[9]].concat()), &[5, 0]]);
        let salt = der::tlv(OCTET_STRING, &[0xaa; 8]);
        let derivation = sequence(&[&salt, &der::tlv(der::INTEGER, iterations), &prf]);
        let derivation = sequence(&[&der::tlv(OID, PBKDF2), &derivation]);
        let aes = sequence(&[&der::tlv(OID, &[AES, &[42]].concat()), &der::tlv(OCTET_STRING, &[7; 16])]);
        sequence(&[&der::tlv(OID, PBES2), &sequence(&[&derivation, &aes])])
    }

    /// An EncryptedContentInfo under two iterations and this password.
    fn encrypted(content: &[u8], password: &str) -> Vec<u8> {
        let mut key = [0; 32];
        let two = NonZeroU32::new(2).unwrap();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, two, &[0xaa; 8], password.as_bytes(), &mut key);
        let key =
            PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &key).unwrap()).unwrap();
        let mut content = content.to_vec();
        let iv = EncryptionContext::Iv128(FixedLength::from([7; 16]));
        key.less_safe_encrypt(&mut content, iv).unwrap();
        sequence(&[&der::tlv(OID, &[1]), &pbes2(&[2]), &der::tlv(ENCRYPTED_CONTENT, &content)])
    }

    #[test]
    fn the_work_of_every_derivation_is_counted() {
        let inner = der::tlv(OCTET_STRING, &kdf(&[&[0x27, 0x10]])).to_vec();
        let both = sequence(&[&kdf(&[&[0x08, 0x00]]), &inner]);
        assert_eq!(visible(&both), 2_048 + 10_000);
        assert_eq!(visible(&kdf(&[&[0x7f; 20]])), u64::MAX);
        assert_eq!(visible(&kdf(&[&[0xff]])), 0);
        assert_eq!(visible(&kdf(&[&[0x08, 0x00], &[32]])), 2_048, "the length of the key is no work");
        assert_eq!(visible(&kdf(&[&[0x40, 0x00], &[8], &[16]])), 16_384 * 8 * 16, "scrypt: N, r and p");
        for cut in 0..both.len() {
            assert!(visible(&both[..cut]) <= 12_048);
        }
    }

    /// Thousands of keys in an encrypted part of a small file would be hours of work.
    #[test]
    fn the_work_of_keys_that_show_only_when_opened_is_counted() {
        let bags = vec![kdf(&[&[0x0f, 0x42, 0x40]]); 5_000].concat();
        let file =
            sequence(&[&der::tlv(OCTET_STRING, &encrypted(&der::tlv(der::SEQUENCE, &bags), "changeit"))]);
        assert_eq!(visible(&file), 2, "nothing of it shows");
        assert_eq!(hidden(&file, "changeit"), 5_000 * 1_000_000);
        assert_eq!(hidden(&file, ""), 0, "with another password, nobody finds them");
        let honest = sequence(&[&encrypted(&sequence(&[&kdf(&[&[0x08, 0x00]])]), "")]);
        assert_eq!(hidden(&honest, ""), 2_048);
    }

    #[test]
    fn of_what_cannot_be_looked_at_no_more_than_a_chain_is_taken() {
        let old = |length| {
            let algorithm = sequence(&[&der::tlv(OID, &[1, 2, 3]), &kdf(&[&[8, 0]])]);
            sequence(&[&der::tlv(OID, &[1]), &algorithm, &der::tlv(ENCRYPTED_CONTENT, &vec![0; length])])
        };
        assert_eq!(hidden(&old(LARGEST_UNSEEN), ""), 0);
        assert_eq!(hidden(&old(LARGEST_UNSEEN + 1), ""), u64::MAX);
    }
}
