//! Extensions (RFC 5280 section 4.2), one file each.

mod access;
mod acme_identifier;
mod authority_key_identifier;
mod basic_constraints;
mod cabf_organization_identifier;
mod certificate_issuer;
mod certificate_policies;
mod crl_number;
mod distribution_points;
mod expired_certs_on_crl;
mod extended_key_usage;
mod invalidity_date;
mod issuing_distribution_point;
mod key_usage;
mod name_constraints;
mod ocsp_nonce;
mod policy;
mod private_key_usage_period;
mod qc_statements;
mod reason_code;
mod sct_list;
mod subject_directory_attributes;
mod subject_key_identifier;
mod tls_feature;
mod tor_service_descriptor;

pub use access::{AccessDescription, AuthorityInfoAccess, SubjectInfoAccess};
pub use acme_identifier::AcmeIdentifier;
pub use authority_key_identifier::AuthorityKeyIdentifier;
pub use basic_constraints::BasicConstraints;
pub use cabf_organization_identifier::CabfOrganizationIdentifier;
pub use certificate_issuer::CertificateIssuer;
pub use certificate_policies::{CertificatePolicies, PolicyInformation, PolicyQualifier, UserNotice};
pub use crl_number::{CrlNumber, DeltaCrlIndicator};
pub use distribution_points::{CrlDistributionPoints, DistributionPoint, DistributionPointName, FreshestCrl};
pub use expired_certs_on_crl::ExpiredCertsOnCrl;
pub use extended_key_usage::ExtendedKeyUsage;
pub use invalidity_date::InvalidityDate;
pub use issuing_distribution_point::IssuingDistributionPoint;
pub use key_usage::{KeyUsage, KeyUsageBit};
pub use name_constraints::{GeneralSubtree, NameConstraints};
pub use ocsp_nonce::{ArchiveCutoff, OcspNonce};
pub use policy::{InhibitAnyPolicy, PolicyConstraints, PolicyMappings};
pub use private_key_usage_period::PrivateKeyUsagePeriod;
pub use qc_statements::{QcStatement, QcStatements};
pub use reason_code::{Reason, ReasonCode};
pub use sct_list::{SctList, SerializedSct};
pub use subject_directory_attributes::SubjectDirectoryAttributes;
pub use subject_key_identifier::SubjectKeyIdentifier;
pub use tls_feature::TlsFeature;
pub use tor_service_descriptor::{TorServiceDescriptor, TorServiceDescriptors};

use super::GeneralNames;
use crate::der::{Element, Fault, Field, Oid, Reader, Tag, oid};

/// One extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// What kind.
    pub kind: Oid<'a>,
    /// Whether whoever does not know it must refuse the certificate.
    pub critical: bool,
    /// Whether `critical` is written although it is false, which DER forbids (X.690 section 11.5).
    pub default_written: bool,
    /// The octets of its value.
    pub octets: &'a [u8],
    /// Where its value begins in the document.
    pub value_at: usize,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
}

/// What an extension of one kind says.
pub trait ExtensionValue<'a>: Sized {
    /// Its kind.
    const OID: Oid<'static>;

    /// Reads it from the one element that its octets are.
    ///
    /// # Errors
    /// When they are not of its structure.
    fn read(value: Element<'a>) -> Field<Self>;

    /// What the structure allows and its definition does not, or parts that could not be read by themselves.
    ///
    /// # Errors
    /// The first of them.
    fn check(&self) -> Field<()> {
        Ok(())
    }
}

/// The extensions of a certificate, CRL or request, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extensions<'a> {
    all: Vec<Field<Extension<'a>>>,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
}

/// How many extensions certificates have at most, unless they are out of the ordinary.
const USUALLY: usize = 12;

impl<'a> Extensions<'a> {
    /// Of a SEQUENCE OF Extension.
    ///
    /// # Errors
    /// When it is none, or one of them does not end. Those that are otherwise wrong are told by [`Extensions::faults`].
    pub fn read(element: Element<'a>) -> Field<Self> {
        let mut list = element.sequence()?;
        let mut all = Vec::with_capacity(USUALLY);
        while !list.is_empty() {
            all.push(Extension::read(list.element()?));
        }
        Ok(Self { all, element })
    }

    /// Those that could be told apart.
    pub fn iter(&self) -> impl Iterator<Item = &Extension<'a>> {
        self.all.iter().filter_map(|extension| extension.as_ref().ok())
    }

    /// What is wrong with the others.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        self.all.iter().filter_map(|extension| extension.as_ref().err().copied())
    }

    /// The first of a kind.
    #[must_use]
    pub fn find(&self, kind: Oid<'static>) -> Option<&Extension<'a>> {
        // Most differ in their last octet, which is cheaper to look at than all of them.
        let last = kind.content().last();
        self.iter().find(|extension| extension.kind.content().last() == last && extension.kind == kind)
    }

    /// The value of the first of a kind.
    #[must_use]
    pub fn value<T: ExtensionValue<'a>>(&self) -> Option<Field<T>> {
        self.find(T::OID).map(Extension::value)
    }

    /// How many there are, those that cannot be read among them.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none, which RFC 5280 does not allow where the field is there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl<'a> Extension<'a> {
    fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let kind = fields.expect(Tag::OID, "extnID")?.oid()?;
        let critical = fields.optional(Tag::BOOLEAN)?.map(|flag| flag.boolean()).transpose()?;
        let value = fields.expect(Tag::OCTET_STRING, "extnValue")?;
        fields.finish()?;
        Ok(Self {
            kind,
            critical: critical.unwrap_or(false),
            default_written: critical == Some(false),
            octets: value.content,
            value_at: value.content_at(),
            element,
        })
    }

    /// The one element that its octets are.
    ///
    /// # Errors
    /// When they are none, or more.
    pub fn inner(&self) -> Field<Element<'a>> {
        let mut document = Reader::nested(self.octets, self.value_at);
        let element = document.element()?;
        document.finish().map(|()| element)
    }

    /// What it says, as one of this kind.
    ///
    /// # Errors
    /// When its octets are not of that structure.
    pub fn value<T: ExtensionValue<'a>>(&self) -> Field<T> {
        T::read(self.inner()?)
    }

    /// What is wrong with its value, where it is of a kind that is known here; `None` for others, and where all is well.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let reads: fn(&Extension<'_>) -> Option<Fault> =
            READERS.iter().find(|(kind, _)| *kind == self.kind)?.1;
        reads(self)
    }

    /// Whether its kind is known here.
    #[must_use]
    pub fn is_known(&self) -> bool {
        READERS.iter().any(|(kind, _)| *kind == self.kind)
    }
}

/// issuerAltName (RFC 5280 section 4.2.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerAltName<'a>(pub GeneralNames<'a>);

impl<'a> ExtensionValue<'a> for IssuerAltName<'a> {
    const OID: Oid<'static> = oid::ISSUER_ALT_NAME;

    fn read(value: Element<'a>) -> Field<Self> {
        GeneralNames::read(value.sequence()?).map(Self)
    }

    fn check(&self) -> Field<()> {
        self.0.check()
    }
}

/// An extension whose value is NULL: precertificate poison (RFC 6962 section 3.1), OCSP no check (RFC 6960 section 4.2.2.2.1).
fn null(extension: &Extension<'_>) -> Option<Fault> {
    let inner = extension.inner().and_then(|element| element.must_be(Tag::NULL));
    match inner {
        Ok(element) if element.content.is_empty() => None,
        Ok(element) => Some(element.fault("a NULL with content")),
        Err(fault) => Some(fault),
    }
}

type Reading = fn(&Extension<'_>) -> Option<Fault>;

macro_rules! readers {
    ($($value:ident),* $(,)?) => {
        const READERS: &[(Oid<'static>, Reading)] = &[
            (oid::PRECERTIFICATE_POISON, null),
            (oid::OCSP_NO_CHECK, null),
            $(($value::OID, |extension| extension.value::<$value>().and_then(|value| value.check()).err())),*
        ];
    };
}

readers![
    GeneralNames,
    IssuerAltName,
    AuthorityInfoAccess,
    SubjectInfoAccess,
    AcmeIdentifier,
    AuthorityKeyIdentifier,
    BasicConstraints,
    CabfOrganizationIdentifier,
    CertificatePolicies,
    CrlDistributionPoints,
    FreshestCrl,
    ExtendedKeyUsage,
    KeyUsage,
    NameConstraints,
    PolicyMappings,
    PolicyConstraints,
    InhibitAnyPolicy,
    PrivateKeyUsagePeriod,
    QcStatements,
    SctList,
    SubjectDirectoryAttributes,
    SubjectKeyIdentifier,
    TlsFeature,
    TorServiceDescriptors,
    CrlNumber,
    DeltaCrlIndicator,
    IssuingDistributionPoint,
    ReasonCode,
    InvalidityDate,
    CertificateIssuer,
    ExpiredCertsOnCrl,
    OcspNonce,
    ArchiveCutoff,
];
