//! certificateIssuer (RFC 5280 section 5.3.3).

use super::ExtensionValue;
use crate::der::{Element, Field, Oid, oid};
use crate::x509::{DistinguishedName, GeneralName, GeneralNames};

/// Who issued the certificate of this entry of an indirect CRL, and those of the entries that follow, until another is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateIssuer<'a>(pub GeneralNames<'a>);

impl<'a> CertificateIssuer<'a> {
    /// The distinguished names among its names.
    pub fn directory(&self) -> impl Iterator<Item = DistinguishedName<'a>> {
        self.0
            .iter()
            .filter_map(|name| if let GeneralName::Directory(name) = name { Some(name) } else { None })
    }
}

impl<'a> ExtensionValue<'a> for CertificateIssuer<'a> {
    const OID: Oid<'static> = oid::CERTIFICATE_ISSUER;

    fn read(value: Element<'a>) -> Field<Self> {
        GeneralNames::read(value.sequence()?).map(Self)
    }

    fn check(&self) -> Field<()> {
        self.0.check()
    }
}
