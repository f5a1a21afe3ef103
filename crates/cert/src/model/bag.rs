//! A file of unknown making: PEM in any mess, DER, DER as bare base64.
//! PKCS#12 is read in `keys`, which may decrypt.

use super::certificate::{Certificate, ParseError};
use super::csr::Request;
use super::{der, pem};
use crate::{Retry, Trouble, base64};

/// What a file holds, in its order.
#[derive(Clone, Debug, Default)]
pub struct Bag {
    /// Certificates.
    pub certificates: Vec<Certificate>,
    /// Signing requests.
    pub requests: Vec<Request>,
    /// Labels of private keys, whose content only `keys` reads.
    pub private_keys: Vec<String>,
    /// Labels of blocks of another kind.
    pub others: Vec<String>,
    /// What could not be read: which block with which label, and why.
    pub damaged: Vec<(String, String)>,
}

/// A file that holds nothing we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BagError {
    /// No PEM block, and not DER.
    #[error("neither PEM nor DER: no certificate, request or key found")]
    Unknown,
    /// DER of something else.
    #[error("the file is DER, but holds no certificate or request")]
    Der(#[source] ParseError),
}

impl Trouble for BagError {
    fn code(&self) -> &'static str {
        "cert.unknown-container"
    }

    fn hint(&self) -> String {
        "give a PEM or DER file; convert PKCS#7 with `openssl pkcs7 -print_certs`".to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// Reads a file's bytes.
///
/// # Errors
/// When nothing in it is known. What is damaged beside something known is told in [`Bag::damaged`].
pub fn read(bytes: &[u8]) -> Result<Bag, BagError> {
    if bytes.first() == Some(&der::SEQUENCE) {
        return from_der(bytes);
    }
    let blocks = pem::scan(bytes);
    if blocks.is_empty() {
        let text: String = String::from_utf8_lossy(bytes).split_whitespace().collect();
        let decoded = base64::decode(&text).filter(|bytes| bytes.first() == Some(&der::SEQUENCE));
        return decoded.map_or(Err(BagError::Unknown), |bytes| from_der(&bytes));
    }
    let mut bag = Bag::default();
    for (block, number) in blocks.into_iter().zip(1..) {
        match block {
            Ok(block) => bag.take(block, number),
            Err(label) => {
                bag.damaged.push((which(number, &label), "it does not end, or is not base64".to_owned()));
            }
        }
    }
    Ok(bag)
}

/// A block as a person counts it.
fn which(number: usize, label: &str) -> String {
    format!("block {number} ({label})")
}

impl Bag {
    fn take(&mut self, block: pem::Block, number: usize) {
        match block.label.as_str() {
            label if pem::CERTIFICATE_LABELS.contains(&label) => {
                // OpenSSL's TRUSTED CERTIFICATE carries trust settings after the certificate.
                let one = der::first(&block.der).map_or(&block.der[..], |(element, _)| element.whole);
                match Certificate::parse(one) {
                    Ok(certificate) => self.certificates.push(certificate),
                    Err(error) => self.damaged.push((which(number, &block.label), error.to_string())),
                }
            }
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => match Request::parse(&block.der) {
                Ok(request) => self.requests.push(request),
                Err(error) => self.damaged.push((which(number, &block.label), error.to_string())),
            },
            label if label.ends_with("PRIVATE KEY") => self.private_keys.push(block.label),
            _ => self.others.push(block.label),
        }
    }
}

/// One or more DER structures, one after the other.
fn from_der(bytes: &[u8]) -> Result<Bag, BagError> {
    let mut bag = Bag::default();
    let mut rest = bytes;
    while let Some((element, after)) = der::first(rest) {
        rest = after;
        match (Certificate::parse(element.whole), Request::parse(element.whole)) {
            (Ok(certificate), _) => bag.certificates.push(certificate),
            (_, Ok(request)) => bag.requests.push(request),
            (Err(error), _) if bag.certificates.is_empty() => return Err(BagError::Der(error)),
            (Err(error), _) => bag.damaged.push(("DER".to_owned(), error.to_string())),
        }
    }
    if bag.certificates.is_empty() && bag.requests.is_empty() {
        return Err(BagError::Unknown);
    }
    if !rest.is_empty() {
        bag.damaged.push(("DER".to_owned(), format!("{} bytes at the end are not DER", rest.len())));
    }
    Ok(bag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static [u8] {
        &webpki_root_certs::TLS_SERVER_ROOT_CERTS[0]
    }

    #[test]
    fn every_wrapping_of_a_certificate_is_opened() {
        let table = [
            ("DER", root().to_vec()),
            ("PEM", pem::write("CERTIFICATE", root()).into_bytes()),
            ("old label", pem::write("X509 CERTIFICATE", root()).into_bytes()),
            ("with trust", pem::write("TRUSTED CERTIFICATE", &[root(), &[0x30, 0]].concat()).into_bytes()),
            ("bare base64", base64::encode(root()).into_bytes()),
        ];
        for (what, bytes) in table {
            assert_eq!(read(&bytes).unwrap().certificates.len(), 1, "{what}");
        }
        assert_eq!(read(&[root(), root()].concat()).unwrap().certificates.len(), 2);
    }

    #[test]
    fn keys_and_damage_beside_a_certificate_are_told() {
        let text = [
            pem::write("PRIVATE KEY", &[1, 2]),
            pem::write("CERTIFICATE", root()),
            pem::write("CERTIFICATE", &[0x30, 1, 0]),
            pem::write("DH PARAMETERS", &[1]),
        ]
        .concat();
        let bag = read(text.as_bytes()).unwrap();
        assert_eq!(
            (bag.certificates.len(), bag.private_keys, bag.others),
            (1, vec!["PRIVATE KEY".into()], vec!["DH PARAMETERS".into()])
        );
        let damaged: Vec<&str> = bag.damaged.iter().map(|(which, _)| which.as_str()).collect();
        assert_eq!(damaged, ["block 3 (CERTIFICATE)"]);
    }

    #[test]
    fn what_holds_nothing_says_so() {
        assert_eq!(read(b"").unwrap_err(), BagError::Unknown);
        assert_eq!(read(b"hello").unwrap_err(), BagError::Unknown);
        assert!(matches!(read(&[0x30, 3, 2, 1, 1]).unwrap_err(), BagError::Der(_)));
    }
}
