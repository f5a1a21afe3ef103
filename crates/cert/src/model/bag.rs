//! A file of unknown making: PEM in any mess, DER, DER as bare base64.
//! PKCS#12 is read in `keys`, which may decrypt; here it is only recognised, as are other containers.

use std::fmt;

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
    /// A container that is not opened here.
    #[error("this is {0}, which is not opened here")]
    Container(Container),
}

/// A container of certificates and keys, as its first bytes tell: names of files are no help, Java writes PKCS#12 into
/// files called `.jks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// PKCS#7, or CMS, as PEM (`.p7b`; RFC 5652 section 5.1).
    Pkcs7Pem,
    /// As [`Container::Pkcs7Pem`], as DER or BER.
    Pkcs7Der,
    /// PKCS#12 (`.p12`, `.pfx`; RFC 7292 section 4).
    Pkcs12,
    /// A Java keystore of Java's own kinds, JKS or JCEKS (`.jks`).
    JavaKeystore,
}

impl Container {
    /// The container that begins with these bytes; PEM is told by its label instead.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
        const VERSION_3: [u8; 3] = [0x02, 0x01, 0x03];
        if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce; 4]) {
            return Some(Self::JavaKeystore);
        }
        // Many of these are BER of indefinite length (X.690 section 8.1.3.6).
        let length = match bytes {
            [der::SEQUENCE, 0..=0x80, ..] => 1,
            [der::SEQUENCE, long @ 0x81..=0x84, ..] => usize::from(long & 0x0f) + 1,
            _ => return None,
        };
        let content = bytes.get(1 + length..)?;
        if content.starts_with(&SIGNED_DATA) {
            Some(Self::Pkcs7Der)
        } else {
            content.starts_with(&VERSION_3).then_some(Self::Pkcs12)
        }
    }

    /// The command that takes the certificates out, for a file called `FILE`.
    #[must_use]
    pub const fn opened_by(self) -> &'static str {
        match self {
            Self::Pkcs7Pem => "openssl pkcs7 -in FILE -print_certs -out chain.pem",
            Self::Pkcs7Der => "openssl pkcs7 -inform DER -in FILE -print_certs -out chain.pem",
            Self::Pkcs12 => "openssl pkcs12 -in FILE -nokeys -out chain.pem",
            Self::JavaKeystore => "keytool -list -rfc -keystore FILE > chain.pem",
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs7Pem | Self::Pkcs7Der => "a PKCS#7 file (.p7b)",
            Self::Pkcs12 => "a PKCS#12 file (.p12, .pfx)",
            Self::JavaKeystore => "a Java keystore (.jks)",
        })
    }
}

impl Trouble for BagError {
    fn code(&self) -> &'static str {
        "cert.unknown-container"
    }

    fn hint(&self) -> String {
        match self {
            Self::Unknown | Self::Der(_) => "name a PEM or DER file with a certificate".to_owned(),
            Self::Container(container) => {
                format!("take the certificates out first: {}", container.opened_by())
            }
        }
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
    if let Some(container) = Container::of(bytes) {
        return Err(BagError::Container(container));
    }
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
    if bag.holds_only_pkcs7() { Err(BagError::Container(Container::Pkcs7Pem)) } else { Ok(bag) }
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

    fn holds_only_pkcs7(&self) -> bool {
        let is_pkcs7 = |label: &String| matches!(label.as_str(), "PKCS7" | "CMS");
        let has_more =
            !(self.certificates.is_empty() && self.requests.is_empty() && self.private_keys.is_empty());
        !has_more && self.damaged.is_empty() && !self.others.is_empty() && self.others.iter().all(is_pkcs7)
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

    /// PKCS#7 was "tag 6 where DER must have tag 16", and a Java keystore nothing at all.
    #[test]
    fn containers_are_told_by_their_first_bytes() {
        let signed_data =
            [&[0x30, 0x82, 1, 0][..], &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]].concat();
        let table = [
            (Container::Pkcs7Der, signed_data.clone()),
            (Container::Pkcs7Der, [&[0x30, 0x80], &signed_data[4..]].concat()),
            (Container::Pkcs7Pem, pem::write("PKCS7", &signed_data).into_bytes()),
            (Container::Pkcs12, vec![0x30, 0x82, 9, 9, 2, 1, 3, 0x30]),
            (Container::Pkcs12, vec![0x30, 0x80, 2, 1, 3, 0x30, 0x80]),
            (Container::JavaKeystore, vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]),
            (Container::JavaKeystore, vec![0xce, 0xce, 0xce, 0xce, 0, 0, 0, 2]),
        ];
        for (container, bytes) in table {
            assert_eq!(read(&bytes).unwrap_err(), BagError::Container(container), "{bytes:02x?}");
        }
        let beside = pem::write("PKCS7", &signed_data) + &pem::write("CERTIFICATE", root());
        assert_eq!(read(beside.as_bytes()).unwrap().certificates.len(), 1);
        assert_eq!(Container::of(&[0x30]), None);
    }

    #[test]
    fn what_holds_nothing_says_so() {
        assert_eq!(read(b"").unwrap_err(), BagError::Unknown);
        assert_eq!(read(b"hello").unwrap_err(), BagError::Unknown);
        assert!(matches!(read(&[0x30, 3, 2, 1, 1]).unwrap_err(), BagError::Der(_)));
    }
}
