//! Certificate signing requests (PKCS#10, RFC 2986).

use super::certificate::{identifier, plain};
use super::public_key::PublicKey;
use super::signature::{self, SignatureFault};
use crate::der::oid;
use crate::x509::{GeneralNames, RequestAnatomy};
use crate::{Identifier, ParseError};

/// What a request asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The bytes, as sent.
    pub der: Vec<u8>,
    /// The subject's distinguished name, safe to print.
    pub subject: String,
    /// The subject's first common name.
    pub common_name: Option<String>,
    /// The names in the requested subjectAltName.
    pub names: Vec<Identifier>,
    /// Entries of it that are neither a DNS name nor an address; safe to print.
    pub other_names: Vec<String>,
    /// The key to be certified.
    pub key: PublicKey,
}

impl Request {
    /// Reads one DER request.
    ///
    /// # Errors
    /// When the bytes are not exactly one request.
    pub fn parse(der: &[u8]) -> Result<Self, ParseError> {
        let anatomy = RequestAnatomy::of(der);
        let broken = |(field, fault)| ParseError::Request(format!("{field}, {fault}"));
        if let Some(fault) = anatomy.faults().first() {
            return Err(broken(*fault));
        }
        let (subject, key) = match (&anatomy.subject, &anatomy.key) {
            (Ok(subject), Ok(key)) => (subject, key),
            (Err(fault), _) => return Err(broken(("subject", *fault))),
            (_, Err(fault)) => return Err(broken(("subjectPKInfo", *fault))),
        };
        let (mut names, mut other_names) = (Vec::new(), Vec::new());
        for name in anatomy.readable::<GeneralNames<'_>>().iter().flat_map(|asked| asked.0.fields()) {
            match identifier(&name) {
                Ok(name) => names.push(name),
                Err(text) => other_names.push(text),
            }
        }
        Ok(Self {
            der: der.to_vec(),
            subject: plain(&subject.to_string()),
            common_name: subject.first(oid::COMMON_NAME).map(|text| plain(&text)),
            names,
            other_names,
            key: PublicKey::read(key),
        })
    }

    /// Whether the asker holds the key: the request is signed with it.
    ///
    /// # Errors
    /// When the signature is wrong, or of a kind that cannot be checked.
    pub fn is_self_signed(&self) -> Result<(), SignatureFault> {
        signature::verify(&self.der, &self.key)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// It was told in the parser's words for programmers: `Parsing Error: Der(UnexpectedTag { ... })`.
    #[test]
    fn what_is_no_request_is_told_in_words() {
        let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let whole = CertificateParams::default().serialize_request(&key).unwrap().der().to_vec();
        let mut damaged = whole.clone();
        damaged[0] = 0x31;
        let why = |der: &[u8]| Request::parse(der).unwrap_err().to_string();
        insta::assert_snapshot!(
            [why(&damaged), why(b""), why(&[0x30; 80]), why(&[whole, vec![0]].concat())].join("\n"),
            @r"
        not a certificate request: the request, byte 0: SET where SEQUENCE must be
        not a certificate request: the request, byte 0: CertificationRequest is missing
        not a certificate request: certificationRequestInfo, byte 2: cut short: 48 bytes announced, 46 there
        not a certificate request: the request, byte 163: 1 bytes too many
        "
        );
    }

    #[test]
    fn names_key_and_signature_of_a_request_are_read() {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["shop.example".into(), "192.0.2.1".into()]).unwrap();
        let request = params.serialize_request(&key).unwrap();
        let read = Request::parse(request.der()).unwrap();
        assert_eq!(read.names, ["shop.example".parse().unwrap(), "192.0.2.1".parse().unwrap()]);
        assert_eq!(read.key.algorithm.to_string(), "ECDSA P-256");
        read.is_self_signed().unwrap();

        let mut forged = request.der().to_vec();
        let at = forged.windows(12).position(|bytes| bytes == b"shop.example").unwrap();
        forged[at] = b'S';
        assert_eq!(Request::parse(&forged).unwrap().is_self_signed(), Err(SignatureFault::Wrong));
    }
}
