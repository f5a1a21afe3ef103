//! Who may have signed a CRL (RFC 5280 section 6.3.3 step f).

use super::Crl;
use crate::der::Field;
use crate::revocation::Because;
use crate::x509::extension::{KeyUsage, KeyUsageBit};
use crate::x509::{Anatomy, DistinguishedName, SubjectPublicKeyInfo};

/// A key that may have signed CRLs, with the name that it signs under. The caller has made sure of it.
#[derive(Clone, Debug)]
pub struct CrlIssuer<'a> {
    name: DistinguishedName<'a>,
    key: SubjectPublicKeyInfo<'a>,
    usage: Option<Field<KeyUsage<'a>>>,
}

impl<'a> CrlIssuer<'a> {
    /// The subject of a certificate.
    ///
    /// # Errors
    /// Where its name or key cannot be read.
    pub fn certificate(anatomy: &Anatomy<'a>) -> Field<Self> {
        Ok(Self { name: anatomy.subject?, key: anatomy.key?, usage: anatomy.value() })
    }

    /// An anchor of which only name and key are known.
    #[must_use]
    pub const fn anchor(name: DistinguishedName<'a>, key: SubjectPublicKeyInfo<'a>) -> Self {
        Self { name, key, usage: None }
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &SubjectPublicKeyInfo<'a> {
        &self.key
    }

    fn may_sign(&self) -> Result<(), Because> {
        match &self.usage {
            None => Ok(()),
            Some(Ok(usage)) if usage.has(KeyUsageBit::CrlSign) => Ok(()),
            Some(_) => Err(Because::SignerNotAllowed("its key usage is not cRLSign")),
        }
    }
}

/// The issuer whose key signed a CRL.
pub(super) fn signer<'m, 'a>(
    crl: &Crl<'_>,
    issuers: &'m [CrlIssuer<'a>],
) -> Result<&'m CrlIssuer<'a>, Because> {
    let name = crl.issuer()?;
    let mut because = Because::SignerUnknown;
    for issuer in issuers.iter().filter(|issuer| issuer.name.matches(name)) {
        match issuer.may_sign().and_then(|()| crl.verify(&issuer.key)) {
            Ok(()) => return Ok(issuer),
            Err(other) => because = because.or(other),
        }
    }
    Err(because)
}
