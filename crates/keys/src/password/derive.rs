//! Keys from passwords, by every derivation that files of keys have used.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2 as aws};
use md5::{Digest, Md5};
use notafter_cert::der::{Oid, oid};
use notafter_cert::x509::Derivation;
use zeroize::{Zeroize, Zeroizing};

use super::{Budget, PasswordError};

/// A key, and the initialization vector where that is derived as well.
pub(super) struct Derived {
    pub(super) key: Zeroizing<Vec<u8>>,
    pub(super) iv: Option<Zeroizing<Vec<u8>>>,
}

/// Block of DES and RC2: where a vector is derived, the cipher is one of them.
const BLOCK: usize = 8;

pub(super) fn key_and_iv(
    derivation: &Derivation<'_>,
    password: &str,
    length: usize,
    budget: &mut Budget,
) -> Result<Derived, PasswordError> {
    let unknown = || PasswordError::Unknown(derivation.to_string());
    match *derivation {
        Derivation::Pbkdf2 { prf, salt, iterations, .. } => {
            let key = pbkdf2(prf, salt, iterations, password, length, budget)?;
            Ok(Derived { key, iv: None })
        }
        Derivation::Scrypt { salt, cost, block_size, parallelization } => {
            budget.spend(cost.saturating_mul(block_size).saturating_mul(parallelization))?;
            let key =
                scrypt(salt, (cost, block_size, parallelization), password, length).ok_or_else(unknown)?;
            Ok(Derived { key, iv: None })
        }
        Derivation::Pkcs12 { salt, iterations } => {
            budget.spend(iterations)?;
            let sha1 = &digest::SHA1_FOR_LEGACY_USE_ONLY;
            let derive = |purpose, length| pkcs12(sha1, purpose, &bmp(password), salt, iterations, length);
            Ok(Derived { key: derive(Purpose::Key, length), iv: Some(derive(Purpose::Iv, BLOCK)) })
        }
        Derivation::Pbkdf1 { hash, salt, iterations } => {
            budget.spend(iterations)?;
            let both = pbkdf1(hash, salt, iterations, password).ok_or_else(unknown)?;
            let (key, iv) = both.split_at_checked(length).ok_or_else(unknown)?;
            let iv = iv.get(..BLOCK).ok_or_else(unknown)?;
            Ok(Derived { key: key.to_vec().into(), iv: Some(iv.to_vec().into()) })
        }
        Derivation::Jceks { salt, iterations } => {
            budget.spend(iterations)?;
            let both = jceks(salt, iterations, password).ok_or_else(unknown)?;
            let (key, iv) = both.split_at_checked(length).ok_or_else(unknown)?;
            Ok(Derived { key: key.to_vec().into(), iv: Some(iv.to_vec().into()) })
        }
        Derivation::Jks | Derivation::Other(_) => Err(unknown()),
    }
}

/// RFC 8018 section 5.2.
pub(crate) fn pbkdf2(
    prf: Oid<'_>,
    salt: &[u8],
    iterations: u64,
    password: &str,
    length: usize,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    budget.spend(iterations)?;
    let iterations = u32::try_from(iterations).ok().and_then(NonZeroU32::new);
    let iterations = iterations.ok_or_else(|| PasswordError::Unknown("no iteration at all".to_owned()))?;
    if prf == oid::HMAC_SHA224 {
        return Ok(pbkdf2_by(hmac::HMAC_SHA224, salt, iterations, password, length));
    }
    let algorithm = match prf {
        oid::HMAC_SHA1 => aws::PBKDF2_HMAC_SHA1,
        oid::HMAC_SHA256 => aws::PBKDF2_HMAC_SHA256,
        oid::HMAC_SHA384 => aws::PBKDF2_HMAC_SHA384,
        oid::HMAC_SHA512 => aws::PBKDF2_HMAC_SHA512,
        other => return Err(PasswordError::Unknown(format!("PBKDF2 with {}", other.shown()))),
    };
    let mut key = Zeroizing::new(vec![0; length]);
    aws::derive(algorithm, iterations, salt, password.as_bytes(), &mut key);
    Ok(key)
}

/// The same with an HMAC for which the library has no PBKDF2. The caller has counted the work.
fn pbkdf2_by(
    algorithm: hmac::Algorithm,
    salt: &[u8],
    iterations: NonZeroU32,
    password: &str,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let prf = hmac::Key::new(algorithm, password.as_bytes());
    let mut key = Zeroizing::new(Vec::with_capacity(length + 64));
    for number in 1_u32.. {
        if key.len() >= length {
            break;
        }
        let mut last = hmac::sign(&prf, &[salt, &number.to_be_bytes()].concat());
        let mut block = Zeroizing::new(last.as_ref().to_vec());
        for _ in 1..iterations.get() {
            last = hmac::sign(&prf, last.as_ref());
            block.iter_mut().zip(last.as_ref()).for_each(|(sum, octet)| *sum ^= octet);
        }
        key.extend_from_slice(&block);
    }
    key.truncate(length);
    key
}

/// RFC 7914; `None` for parameters that it forbids.
fn scrypt(
    salt: &[u8],
    (cost, block_size, parallelization): (u64, u64, u64),
    password: &str,
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let log_n = cost.is_power_of_two().then(|| cost.trailing_zeros())?;
    let parameters = scrypt::Params::new(
        u8::try_from(log_n).ok()?,
        u32::try_from(block_size).ok()?,
        u32::try_from(parallelization).ok()?,
    );
    let mut key = Zeroizing::new(vec![0; length]);
    scrypt::scrypt(password.as_bytes(), salt, &parameters.ok()?, &mut key).ok()?;
    Some(key)
}

/// What a derivation of PKCS#12 is for (RFC 7292 appendix B.3).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// A password as PKCS#12 has it: UTF-16, big-endian, with a zero at its end (RFC 7292 appendix B.1).
pub(crate) fn bmp(password: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = utf_16(password);
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

/// UTF-16, big-endian. As large at once as it gets, for a vector that grows leaves copies behind.
pub(crate) fn utf_16(password: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(password.len() * 2 + 2));
    password.encode_utf16().for_each(|unit| bytes.extend_from_slice(&unit.to_be_bytes()));
    bytes
}

/// RFC 7292 appendix B.2. The caller has counted the work.
pub(crate) fn pkcs12(
    hash: &'static digest::Algorithm,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u64,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = hash.block_len();
    let filled = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().copied().cycle().take(bytes.len().next_multiple_of(block)).collect()
    };
    let mut input = Zeroizing::new([filled(salt), filled(password)].concat());
    let mut key = Zeroizing::new(Vec::with_capacity(length + hash.output_len()));
    loop {
        let mut context = digest::Context::new(hash);
        context.update(&vec![purpose as u8; block]);
        context.update(&input);
        let mut sum = context.finish();
        for _ in 1..iterations {
            sum = digest::digest(hash, sum.as_ref());
        }
        key.extend_from_slice(sum.as_ref());
        if key.len() >= length {
            key.truncate(length);
            return key;
        }
        for part in input.chunks_mut(block) {
            add_and_one(part, sum.as_ref());
        }
    }
}

/// A block plus another, which is repeated to its length, plus one; what is carried beyond the first byte is lost.
fn add_and_one(part: &mut [u8], other: &[u8]) {
    let repeated: Vec<u8> = other.iter().copied().cycle().take(part.len()).collect();
    let mut carry = 1;
    for (byte, added) in part.iter_mut().zip(&repeated).rev() {
        let sum = u16::from(*byte) + u16::from(*added) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

/// RFC 8018 section 5.1: all that the hash gives, of which key and vector take eight bytes each.
fn pbkdf1(hash: Oid<'_>, salt: &[u8], iterations: u64, password: &str) -> Option<Zeroizing<Vec<u8>>> {
    let once: fn(&[&[u8]]) -> Vec<u8> = match hash {
        oid::MD5 => md5,
        oid::SHA1 => sha1,
        _ => return None,
    };
    let mut key = Zeroizing::new(once(&[password.as_bytes(), salt]));
    for _ in 1..iterations {
        key = Zeroizing::new(once(&[&key]));
    }
    Some(key)
}

pub(super) fn md5(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Md5::new();
    parts.iter().for_each(|part| context.update(part));
    context.finalize().to_vec()
}

/// SHA-1 of parts, one after the other.
pub(crate) fn sha1(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().to_vec()
}

/// Java's derivation for JCEKS: each half of the salt is hashed with the password again and again. Of a salt with two
/// equal halves the first is turned round.
fn jceks(salt: &[u8], iterations: u64, password: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut salt: [u8; BLOCK] = salt.try_into().ok()?;
    let (first, second) = salt.split_at_mut(BLOCK / 2);
    if first == second {
        first.reverse();
    }
    // Passwords of such files are ASCII: Java refuses others.
    let password = Zeroizing::new(password.bytes().map(|byte| byte & 0x7f).collect::<Vec<u8>>());
    let mut both = Zeroizing::new(Vec::with_capacity(32));
    for half in salt.chunks(BLOCK / 2) {
        let mut sum = half.to_vec();
        for _ in 0..iterations {
            sum = md5(&[&sum, &password]);
        }
        both.extend_from_slice(&sum);
        sum.zeroize();
    }
    Some(both)
}

/// `EVP_BytesToKey` with MD5 and one round.
pub(super) fn of_openssl(password: &[u8], salt: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut last = Zeroizing::new(Vec::new());
    while key.len() < length {
        last = Zeroizing::new(md5(&[&last, password, salt]));
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors that Bouncy Castle and Botan both test with: `smeg`, and `queeg`, from the early days of the format.
    #[test]
    fn keys_of_pkcs12_are_those_of_others() {
        let sha1 = &digest::SHA1_FOR_LEGACY_USE_ONLY;
        let derive = |purpose, password, salt: &[u8], iterations, length| {
            notafter_cert::hex(&pkcs12(sha1, purpose, &bmp(password), salt, iterations, length))
        };
        let salt = [0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        assert_eq!(
            derive(Purpose::Key, "smeg", &salt, 1, 24),
            "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"
        );
        assert_eq!(derive(Purpose::Iv, "smeg", &salt, 1, 8), "79993dfe048d3b76");
        let salt = [0x3d, 0x83, 0xc0, 0xe4, 0x54, 0x6a, 0xc1, 0x40];
        assert_eq!(derive(Purpose::Mac, "smeg", &salt, 1, 20), "8d967d88f6caa9d714800ab3d48051d63f73a312");
        let salt = [0x05, 0xde, 0xc9, 0x59, 0xac, 0xff, 0x72, 0xf7];
        assert_eq!(
            derive(Purpose::Key, "queeg", &salt, 1000, 24),
            "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"
        );
    }

    #[test]
    fn a_salt_with_equal_halves_is_turned_as_java_does() {
        let equal = jceks(&[1, 2, 3, 4, 1, 2, 3, 4], 1, "x").unwrap();
        let turned = [md5(&[&[4, 3, 2, 1], b"x"]), md5(&[&[1, 2, 3, 4], b"x"])].concat();
        assert_eq!(&equal[..], turned);
    }
}
