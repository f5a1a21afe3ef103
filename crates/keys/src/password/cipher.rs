//! Ciphers in CBC mode with the padding of PKCS#7, by keys that came from passwords.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, KeyIvInit};
use notafter_cert::x509::Cipher;
use rc2::Rc2;
use zeroize::Zeroizing;

use super::PasswordError;

/// The length of a cipher's key in bytes; `None` where nobody here knows the cipher.
pub(super) const fn key_length(cipher: &Cipher<'_>) -> Option<usize> {
    Some(match cipher {
        Cipher::Aes(128) | Cipher::TripleDesOfTwoKeys | Cipher::Rc2(128) => 16,
        Cipher::Aes(192) | Cipher::TripleDes => 24,
        Cipher::Aes(256) => 32,
        Cipher::Des | Cipher::Rc2(64) => 8,
        Cipher::Rc2(40) => 5,
        _ => return None,
    })
}

pub(super) fn decrypt(
    cipher: &Cipher<'_>,
    key: &[u8],
    iv: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let plain = match cipher {
        Cipher::Aes(bits) => aes(*bits, key, iv, &mut buffer),
        Cipher::TripleDes => block::<des::TdesEde3>(key, iv, &mut buffer),
        Cipher::TripleDesOfTwoKeys => block::<des::TdesEde2>(key, iv, &mut buffer),
        Cipher::Des => block::<des::Des>(key, iv, &mut buffer),
        Cipher::Rc2(bits) => rc2(*bits, key, iv, &mut buffer),
        other => return Err(PasswordError::Unknown(other.to_string())),
    };
    let length = plain.ok_or(PasswordError::Wrong)?;
    buffer.truncate(length);
    Ok(buffer)
}

/// How many bytes are left without the padding.
fn aes(bits: u16, key: &[u8], iv: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let algorithm = match bits {
        128 => &AES_128,
        192 => &AES_192,
        _ => &AES_256,
    };
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
    let iv: [u8; 16] = iv.try_into().ok()?;
    key.decrypt(buffer, DecryptionContext::Iv128(FixedLength::from(iv))).ok().map(|plain| plain.len())
}

fn block<C: KeyInit + BlockCipherDecrypt>(key: &[u8], iv: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let decryptor = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    decryptor.decrypt_padded::<Pkcs7>(buffer).ok().map(<[u8]>::len)
}

/// RC2 has a length of its key, and another that counts (RFC 2268): here both are the same.
fn rc2(bits: u16, key: &[u8], iv: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let cipher = Rc2::new_with_eff_key_len(key, bits.into());
    let decryptor = cbc::Decryptor::<Rc2>::inner_iv_slice_init(cipher, iv).ok()?;
    decryptor.decrypt_padded::<Pkcs7>(buffer).ok().map(<[u8]>::len)
}

/// AES-256.
pub(super) fn encrypt(key: &[u8], iv: [u8; 16], plain: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
    // Room for the padding: a vector that grows leaves a copy behind.
    let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + 16));
    buffer.extend_from_slice(plain);
    key.less_safe_encrypt(&mut *buffer, EncryptionContext::Iv128(FixedLength::from(iv))).ok()?;
    Some(buffer)
}
