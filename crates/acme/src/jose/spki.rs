//! The public key bits inside a SubjectPublicKeyInfo (RFC 5280 section 4.1, RFC 5480, RFC 8017 appendix A.1.1).

use super::JwkError;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// What the key is made of.
pub(super) enum KeyBits<'a> {
    P256(&'a [u8]),
    P384(&'a [u8]),
    Rsa { n: &'a [u8], e: &'a [u8] },
}

/// Takes the structure apart; nothing in it is copied.
pub(super) fn read(der: &[u8]) -> Result<KeyBits<'_>, JwkError> {
    let mut outer = Der(der);
    let mut info = Der(outer.element(SEQUENCE)?);
    let mut algorithm = Der(info.element(SEQUENCE)?);
    let bits = info.element(BIT_STRING)?.strip_prefix(&[0]).ok_or(JwkError::NotSpki)?;
    match algorithm.element(OBJECT_IDENTIFIER)? {
        EC_PUBLIC_KEY => match algorithm.element(OBJECT_IDENTIFIER)? {
            PRIME256V1 => Ok(KeyBits::P256(bits)),
            SECP384R1 => Ok(KeyBits::P384(bits)),
            _ => Err(JwkError::Algorithm),
        },
        RSA_ENCRYPTION => {
            let mut outer = Der(bits);
            let mut key = Der(outer.element(SEQUENCE)?);
            Ok(KeyBits::Rsa { n: key.unsigned()?, e: key.unsigned()? })
        }
        _ => Err(JwkError::Algorithm),
    }
}

/// A cursor over definite-length DER with one-byte tags.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn element(&mut self, wanted: u8) -> Result<&'a [u8], JwkError> {
        let (&tag, rest) = self.0.split_first().ok_or(JwkError::NotSpki)?;
        let (&first, mut rest) = rest.split_first().ok_or(JwkError::NotSpki)?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let count = usize::from(first & 0x7f);
            let (digits, after) =
                rest.split_at_checked(count).filter(|_| (1..=3).contains(&count)).ok_or(JwkError::NotSpki)?;
            length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            rest = after;
        }
        let (content, after) = rest.split_at_checked(length).ok_or(JwkError::NotSpki)?;
        self.0 = after;
        if tag == wanted { Ok(content) } else { Err(JwkError::NotSpki) }
    }

    /// A positive INTEGER without its leading zeros.
    fn unsigned(&mut self) -> Result<&'a [u8], JwkError> {
        let content = self.element(INTEGER)?;
        let zeros = content.iter().take_while(|byte| **byte == 0).count();
        if zeros == content.len() { Err(JwkError::NotSpki) } else { Ok(&content[zeros..]) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _outcome = read(&bytes);
        }
    }

    #[test]
    fn a_key_of_another_kind_is_told_apart_from_no_key() {
        let ed25519 =
            [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &[7; 32]]
                .concat();
        assert!(matches!(read(&ed25519), Err(JwkError::Algorithm)));
        assert!(matches!(read(&ed25519[..20]), Err(JwkError::NotSpki)));
    }
}
