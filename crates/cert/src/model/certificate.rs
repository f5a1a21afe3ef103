//! One X.509 certificate (RFC 5280), read once and cheap to pass on.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::public_key::PublicKey;
use super::signature::{self, SignatureAlgorithm, SignatureFault};
use crate::der::{Broken, Fault, oid};
use crate::x509::extension::{
    AuthorityInfoAccess, AuthorityKeyIdentifier, BasicConstraints, SubjectKeyIdentifier, TlsFeature,
};
use crate::x509::{Anatomy, DistinguishedName, GeneralName, GeneralNames};
use crate::{Fingerprint, Identifier, Retry, Span, Time, Trouble, base64, hex};

/// One X.509 certificate. Immutable; a clone shares the facts.
#[derive(Clone)]
pub struct Certificate(Arc<Facts>);

struct Facts {
    der: Vec<u8>,
    fingerprint: Fingerprint,
    serial: Vec<u8>,
    subject: Name,
    issuer: Name,
    not_before: Time,
    not_after: Time,
    key: PublicKey,
    signature_algorithm: SignatureAlgorithm,
    extensions: Extensions,
}

struct Name {
    der: Vec<u8>,
    text: String,
    common_name: Option<String>,
    organization: Option<String>,
}

/// Parts of a distinguished name (RFC 4519 section 2), the first of each kind, safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameParts {
    /// `C`.
    pub country: Option<String>,
    /// `ST`.
    pub state: Option<String>,
    /// `L`.
    pub locality: Option<String>,
    /// `O`.
    pub organization: Option<String>,
    /// `OU`.
    pub unit: Option<String>,
    /// `CN`.
    pub common_name: Option<String>,
}

#[derive(Default)]
struct Extensions {
    names: Vec<Identifier>,
    other_names: Vec<String>,
    is_ca: bool,
    subject_key_id: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    ca_issuers: Vec<String>,
    must_staple: bool,
}

/// Bytes that are not a certificate, or not a request for one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Longer than any honest certificate.
    #[error("{0} bytes are too long for a certificate")]
    TooLong(usize),
    /// Not the structure of RFC 5280 section 4.1.
    #[error("not an X.509 certificate: {0}")]
    Structure(String),
    /// A certificate, and something else after it.
    #[error("{0} bytes follow the certificate")]
    TrailingData(usize),
    /// Not the structure of RFC 2986 section 4, and nothing else.
    #[error("not a certificate request: {0}")]
    Request(String),
}

impl Trouble for ParseError {
    fn code(&self) -> &'static str {
        "cert.unparsable"
    }

    fn hint(&self) -> String {
        let command = if matches!(self, Self::Request(_)) { "req" } else { "x509" };
        format!(
            "show what the bytes are with `openssl {command} -text -noout`, or `openssl asn1parse` where that fails"
        )
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

impl Certificate {
    /// The longest that is read. The largest seen in public logs are below 100 kB.
    pub const LONGEST: usize = 256 * 1024;

    /// Reads one DER certificate.
    ///
    /// # Errors
    /// When the bytes are not exactly one certificate. Odd contents of extensions are no error: they are left out of the
    /// facts, as a client that does not understand them would.
    pub fn parse(der: &[u8]) -> Result<Self, ParseError> {
        if der.len() > Self::LONGEST {
            return Err(ParseError::TooLong(der.len()));
        }
        let anatomy = Anatomy::of(der);
        let broken = |(field, fault): (&str, Fault)| ParseError::Structure(format!("{field}, {fault}"));
        if let Err(fault) = anatomy.tbs {
            return Err(match anatomy.surplus.first() {
                Some(outer) => ParseError::Structure(outer.to_string()),
                None => broken(("tbsCertificate", fault)),
            });
        }
        let surplus = anatomy.surplus.iter().find(|fault| !matches!(fault.what, Broken::Trailing(_)));
        if let Some(fault) = surplus {
            return Err(ParseError::Structure(fault.to_string()));
        }
        match anatomy.surplus.first() {
            Some(Fault { what: Broken::Trailing(count), at }) if at + count == der.len() => {
                return Err(ParseError::TrailingData(*count));
            }
            Some(fault) => return Err(ParseError::Structure(fault.to_string())),
            None => {}
        }
        Self::of_anatomy(&anatomy).map_err(broken)
    }

    /// The facts of a certificate taken apart; the field without which it is none, and what is wrong with it.
    fn of_anatomy(anatomy: &Anatomy<'_>) -> Result<Self, (&'static str, Fault)> {
        fn needed<'f, T>(
            name: &'static str,
            field: &'f Result<T, Fault>,
        ) -> Result<&'f T, (&'static str, Fault)> {
            field.as_ref().map_err(|fault| (name, *fault))
        }
        Ok(Self(Arc::new(Facts {
            der: anatomy.der.to_vec(),
            fingerprint: Fingerprint::of(anatomy.der),
            serial: anatomy.serial.map(|serial| serial.bytes().to_vec()).unwrap_or_default(),
            subject: Name::read(needed("subject", &anatomy.subject)?),
            issuer: Name::read(needed("issuer", &anatomy.issuer)?),
            not_before: needed("notBefore", &anatomy.not_before)?.time,
            not_after: needed("notAfter", &anatomy.not_after)?.time,
            key: PublicKey::read(needed("subjectPublicKeyInfo", &anatomy.key)?),
            signature_algorithm: SignatureAlgorithm::of(needed(
                "signatureAlgorithm",
                &anatomy.signature_algorithm,
            )?),
            extensions: Extensions::read(anatomy),
        })))
    }

    /// Every field by itself, with what is wrong with it.
    #[must_use]
    pub fn anatomy(&self) -> Anatomy<'_> {
        Anatomy::of(self.der())
    }

    /// The bytes, as sent.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Its identity.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// The serial number's bytes in lower-case hexadecimal, with the leading zero that DER may need.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        hex(&self.0.serial)
    }

    /// The serial number as a decimal number, as programs write it that show no hexadecimal. Negative ones (RFC 5280 section
    /// 4.1.2.2 forbids them, and they exist) have their sign.
    #[must_use]
    pub fn serial_decimal(&self) -> String {
        decimal(&self.0.serial)
    }

    /// The parts of the subject's distinguished name that most names have.
    #[must_use]
    pub fn subject_parts(&self) -> NameParts {
        self.anatomy().subject.map(|name| NameParts::read(&name)).unwrap_or_default()
    }

    /// The same of the issuer's.
    #[must_use]
    pub fn issuer_parts(&self) -> NameParts {
        self.anatomy().issuer.map(|name| NameParts::read(&name)).unwrap_or_default()
    }

    /// The subject's distinguished name, safe to print.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject.text
    }

    /// The issuer's distinguished name, safe to print.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer.text
    }

    /// The subject's distinguished name as sent: what is compared with an issuer's (RFC 5280 section 7.1).
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        &self.0.subject.der
    }

    /// The issuer's distinguished name as sent.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        &self.0.issuer.der
    }

    /// The subject's first common name, for people: no client compares names with it.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.0.subject.common_name.as_deref()
    }

    /// The issuer's common name, or its whole name where it has none.
    #[must_use]
    pub fn issuer_name(&self) -> &str {
        self.0.issuer.common_name.as_deref().unwrap_or(&self.0.issuer.text)
    }

    /// The issuer's organisation, where its name has one: what the intermediates of one CA have in common; safe to print.
    #[must_use]
    pub fn issuer_organization(&self) -> Option<&str> {
        self.0.issuer.organization.as_deref()
    }

    /// What people call it: its first name, its common name, or its whole subject.
    #[must_use]
    pub fn shown_name(&self) -> String {
        let first = self.0.extensions.names.first().filter(|_| !self.is_ca());
        first
            .map(ToString::to_string)
            .or_else(|| self.common_name().map(str::to_owned))
            .unwrap_or_else(|| self.subject().to_owned())
    }

    /// The first instant of its validity.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.0.not_before
    }

    /// The last second of its validity.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.0.not_after
    }

    /// From first to last instant (RFC 5280 section 4.1.2.5: both inclusive).
    #[must_use]
    pub fn lifetime(&self) -> Span {
        self.not_after().since(self.not_before()) + Span::seconds(1)
    }

    /// Whether its last second has passed.
    #[must_use]
    pub fn is_expired(&self, at: Time) -> bool {
        at.unix_seconds() > self.not_after().unix_seconds()
    }

    /// Whether its first second has not come yet.
    #[must_use]
    pub fn is_not_yet_valid(&self, at: Time) -> bool {
        at.unix_seconds() < self.not_before().unix_seconds()
    }

    /// The names that it can speak for: the subjectAltName's DNS names and addresses.
    #[must_use]
    pub fn names(&self) -> &[Identifier] {
        &self.0.extensions.names
    }

    /// Entries of the subjectAltName that are neither a DNS name nor an address, or are malformed; safe to print.
    #[must_use]
    pub fn other_names(&self) -> &[String] {
        &self.0.extensions.other_names
    }

    /// Whether it may be served for this name.
    #[must_use]
    pub fn covers(&self, wanted: &Identifier) -> bool {
        self.names().iter().any(|name| name.covers(wanted))
    }

    /// Whether it says that it is a CA's (basicConstraints).
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.0.extensions.is_ca
    }

    /// The key it binds to its subject.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.0.key
    }

    /// How it is signed.
    #[must_use]
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.0.signature_algorithm
    }

    /// Whether issuer and subject are the same name; whether it signed itself is another question.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject_der() == self.issuer_der()
    }

    /// Whether its own key made its signature.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.is_signed_by(self).is_ok()
    }

    /// Whether the issuer's key made its signature.
    ///
    /// # Errors
    /// When the signature is wrong, or of a kind that cannot be checked.
    pub fn is_signed_by(&self, issuer: &Self) -> Result<(), SignatureFault> {
        signature::verify(self.der(), issuer.key())
    }

    /// The subject key identifier.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_id.as_deref()
    }

    /// The authority key identifier's key id.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key_id.as_deref()
    }

    /// Where its issuer's certificate can be fetched (caIssuers in authorityInfoAccess); safe to print.
    #[must_use]
    pub fn ca_issuers(&self) -> &[String] {
        &self.0.extensions.ca_issuers
    }

    /// Whether it demands a stapled OCSP answer (RFC 7633).
    #[must_use]
    pub fn must_staple(&self) -> bool {
        self.0.extensions.must_staple
    }

    /// Its name at an ACME server's renewalInfo (RFC 9773 section 4.1); `None` without an authority key identifier.
    #[must_use]
    pub fn ari_id(&self) -> Option<String> {
        let authority = base64::encode_url(self.authority_key_id()?);
        Some(format!("{authority}.{}", base64::encode_url(&self.0.serial)))
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint().hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.shown_name(), self.fingerprint().short())
    }
}

impl Name {
    fn read(name: &DistinguishedName<'_>) -> Self {
        let parts = NameParts::read(name);
        Self {
            der: name.der().to_vec(),
            text: plain(&name.to_string()),
            common_name: parts.common_name,
            organization: parts.organization,
        }
    }
}

impl NameParts {
    fn read(name: &DistinguishedName<'_>) -> Self {
        let first = |kind| name.first(kind).filter(|text| !text.is_empty()).map(|text| plain(&text));
        Self {
            country: first(oid::COUNTRY),
            state: first(oid::STATE),
            locality: first(oid::LOCALITY),
            organization: first(oid::ORGANIZATION),
            unit: first(oid::ORGANIZATIONAL_UNIT),
            common_name: first(oid::COMMON_NAME),
        }
    }
}

/// A big-endian number in two's complement, digit by digit.
fn decimal(bytes: &[u8]) -> String {
    let is_negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut number = bytes.to_vec();
    if is_negative {
        let mut carry = true;
        for byte in number.iter_mut().rev() {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    let mut digits = Vec::new();
    loop {
        let mut rest = 0_u16;
        for byte in &mut number {
            let part = rest << 8 | u16::from(*byte);
            (*byte, rest) = (u8::try_from(part / 10).unwrap_or_default(), part % 10);
        }
        digits.push(char::from_digit(rest.into(), 10).unwrap_or_default());
        if number.iter().all(|byte| *byte == 0) {
            break;
        }
    }
    digits.extend(is_negative.then_some('-'));
    digits.into_iter().rev().collect()
}

impl Extensions {
    fn read(anatomy: &Anatomy<'_>) -> Self {
        let mut all = Self::default();
        if let Some(names) = anatomy.readable::<GeneralNames<'_>>() {
            names.0.fields().for_each(|name| all.take_name(&name));
        }
        all.is_ca = anatomy.readable::<BasicConstraints<'_>>().is_some_and(|basic| basic.ca);
        all.subject_key_id = anatomy.readable::<SubjectKeyIdentifier<'_>>().map(|id| id.0.to_vec());
        let authority = anatomy.readable::<AuthorityKeyIdentifier<'_>>();
        all.authority_key_id = authority.and_then(|authority| authority.key_id.map(<[u8]>::to_vec));
        if let Some(access) = anatomy.readable::<AuthorityInfoAccess<'_>>() {
            let urls = access.uris(oid::AD_CA_ISSUERS);
            all.ca_issuers = urls.map(|letters| plain(&String::from_utf8_lossy(letters))).collect();
        }
        all.must_staple = anatomy.readable::<TlsFeature>().is_some_and(|feature| feature.must_staple());
        all
    }

    fn take_name(&mut self, name: &Result<GeneralName<'_>, Fault>) {
        match identifier(name) {
            Ok(identifier) => self.names.push(identifier),
            Err(text) => self.other_names.push(text),
        }
    }
}

/// The identifier in a general name, or what it says instead.
pub(super) fn identifier(name: &Result<GeneralName<'_>, Fault>) -> Result<Identifier, String> {
    let name = name.as_ref().map_err(ToString::to_string)?;
    match name {
        GeneralName::Dns(letters) => {
            let text = std::str::from_utf8(letters).ok();
            match text.and_then(|text| text.parse::<Identifier>().ok()) {
                Some(name @ Identifier::Dns(_)) => Ok(name),
                _ => Err(plain(&name.to_string())),
            }
        }
        GeneralName::Ip(octets) => {
            name.address().map(Identifier::Ip).ok_or_else(|| format!("an address of {} bytes", octets.len()))
        }
        other => Err(plain(&format!("{}: {other}", other.form()))),
    }
}

/// Text from a stranger without control characters, so that it can be shown on a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() || is_direction_mark(letter) { '\u{fffd}' } else { letter })
        .collect()
}

fn is_direction_mark(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_strangers_lose_what_moves_the_cursor() {
        assert_eq!(plain("a\u{1b}[2J\nb\u{202e}c"), "a\u{fffd}[2J\u{fffd}b\u{fffd}c");
        assert_eq!(plain("Bücher GmbH"), "Bücher GmbH");
    }

    #[test]
    fn serial_numbers_are_written_as_numbers() {
        for (bytes, number) in [
            (&[][..], "0"),
            (&[0], "0"),
            (&[9], "9"),
            (&[0, 0xff], "255"),
            (&[0xff], "-1"),
            (&[0x80], "-128"),
            (&[1, 0], "256"),
            (&[0x7f; 8], "9187201950435737471"),
            (&[0xff; 20], "-1"),
            (&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
        ] {
            assert_eq!(decimal(bytes), number, "{bytes:?}");
        }
    }

    #[test]
    fn the_parts_of_a_name_are_the_first_of_each_kind() {
        let root = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .map(|der| Certificate::parse(der).unwrap())
            .find(|root| root.subject().contains("ISRG Root X1"))
            .unwrap();
        let parts = root.subject_parts();
        assert_eq!(parts, root.issuer_parts());
        assert_eq!(parts.country.as_deref(), Some("US"));
        assert_eq!(parts.organization.as_deref(), Some("Internet Security Research Group"));
        assert_eq!((parts.common_name.as_deref(), parts.unit), (Some("ISRG Root X1"), None));
        assert_eq!(root.serial_decimal(), "172886928669790476064670243504169061120");
    }

    #[test]
    fn what_is_no_certificate_is_refused_with_its_reason() {
        assert!(matches!(Certificate::parse(b""), Err(ParseError::Structure(_))));
        assert!(matches!(Certificate::parse(&[0x30; 80]), Err(ParseError::Structure(_))));
        assert_eq!(
            Certificate::parse(&vec![0; Certificate::LONGEST + 1]),
            Err(ParseError::TooLong(Certificate::LONGEST + 1))
        );
        let mut root = webpki_root_certs::TLS_SERVER_ROOT_CERTS[0].to_vec();
        root.push(0);
        assert_eq!(Certificate::parse(&root), Err(ParseError::TrailingData(1)));
        // A field too many inside was told as bytes behind it.
        let der = crate::staged::Authority::new("CA").der().to_vec();
        let mut parts =
            crate::der::Reader::new(&der).element().unwrap().children().all().unwrap().into_iter();
        let (tbs, rest) =
            (parts.next().unwrap(), parts.flat_map(|part| part.whole.to_vec()).collect::<Vec<u8>>());
        let tbs = crate::der::write(crate::der::Tag::SEQUENCE, &[tbs.content, &[5, 0]]);
        let der = crate::der::write(crate::der::Tag::SEQUENCE, &[&tbs, &rest]);
        assert!(matches!(Certificate::parse(&der), Err(ParseError::Structure(_))));
    }
}
