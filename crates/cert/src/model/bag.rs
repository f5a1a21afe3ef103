//! A file of unknown making: PEM in any mess, DER, DER as bare base64, PKCS#7 in any of them.
//! PKCS#12 and Java's keystores are read in `keys`, which may decrypt; here they are only recognised.

use std::borrow::Cow;
use std::fmt;

use super::certificate::{Certificate, ParseError};
use super::csr::Request;
use super::pem::{self, Piece};
use super::public_key::PublicKey;
use crate::der::{Element, Field, Reader, Tag};
use crate::x509::pkcs7::SignedData;
use crate::x509::{LegacyEncryption, PrivateKeyStructure, SubjectPublicKeyInfo};
use crate::{Retry, Trouble, base64, path};

/// The octet with which a SEQUENCE begins.
const SEQUENCE: u8 = 0x30;

/// What a file holds, in its order.
#[derive(Clone, Debug, Default)]
pub struct Bag {
    /// Everything in it, each with its place.
    pub items: Vec<Item>,
    /// The certificates among them.
    pub certificates: Vec<Certificate>,
    /// The signing requests among them.
    pub requests: Vec<Request>,
    /// Labels of private keys, whose content only `keys` reads.
    pub private_keys: Vec<String>,
    /// Labels of blocks of another kind.
    pub others: Vec<String>,
    /// What could not be read: which block with which label, and why.
    pub damaged: Vec<(String, String)>,
}

/// One thing in a file.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it stands.
    pub place: Place,
    /// Its PEM label, or the one that it would have.
    pub label: String,
    /// What it is.
    pub what: What,
}

/// Where something stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a PEM block: the how manieth, and the line in which that begins. Both count from one.
    Block {
        /// Its number.
        number: usize,
        /// Its first line.
        line: usize,
    },
    /// At this byte of the file, or of what its base64 says.
    Byte(usize),
}

/// What is found in files.
#[derive(Clone, Debug)]
pub enum What {
    /// A certificate.
    Certificate(Certificate),
    /// A signing request.
    Request(Request),
    /// A private key: what shows of it.
    Key(HeldKey),
    /// A public key by itself.
    PublicKey(PublicKey),
    /// A revocation list, DER.
    RevocationList(Vec<u8>),
    /// Something of another kind.
    Other,
    /// Something that cannot be read, and why.
    Damaged(String),
}

/// A private key, as far as it shows without being opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldKey {
    /// What kind of key: `ECDSA P-256`; `None` where only the password tells, or nobody.
    pub kind: Option<String>,
    /// Its structure: `PKCS#8`.
    pub form: Option<&'static str>,
    /// How it is encrypted, in words; `None` where it is not.
    pub encryption: Option<String>,
    /// Why its structure cannot be read.
    pub fault: Option<String>,
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
    /// PKCS#7, or CMS, as DER or BER (`.p7b`; RFC 5652 section 5.1). It is opened here.
    Pkcs7Der,
    /// PKCS#12 (`.p12`, `.pfx`; RFC 7292 section 4).
    Pkcs12,
    /// A Java keystore of Java's own kinds, JKS or JCEKS (`.jks`).
    JavaKeystore,
}

impl Container {
    /// The container that begins with these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
        const VERSION_3: [u8; 3] = [0x02, 0x01, 0x03];
        if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce; 4]) {
            return Some(Self::JavaKeystore);
        }
        // Many of these are BER of indefinite length (X.690 section 8.1.3.6).
        let length = match bytes {
            [SEQUENCE, 0..=0x80, ..] => 1,
            [SEQUENCE, long @ 0x81..=0x84, ..] => usize::from(long & 0x0f) + 1,
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
        "notafter convert FILE --only fullchain --out chain.pem"
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs7Der => "a PKCS#7 file (.p7b)",
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
    of(&form(bytes))
}

/// As [`read`], of a file whose form is known.
///
/// # Errors
/// As [`read`].
pub fn of(form: &Form<'_>) -> Result<Bag, BagError> {
    match form {
        Form::Pem(pieces) => {
            let mut bag = Bag::default();
            pieces.iter().zip(1..).for_each(|(piece, number)| bag.take(piece, number));
            Ok(bag)
        }
        Form::Octets(octets) => match Container::of(octets) {
            None | Some(Container::Pkcs7Der) if octets.first() == Some(&SEQUENCE) => from_der(octets),
            Some(container) => Err(BagError::Container(container)),
            None => Err(BagError::Unknown),
        },
    }
}

/// How a file is written.
#[derive(Clone, Debug)]
pub enum Form<'a> {
    /// In PEM: its blocks, one at least.
    Pem(Vec<Piece>),
    /// As octets: DER, or a container; those of the file, or those that its base64 says.
    Octets(Cow<'a, [u8]>),
}

/// How a file is written. PEM is PEM whatever stands before it, and in UTF-16, which PowerShell writes.
#[must_use]
pub fn form(file: &[u8]) -> Form<'_> {
    let text = of_utf_16(file).map_or(Cow::Borrowed(file), |text| Cow::Owned(text.into_bytes()));
    let has_block = || text.windows(pem::BEGIN.len()).any(|window| window == pem::BEGIN.as_bytes());
    if !is_binary(file) && has_block() {
        let pieces = pem::pieces(&text);
        if !pieces.is_empty() {
            return Form::Pem(pieces);
        }
    }
    match bare_base64(&text) {
        Some(octets) => Form::Octets(Cow::Owned(octets)),
        None => Form::Octets(Cow::Borrowed(file)),
    }
}

/// Whether a file is DER to its end, or a keystore: text in it is part of something. (`0` in a text is the octet with
/// which DER begins.)
fn is_binary(file: &[u8]) -> bool {
    if Container::of(file) == Some(Container::JavaKeystore) {
        return true;
    }
    let mut document = Reader::new(file.trim_ascii_end());
    let mut is_der = !document.is_empty();
    while is_der && !document.is_empty() {
        is_der = document.element().is_ok_and(|element| element.tag == Tag::SEQUENCE);
    }
    is_der
}

/// A text in UTF-16: with a mark of the order of its octets, or with a zero in every other one.
fn of_utf_16(file: &[u8]) -> Option<String> {
    const ENOUGH: usize = 64;
    let begin = file.get(..file.len().min(ENOUGH) & !1)?;
    let zeros = |odd: usize| begin.chunks(2).all(|pair| pair[odd] == 0 && pair[1 - odd] != 0);
    let unit: fn([u8; 2]) -> u16 = match begin {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [_, _, _, _, ..] if zeros(1) => u16::from_le_bytes,
        [_, _, _, _, ..] if zeros(0) => u16::from_be_bytes,
        _ => return None,
    };
    let units = file.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// DER that somebody pasted without the lines around it.
#[must_use]
pub fn bare_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let text: String = String::from_utf8_lossy(bytes).split_whitespace().collect();
    base64::decode(&text).filter(|bytes| bytes.first() == Some(&SEQUENCE))
}

/// A block as a person counts it.
fn which(number: usize, label: &str) -> String {
    format!("block {number} ({label})")
}

/// The labels of PKCS#7 (RFC 7468 sections 8 and 9, and OpenSSL's own).
const PKCS7_LABELS: [&str; 3] = ["PKCS7", "CMS", "PKCS #7 SIGNED DATA"];

impl Bag {
    /// Takes one thing in, and notes it among those of its kind.
    fn add(&mut self, place: Place, label: &str, what: What) {
        match &what {
            What::Certificate(certificate) => self.certificates.push(certificate.clone()),
            What::Request(request) => self.requests.push(request.clone()),
            What::Key(_) => self.private_keys.push(label.to_owned()),
            What::PublicKey(_) | What::RevocationList(_) | What::Other => self.others.push(label.to_owned()),
            What::Damaged(why) => {
                let which = match place {
                    Place::Block { number, .. } => which(number, label),
                    Place::Byte(_) => "DER".to_owned(),
                };
                self.damaged.push((which, why.clone()));
            }
        }
        self.items.push(Item { place, label: label.to_owned(), what });
    }

    fn take(&mut self, piece: &Piece, number: usize) {
        let place = Place::Block { number, line: piece.line };
        let der = match &piece.content {
            Ok(der) => der.as_slice(),
            Err(damage) => return self.add(place, &piece.label, What::Damaged(damage.to_string())),
        };
        let what = match piece.label.as_str() {
            label if pem::CERTIFICATE_LABELS.contains(&label) => {
                // Microsoft's certificate services write PKCS#7 under this label.
                if Container::of(der) == Some(Container::Pkcs7Der) {
                    return self.take_pkcs7(der, place, label);
                }
                // OpenSSL's TRUSTED CERTIFICATE carries trust settings after the certificate.
                let one = Reader::new(der).element().map_or(der, |first| first.whole);
                Certificate::parse(one).map_or_else(|error| damaged(&error), What::Certificate)
            }
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
                Request::parse(der).map_or_else(|error| damaged(&error), What::Request)
            }
            "X509 CRL" => match Reader::new(der).element() {
                Ok(element) if is_revocation_list(&element) => What::RevocationList(der.to_vec()),
                _ => What::Damaged("not a certificate revocation list".to_owned()),
            },
            "PUBLIC KEY" => public_key(der).map_or_else(|error| damaged(&error), What::PublicKey),
            label if PKCS7_LABELS.contains(&label) => return self.take_pkcs7(der, place, label),
            label if label.ends_with("PRIVATE KEY") => What::Key(HeldKey::of(der, &piece.headers)),
            _ => What::Other,
        };
        self.add(place, &piece.label, what);
    }

    /// The members of a PKCS#7 file, each with its own place where the file is DER.
    fn take_pkcs7(&mut self, der: &[u8], place: Place, label: &str) {
        let data = match SignedData::read(der) {
            Ok(data) => data,
            Err(fault) => return self.add(place, label, damaged(&fault)),
        };
        let at = |element: &Element<'_>| match place {
            Place::Byte(begin) => Place::Byte(begin + element.at),
            block @ Place::Block { .. } => block,
        };
        let before = self.items.len();
        let certificate = |element: &Element<'_>| {
            let read = Certificate::parse(element.whole);
            (at(element), read.map_or_else(|error| damaged(&error), What::Certificate))
        };
        for (place, what) in leaf_first(data.certificates.iter().flatten().map(certificate).collect()) {
            self.add(place, "CERTIFICATE", what);
        }
        for element in data.revocation_lists.iter().flatten() {
            self.add(at(element), "X509 CRL", What::RevocationList(element.whole.to_vec()));
        }
        for (field, fault) in data.faults() {
            self.add(place, label, What::Damaged(format!("{field}, {fault}")));
        }
        if self.items.len() == before {
            self.add(place, label, What::Other);
        }
    }

    /// Whatever one DER structure is; an error where nobody knows.
    fn take_der(&mut self, element: &Element<'_>) -> Result<(), ParseError> {
        let place = Place::Byte(element.at);
        let error = match Certificate::parse(element.whole) {
            Ok(certificate) => {
                self.add(place, "CERTIFICATE", What::Certificate(certificate));
                return Ok(());
            }
            Err(error) => error,
        };
        if let Ok(request) = Request::parse(element.whole) {
            self.add(place, "CERTIFICATE REQUEST", What::Request(request));
        } else if Container::of(element.whole) == Some(Container::Pkcs7Der) {
            self.take_pkcs7(element.whole, place, "PKCS7");
        } else if let Ok(key) = PrivateKeyStructure::of(*element) {
            self.add(place, key.label(), What::Key(HeldKey::shown(&key)));
        } else if is_revocation_list(element) {
            self.add(place, "X509 CRL", What::RevocationList(element.whole.to_vec()));
        } else if let Ok(key) = public_key(element.whole) {
            self.add(place, "PUBLIC KEY", What::PublicKey(key));
        } else {
            return Err(error);
        }
        Ok(())
    }
}

/// A SET has no order: the chain of the one leaf comes first, as elsewhere, where there is one.
fn leaf_first(mut members: Vec<(Place, What)>) -> Vec<(Place, What)> {
    let certificate = |(_, what): &(Place, What)| match what {
        What::Certificate(certificate) => Some(certificate.clone()),
        _ => None,
    };
    let heap: Vec<Certificate> = members.iter().filter_map(certificate).collect();
    if let [leaf] = path::leaves(&heap).as_slice() {
        let chain = path::order(leaf, &heap);
        let place = |one: Certificate| chain.iter().position(|known| *known == one);
        members.sort_by_key(|member| certificate(member).and_then(place).unwrap_or(usize::MAX));
    }
    members
}

fn damaged(error: &dyn std::error::Error) -> What {
    What::Damaged(error.to_string())
}

impl HeldKey {
    /// Of a PEM block of a private key, with its headers.
    fn of(der: &[u8], headers: &[(String, String)]) -> Self {
        let nothing = Self { kind: None, form: None, encryption: None, fault: None };
        match LegacyEncryption::of(headers) {
            Some(Ok(encryption)) => Self { encryption: Some(encryption.to_string()), ..nothing },
            Some(Err(unknown)) => Self { encryption: Some(unknown.to_string()), ..nothing },
            None => match PrivateKeyStructure::read(der) {
                Ok(structure) => Self::shown(&structure),
                Err(fault) => Self { fault: Some(fault.to_string()), ..nothing },
            },
        }
    }

    /// What shows of a structure.
    fn shown(structure: &PrivateKeyStructure<'_>) -> Self {
        Self {
            kind: structure.kind().map(|kind| kind.to_string()),
            form: Some(structure.form()),
            encryption: structure.encryption().map(ToString::to_string),
            fault: None,
        }
    }
}

fn public_key(der: &[u8]) -> Field<PublicKey> {
    let mut document = Reader::new(der);
    let info = SubjectPublicKeyInfo::read(document.expect(Tag::SEQUENCE, "SubjectPublicKeyInfo")?)?;
    document.finish().map(|()| PublicKey::read(&info))
}

/// Whether it has the shape of one (RFC 5280 section 5.1); what is in it is for `revocation` to read.
fn is_revocation_list(element: &Element<'_>) -> bool {
    let shape = || {
        let mut outer = element.sequence()?;
        let mut list = outer.expect(Tag::SEQUENCE, "tbsCertList")?.children();
        outer.expect(Tag::SEQUENCE, "signatureAlgorithm")?;
        outer.expect(Tag::BIT_STRING, "signatureValue")?;
        list.optional(Tag::INTEGER)?;
        list.expect(Tag::SEQUENCE, "signature")?;
        list.expect(Tag::SEQUENCE, "issuer")?;
        list.element()?.moment()
    };
    shape().is_ok()
}

/// One or more DER structures, one after the other.
fn from_der(bytes: &[u8]) -> Result<Bag, BagError> {
    let mut bag = Bag::default();
    let mut document = Reader::new(bytes);
    while document.peek() == Some(Tag::SEQUENCE) {
        let (at, rest) = (document.at(), document.rest());
        let read = match document.element() {
            Ok(element) => bag.take_der(&element),
            Err(_) => Certificate::parse(rest).map(drop),
        };
        match read {
            Err(error) if bag.items.is_empty() => return Err(BagError::Der(error)),
            Err(error) => bag.add(Place::Byte(at), "DER", damaged(&error)),
            Ok(()) => {}
        }
    }
    if !document.is_empty() {
        let why = format!("{} bytes at the end are not DER", document.rest().len());
        bag.add(Place::Byte(document.at()), "DER", What::Damaged(why));
    }
    Ok(bag)
}

/// As people count: `block 2, line 31`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block { number, line } => write!(f, "block {number}, line {line}"),
            Self::Byte(at) => write!(f, "byte {at}"),
        }
    }
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

    /// A Java keystore was nothing at all.
    #[test]
    fn containers_are_told_by_their_first_bytes() {
        let table = [
            (Container::Pkcs12, vec![0x30, 0x82, 9, 9, 2, 1, 3, 0x30]),
            (Container::Pkcs12, vec![0x30, 0x80, 2, 1, 3, 0x30, 0x80]),
            (Container::Pkcs12, base64::encode(&[0x30, 4, 2, 1, 3, 0x30]).into_bytes()),
            (Container::JavaKeystore, vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]),
            (Container::JavaKeystore, vec![0xce, 0xce, 0xce, 0xce, 0, 0, 0, 2]),
        ];
        for (container, bytes) in table {
            assert_eq!(read(&bytes).unwrap_err(), BagError::Container(container), "{bytes:02x?}");
        }
        assert_eq!(Container::of(&[0x30]), None);
    }

    /// A SignedData with these members, and a CRL of the least that one can have.
    fn bundle(certificates: &[&[u8]]) -> Vec<u8> {
        fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
            let content = parts.concat();
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            [&[tag, 0x82], &length[..], &content].concat()
        }
        let (signed_data, data): ([u8; 11], [u8; 11]) = (
            [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2],
            [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1],
        );
        let time = [&[0x17, 13][..], b"260101000000Z"].concat();
        let crl = tlv(0x30, &[&tlv(0x30, &[&[0x30, 0, 0x30, 0], &time]), &[0x30, 0, 3, 1, 0]]);
        let fields = [
            &[2, 1, 1, 0x31, 0][..],
            &tlv(0x30, &[&data]),
            &tlv(0xa0, certificates),
            &tlv(0xa1, &[&crl]),
            &[0x31, 0],
        ];
        tlv(0x30, &[&signed_data, &tlv(0xa0, &[&tlv(0x30, &fields)])])
    }

    /// PKCS#7 was "tag 6 where DER must have tag 16".
    #[test]
    fn pkcs7_is_opened_whatever_it_is_called() {
        let der = bundle(&[root(), root()]);
        let table = [
            der.clone(),
            base64::encode(&der).into_bytes(),
            pem::write("PKCS7", &der).into_bytes(),
            pem::write("CMS", &der).into_bytes(),
            pem::write("CERTIFICATE", &der).into_bytes(),
        ];
        for bytes in table {
            let bag = read(&bytes).unwrap();
            let lists = bag.items.iter().filter(|item| matches!(item.what, What::RevocationList(_))).count();
            assert_eq!((bag.certificates.len(), lists, bag.damaged.len()), (2, 1, 0), "{bag:?}");
        }
        let Place::Byte(at) = read(&der).unwrap().items[1].place else { panic!() };
        assert!(der[at..].starts_with(root()));
        let beside = pem::write("PKCS7", &bundle(&[&[0x30, 0]])) + &pem::write("CERTIFICATE", root());
        let bag = read(beside.as_bytes()).unwrap();
        assert_eq!((bag.certificates.len(), bag.damaged.len()), (1, 1), "{bag:?}");
        let empty = read(pem::write("PKCS7", &bundle(&[])).as_bytes()).unwrap();
        assert_eq!(empty.others, ["X509 CRL"]);
        assert!(read(&der[..der.len() - 1]).is_err());
    }

    #[test]
    fn keys_are_shown_with_kind_place_and_seal_and_never_opened() {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let plain = key.serialize_der();
        let public = rcgen::PublicKeyData::subject_public_key_info(&key);
        let sealed = pem::write("RSA PRIVATE KEY", &[1, 2, 3]).replacen(
            "-----\n",
            "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0011223344556677\n\n",
            1,
        );
        let text = [
            pem::write("PRIVATE KEY", &plain),
            sealed,
            pem::write("PUBLIC KEY", &public),
            pem::write("ENCRYPTED PRIVATE KEY", &[0x30, 0]),
        ]
        .concat();
        let bag = read(text.as_bytes()).unwrap();
        assert_eq!(bag.private_keys, ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]);
        let told: Vec<String> =
            bag.items.iter().map(|item| format!("{}: {:?}", item.place, item.what)).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        block 1, line 1: Key(HeldKey { kind: Some("ECDSA P-256"), form: Some("PKCS#8"), encryption: None, fault: None })
        block 2, line 6: Key(HeldKey { kind: None, form: None, encryption: Some("PEM headers: one round of MD5; 3DES-CBC"), fault: None })
        block 3, line 12: PublicKey(PublicKey(ECDSA P-256))
        block 4, line 16: Key(HeldKey { kind: None, form: None, encryption: None, fault: Some("byte 2: an element is missing") })
        "#);
        let der = read(&[&plain[..], &public].concat()).unwrap();
        assert_eq!(
            (der.private_keys, der.others),
            (vec!["PRIVATE KEY".to_owned()], vec!["PUBLIC KEY".to_owned()])
        );
    }

    #[test]
    fn what_holds_nothing_says_so() {
        assert_eq!(read(b"").unwrap_err(), BagError::Unknown);
        assert_eq!(read(b"hello").unwrap_err(), BagError::Unknown);
        assert!(matches!(read(&[0x30, 3, 2, 1, 1]).unwrap_err(), BagError::Der(_)));
    }
}
