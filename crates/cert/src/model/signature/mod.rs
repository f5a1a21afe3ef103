//! Signatures over certificates, requests, CRLs and OCSP answers.

mod modern;
mod pss;

pub(crate) use modern::digest_of;
pub(super) use modern::fitting;

use std::fmt;

use super::public_key::PublicKey;
use crate::der::{Element, Field, Oid, Reader, Tag, oid};
use crate::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// How a certificate is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// The object identifier, dotted.
    pub oid: String,
    /// The usual name, or the object identifier where there is none.
    pub name: String,
    /// Whether its hash is broken: MD2, MD5 or SHA-1.
    pub weak: bool,
}

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// It was checked, and is wrong.
    Wrong,
    /// The algorithm is not known here, or the key does not fit it: it could not be checked.
    Unsupported,
}

/// Algorithms whose hash is broken.
const WEAK: [Oid<'static>; 8] = [
    oid::RSA_MD2,
    oid::RSA_MD4,
    oid::RSA_MD5,
    oid::RSA_SHA1,
    oid::RSA_SHA1_OIW,
    oid::DSA_SHA1,
    oid::ECDSA_SHA1,
    oid::DSA,
];

impl SignatureAlgorithm {
    pub(crate) fn of(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        let is_pss_with_sha1 = algorithm.oid == oid::RSASSA_PSS && pss::hash(algorithm) == Ok(oid::SHA1);
        let name = match algorithm.oid {
            // People know this one under its old name.
            oid::RSA_SHA1_OIW => "RSA with SHA-1".to_owned(),
            oid::RSASSA_PSS => "RSA-PSS".to_owned(),
            other => other.shown(),
        };
        Self { oid: algorithm.oid.to_string(), name, weak: is_pss_with_sha1 || WEAK.contains(&algorithm.oid) }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A signed structure (RFC 5280 section 4.1.1, RFC 2986 section 4): what is signed, how, and the signature.
pub(crate) struct Signed<'a> {
    /// The octets that are signed.
    pub(crate) content: &'a [u8],
    /// How.
    pub(crate) algorithm: AlgorithmIdentifier<'a>,
    /// The signature.
    pub(crate) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes a structure apart that is its content, an algorithm and a signature, whatever follows.
    pub(crate) fn read(structure: &'a [u8]) -> Field<Self> {
        let mut fields = Reader::new(structure).expect(Tag::SEQUENCE, "a signed structure")?.children();
        let content: Element<'a> = fields.element()?;
        let algorithm = AlgorithmIdentifier::read(fields.expect(Tag::SEQUENCE, "signatureAlgorithm")?)?;
        let signature = fields.expect(Tag::BIT_STRING, "signature")?.bit_octets()?;
        Ok(Self { content: content.whole, algorithm, signature })
    }
}

/// Checks the signature of a signed structure with this key. Weak algorithms are checked too, so that a chain that hangs
/// together can be told from one that does not; whether they are acceptable is judged elsewhere.
pub(crate) fn verify(structure: &[u8], key: &PublicKey) -> Result<(), SignatureFault> {
    let signed = Signed::read(structure).map_err(|_| SignatureFault::Unsupported)?;
    let mut document = Reader::new(&key.spki_der);
    let info =
        document.element().and_then(SubjectPublicKeyInfo::read).map_err(|_| SignatureFault::Unsupported)?;
    check(&signed, &info)
}

/// Whether the signature of a signed structure was made by this key.
pub(crate) fn holds(structure: &[u8], key: &SubjectPublicKeyInfo<'_>) -> bool {
    Signed::read(structure).is_ok_and(|signed| check(&signed, key).is_ok())
}

/// Whether the signature of a signed structure may be one of this key: it is, or nobody here can tell.
pub(crate) fn may_be_of(structure: &[u8], key: &SubjectPublicKeyInfo<'_>) -> bool {
    Signed::read(structure).is_ok_and(|signed| check(&signed, key) != Err(SignatureFault::Wrong))
}

/// Checks a signature with a key.
pub(crate) fn check(signed: &Signed<'_>, key: &SubjectPublicKeyInfo<'_>) -> Result<(), SignatureFault> {
    let algorithm = fitting(&signed.algorithm, key)?;
    let holds = algorithm.verify_sig(key.key.bytes, signed.content, signed.signature).is_ok();
    holds.then_some(()).ok_or(SignatureFault::Wrong)
}

#[cfg(test)]
mod tests {
    use crate::lint::Subject;
    use crate::{Certificate, SignatureFault, Time, base64};

    /// Signed by its own key of 512 bits.
    const SHORT: &str = "\
        MIIBbzCCARmgAwIBAgIUZ1Wm7Z92txd69pIt39nQzarl6s8wDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBYTAeFw0yNjExMzAx\
        NzQzMjlaFw0zNjExMjcxNzQzMjlaMAwxCjAIBgNVBAMMAWEwXDANBgkqhkiG9w0BAQEFAANLADBIAkEAuJmA8eU5xWnA9c2uWE5h\
        r84DwOvhqek2CrrEEinHq4u5PGl1OhXxD/a8FQ3pcQ94gFftdu87ePqwmI7XcZzWdwIDAQABo1MwUTAdBgNVHQ4EFgQUB7BhsnO0\
        SLTy7/K6jiAUgjPmhxswHwYDVR0jBBgwFoAUB7BhsnO0SLTy7/K6jiAUgjPmhxswDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0B\
        AQsFAANBAIVtWUrKrmk9G81lNaftm3y5vxES2Zo0S+CjGwuUV+wpYWOkXZ9InVOhgjOxi8WC1e7bG/YolawwInGy8qPq0Fs=";

    #[test]
    fn what_no_library_looks_at_is_not_called_wrong() {
        let der = base64::decode(SHORT).unwrap();
        let certificate = Certificate::parse(&der).unwrap();
        assert_eq!(certificate.is_signed_by(&certificate), Err(SignatureFault::Unsupported));
        assert!(Subject::of(&der, Time::from_unix_seconds(0)).is_root());
    }

    /// aws-lc-rs begins at 2048 bits where SHA-384 or PSS signs, and what it does not look at was called wrong.
    #[test]
    fn a_short_key_is_looked_at_as_far_as_the_algorithm_reaches() {
        use super::{AlgorithmIdentifier, SubjectPublicKeyInfo};
        use crate::der::{Reader, Tag, oid, write};
        let modulus = [&[0_u8, 0x80][..], &[1; 127]].concat();
        let numbers =
            write(Tag::SEQUENCE, &[&write(Tag::INTEGER, &[&modulus]), &write(Tag::INTEGER, &[&[1, 0, 1]])]);
        let kind = write(Tag::SEQUENCE, &[&write(Tag::OID, &[oid::RSA_ENCRYPTION.content()]), &[5, 0]]);
        let spki = write(Tag::SEQUENCE, &[&kind, &write(Tag::BIT_STRING, &[&[0], &numbers])]);
        let key = SubjectPublicKeyInfo::read(Reader::new(&spki).element().unwrap()).unwrap();
        let table = [
            (oid::RSA_SHA256, SignatureFault::Wrong),
            (oid::RSA_SHA384, SignatureFault::Unsupported),
            (oid::RSA_SHA512, SignatureFault::Wrong),
            (oid::RSASSA_PSS, SignatureFault::Unsupported),
            (oid::ECDSA_SHA256, SignatureFault::Wrong),
            (oid::ED448, SignatureFault::Wrong),
        ];
        for (algorithm, expected) in table {
            let encoded = write(Tag::SEQUENCE, &[&write(Tag::OID, &[algorithm.content()])]);
            let algorithm = AlgorithmIdentifier::read(Reader::new(&encoded).element().unwrap()).unwrap();
            let signed = super::Signed { content: b"x", algorithm, signature: &[1; 128] };
            assert_eq!(super::check(&signed, &key), Err(expected), "{}", algorithm.oid.shown());
        }
    }

    /// An ECDSA signature was said to be one that an Ed448 key may have made.
    #[test]
    fn keys_make_signatures_of_their_own_kind_alone() {
        use super::{AlgorithmIdentifier, SubjectPublicKeyInfo};
        use crate::der::{Oid, Reader, Tag, oid, write};
        let fault = |algorithm: Oid<'_>, kind: Oid<'_>| {
            let encoded = |oid: Oid<'_>| write(Tag::SEQUENCE, &[&write(Tag::OID, &[oid.content()])]);
            let spki = write(Tag::SEQUENCE, &[&encoded(kind), &write(Tag::BIT_STRING, &[&[0], &[7; 57]])]);
            let key = SubjectPublicKeyInfo::read(Reader::new(&spki).element().unwrap()).unwrap();
            let algorithm = encoded(algorithm);
            let algorithm = AlgorithmIdentifier::read(Reader::new(&algorithm).element().unwrap()).unwrap();
            super::check(&super::Signed { content: b"x", algorithm, signature: &[1; 64] }, &key)
        };
        for kind in [oid::ED448, oid::DSA, oid::X25519, oid::X448, oid::SLH_DSA_SHA2_128S] {
            assert_eq!(fault(oid::ECDSA_SHA256, kind), Err(SignatureFault::Wrong), "{}", kind.shown());
        }
        assert_eq!(fault(oid::ED448, oid::ED448), Err(SignatureFault::Unsupported));
        assert_eq!(fault(oid::DSA_SHA256, oid::DSA), Err(SignatureFault::Unsupported));
    }
}
