//! Signatures over certificates, requests, CRLs and OCSP answers.

mod modern;
mod pss;

use std::fmt;

use super::public_key::PublicKey;
use crate::der::{Element, Field, Integer, Oid, Reader, Tag, oid};
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

/// The hash of RSASSA-PSS, where its parameters are of those that are used.
pub(crate) fn pss_hash<'a>(algorithm: &AlgorithmIdentifier<'a>) -> Option<Oid<'a>> {
    pss::hash(algorithm).ok()
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
    if modern::never_made_by(&signed.algorithm, key) {
        return Err(SignatureFault::Wrong);
    }
    // aws-lc-rs does not look at RSA keys beyond these sizes, and a signature that is not looked at is not wrong.
    let is_beyond = |modulus: Integer<'_>| !(1024..=8192).contains(&modulus.bit_length());
    if key.rsa().is_some_and(|numbers| numbers.map_or(true, |(modulus, _)| is_beyond(modulus))) {
        return Err(SignatureFault::Unsupported);
    }
    let algorithm = modern::fitting(&signed.algorithm, key).ok_or(SignatureFault::Unsupported)?;
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
}
