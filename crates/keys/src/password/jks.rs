//! Keys in JKS (OpenJDK, `sun.security.provider.KeyProtector`).

use aws_lc_rs::constant_time;
use zeroize::Zeroizing;

use super::PasswordError;
use super::derive::{sha1, utf_16};

/// The length of SHA-1: of the salt before a key, and of the check behind it.
const SHA1: usize = 20;

/// `KeyProtector`: SHA-1 of the password and what came before it, again and again, laid over the key.
pub(super) fn open(protected: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    let password = utf_16(password);
    let parts = protected.split_at_checked(SHA1);
    let (salt, rest) = parts.ok_or(PasswordError::Wrong)?;
    let cut = rest.len().checked_sub(SHA1).ok_or(PasswordError::Wrong)?;
    let (hidden, check) = rest.split_at(cut);
    let mut plain = Zeroizing::new(Vec::with_capacity(hidden.len()));
    let mut mask = Zeroizing::new(salt.to_vec());
    for part in hidden.chunks(SHA1) {
        mask = Zeroizing::new(sha1(&[&password, &mask]));
        plain.extend(part.iter().zip(mask.iter()).map(|(byte, mask)| byte ^ mask));
    }
    let digest = sha1(&[&password, &plain]);
    match constant_time::verify_slices_are_equal(&digest, check) {
        Ok(()) => Ok(plain),
        Err(_) => Err(PasswordError::Wrong),
    }
}
