//! The few DER structures (X.690) that the cryptographic library does not write or take apart itself.

use notafter_cert::der::{Reader, Tag};
use zeroize::Zeroizing;

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const INTEGER: u8 = 0x02;

/// Tag, length and content. Zeroized, because contents may be secret.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(content.len() + 6));
    out.push(tag);
    match content.len() {
        short @ 0..=127 => out.push(short.to_le_bytes()[0]),
        long => {
            let bytes = long.to_be_bytes();
            let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
            out.push(0x80 | significant.len().to_le_bytes()[0]);
            out.extend_from_slice(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// A non-negative INTEGER from big-endian bytes (X.690 section 8.3: minimal, with a zero byte before a set top bit).
pub(crate) fn unsigned(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let mut content = Zeroizing::new(Vec::with_capacity(significant.len() + 1));
    if significant.first().is_none_or(|byte| byte & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(significant);
    tlv(INTEGER, &content)
}

/// A SEQUENCE of INTEGERs.
pub(crate) fn unsigned_sequence(numbers: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut content = Zeroizing::new(Vec::new());
    for number in numbers {
        content.extend_from_slice(&unsigned(number));
    }
    tlv(SEQUENCE, &content)
}

/// The two INTEGERs of a SEQUENCE, without leading zeros: an RSAPublicKey (RFC 8017 appendix A.1.1).
pub(crate) fn two_unsigned(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut document = Reader::new(der);
    let mut fields = document.expect(Tag::SEQUENCE, "RSAPublicKey").ok()?.children();
    document.finish().ok()?;
    let first = fields.expect(Tag::INTEGER, "modulus").ok()?.integer().ok()?;
    let second = fields.expect(Tag::INTEGER, "publicExponent").ok()?.integer().ok()?;
    fields.finish().ok()?;
    Some((first.magnitude(), second.magnitude()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_minimal_and_never_negative() {
        let table: [(&[u8], &[u8]); 5] = [
            (&[], &[2, 1, 0]),
            (&[0, 0], &[2, 1, 0]),
            (&[1], &[2, 1, 1]),
            (&[0x80], &[2, 2, 0, 0x80]),
            (&[0, 0, 0x7f, 1], &[2, 2, 0x7f, 1]),
        ];
        for (number, der) in table {
            assert_eq!(&unsigned(number)[..], der);
        }
    }

    #[test]
    fn long_contents_read_back() {
        let (n, e) = (vec![0xab; 300], [1, 0, 1]);
        let der = unsigned_sequence(&[&n, &e]);
        assert_eq!(two_unsigned(&der), Some((&n[..], &e[..])));
        assert_eq!(two_unsigned(&der[..der.len() - 1]), None);
        assert_eq!(two_unsigned(&[&der[..], &[0]].concat()), None);
        assert_eq!(two_unsigned(&[SEQUENCE, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1]), None);
    }
}
