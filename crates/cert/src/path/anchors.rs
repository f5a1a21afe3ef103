//! The roots that a judgement starts from.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::stores;
use super::terms::Terms;
use crate::der::{Field, Reader, Tag};
use crate::pem::{self, ChainError};
use crate::x509::DistinguishedName;
use crate::{Certificate, Fingerprint, ParseError};

/// A set of trust anchors; a clone shares it.
#[derive(Clone)]
pub struct Anchors(Arc<Set>);

struct Set {
    name: String,
    identity: Fingerprint,
    anchors: Vec<Anchor>,
    by_subject: HashMap<Vec<Vec<u8>>, Vec<usize>>,
}

/// An anchor, and on what terms it is trusted.
#[derive(Clone)]
struct Anchor {
    held: Held,
    terms: Terms,
}

#[derive(Clone)]
enum Held {
    Read(Certificate),
    /// Read when a path first comes to its subject: one or two of more than a hundred.
    BuiltIn {
        der: &'static [u8],
        read: OnceLock<Option<Certificate>>,
    },
}

/// An anchor that was looked up.
#[derive(Clone, Copy)]
pub(super) struct Trusted<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) terms: &'a Terms,
}

impl Anchor {
    /// A certificate, with OpenSSL's settings where they follow it.
    fn read(der: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(der);
        let (certificate, settings) = match reader.element() {
            Ok(element) => (element.whole, reader.rest()),
            Err(_) => (der, &[][..]),
        };
        let held = Held::Read(Certificate::parse(certificate)?);
        Ok(Self { held, terms: Terms::of_settings(settings) })
    }

    fn der(&self) -> &[u8] {
        match &self.held {
            Held::Read(certificate) => certificate.der(),
            Held::BuiltIn { der, .. } => der,
        }
    }

    fn trusted(&self) -> Option<Trusted<'_>> {
        let certificate = match &self.held {
            Held::Read(certificate) => certificate,
            Held::BuiltIn { der, read } => read.get_or_init(|| Certificate::parse(der).ok()).as_ref()?,
        };
        Some(Trusted { certificate, terms: &self.terms })
    }
}

impl Anchors {
    /// The roots that Mozilla trusts for TLS servers, as compiled into this program.
    #[must_use]
    pub fn mozilla() -> Self {
        static MOZILLA: OnceLock<Anchors> = OnceLock::new();
        let built_in = || {
            let ders = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
            Self::built_in(
                "mozilla",
                ders.map(|der| (&**der, stores::terms("mozilla", &Fingerprint::of(der)))),
            )
        };
        MOZILLA.get_or_init(built_in).clone()
    }

    /// Whether clients have this anchor of themselves, as far as Mozilla's programme tells.
    #[must_use]
    pub fn is_public(anchor: &Certificate) -> bool {
        Self::mozilla().contains(anchor)
    }

    /// Anchors that are compiled into this program.
    pub(super) fn built_in(name: &str, anchors: impl Iterator<Item = (&'static [u8], Terms)>) -> Self {
        let anchor = |(der, terms)| Anchor { held: Held::BuiltIn { der, read: OnceLock::new() }, terms };
        Self::of(name, anchors.map(anchor).collect())
    }

    /// The certificates of a PEM file, with OpenSSL's trust settings where it has them; `name` says where they come from.
    ///
    /// # Errors
    /// When the file holds no certificate, or one that cannot be read: somebody wanted it to be trusted.
    pub fn from_pem(name: &str, text: &[u8]) -> Result<Self, ChainError> {
        let read = |(block, number): (Vec<u8>, usize)| {
            Anchor::read(&block).map_err(|error| ChainError::NoCertificate(number, error))
        };
        let anchors: Result<_, ChainError> = pem::chain_from(text)?.into_iter().zip(1..).map(read).collect();
        Ok(Self::of(name, anchors?))
    }

    /// Any certificates; what cannot be read is left out, as it could never end a path.
    pub fn from_ders(name: &str, ders: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        Self::of(name, ders.into_iter().filter_map(|der| Anchor::read(der.as_ref()).ok()).collect())
    }

    fn of(name: &str, anchors: Vec<Anchor>) -> Self {
        let mut by_subject: HashMap<Vec<Vec<u8>>, Vec<usize>> = HashMap::new();
        let mut identity = Vec::with_capacity(anchors.len() * 32);
        for (index, anchor) in anchors.iter().enumerate() {
            by_subject.entry(subject(anchor.der())).or_default().push(index);
            identity.extend_from_slice(Fingerprint::of(anchor.der()).as_bytes());
            if !anchor.terms.is_free() {
                identity.extend_from_slice(format!("{:?}", anchor.terms).as_bytes());
            }
        }
        let identity = Fingerprint::of(&identity);
        Self(Arc::new(Set { name: name.to_owned(), identity, anchors, by_subject }))
    }

    /// With terms for some of them, in place of those that they have.
    #[must_use]
    pub fn with_terms(&self, terms: impl Fn(&Fingerprint) -> Option<Terms>) -> Self {
        let mut anchors = self.0.anchors.clone();
        for anchor in &mut anchors {
            if let Some(terms) = terms(&Fingerprint::of(anchor.der())) {
                anchor.terms = terms;
            }
        }
        Self::of(self.name(), anchors)
    }

    /// Both sets together: a private CA beside the public ones.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let all = self.0.anchors.iter().chain(&other.0.anchors).cloned().collect();
        Self::of(&format!("{} and {}", self.name(), other.name()), all)
    }

    /// Where they come from: `mozilla`, `system`, a file's path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// One value for the whole set: two sets with the same identity judge alike.
    #[must_use]
    pub fn identity(&self) -> Fingerprint {
        self.0.identity
    }

    /// The anchors' DER.
    pub fn ders(&self) -> impl Iterator<Item = &[u8]> {
        self.0.anchors.iter().map(Anchor::der)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.anchors.len()
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.anchors.is_empty()
    }

    /// Whether this very certificate is one of them.
    #[must_use]
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.same(certificate).is_some()
    }

    /// The anchor that is this very certificate.
    pub(super) fn same(&self, certificate: &Certificate) -> Option<Trusted<'_>> {
        let anatomy = certificate.anatomy();
        let subject = anatomy.subject.as_ref().ok()?;
        self.named(subject).find(|anchor| anchor.certificate == certificate)
    }

    /// The anchors with this subject, compared by its text (RFC 5280 section 7.1).
    pub(super) fn named(
        &self,
        subject: &DistinguishedName<'_>,
    ) -> impl Iterator<Item = Trusted<'_>> + use<'_> {
        let indices = self.0.by_subject.get(&subject.normalized()).map(Vec::as_slice).unwrap_or_default();
        indices.iter().filter_map(|index| self.0.anchors[*index].trusted())
    }
}

impl std::fmt::Debug for Anchors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Anchors({}, {})", self.name(), self.len())
    }
}

/// The subject's distinguished name as it is compared, found without reading the rest (RFC 5280 section 4.1); without parts
/// where there is none.
fn subject(certificate: &[u8]) -> Vec<Vec<u8>> {
    fn find(certificate: &[u8]) -> Field<Vec<Vec<u8>>> {
        let mut fields = Reader::new(certificate).element()?.children().element()?.children();
        fields.optional(Tag::context_constructed(0))?;
        for _ in ["serialNumber", "signature", "issuer", "validity"] {
            fields.element()?;
        }
        Ok(DistinguishedName::read(fields.element()?)?.normalized())
    }
    find(certificate).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_of_mozilla_is_read_and_found_by_its_subject() {
        let anchors = Anchors::mozilla();
        assert_eq!(anchors.len(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        for der in anchors.ders() {
            let root = Certificate::parse(der).unwrap();
            assert_eq!(subject(der), root.anatomy().subject.unwrap().normalized());
            assert!(anchors.contains(&root));
        }
    }

    #[test]
    fn a_file_without_certificates_is_no_set_of_anchors() {
        assert!(Anchors::from_pem("x", b"").is_err());
        assert!(Anchors::from_pem("x", pem::write("CERTIFICATE", &[0x30, 0]).as_bytes()).is_err());
    }

    /// It was left out without a word, and whoever it had issued was not trusted.
    #[test]
    fn an_anchor_that_cannot_be_read_is_named() {
        let good = pem::write("CERTIFICATE", &webpki_root_certs::TLS_SERVER_ROOT_CERTS[0]);
        let both = format!("{good}{}", pem::write("CERTIFICATE", &[0x30, 0]));
        let error = Anchors::from_pem("x", both.as_bytes()).unwrap_err();
        assert!(matches!(error, ChainError::NoCertificate(2, _)), "{error}");
        let with_settings = [&webpki_root_certs::TLS_SERVER_ROOT_CERTS[0][..], &[0x30, 0]].concat();
        let with_settings = pem::write("TRUSTED CERTIFICATE", &with_settings);
        assert_eq!(Anchors::from_pem("x", with_settings.as_bytes()).unwrap().len(), 1);
    }
}
