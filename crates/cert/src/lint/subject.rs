//! What lints look at: a certificate taken apart, and questions that many of them ask.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::der::{Field, Oid, oid};
use crate::model::signature;
use crate::x509::extension::{
    AuthorityInfoAccess, BasicConstraints, CertificatePolicies, CrlDistributionPoints, DistributionPoint,
    ExtendedKeyUsage,
};
use crate::x509::{Anatomy, GeneralNames};
use crate::{Span, Time};

/// The policies that the baseline requirements reserve, one for each way of validation (section 7.1.6.1).
pub(super) const RESERVED_POLICIES: [Oid<'static>; 4] =
    [oid::CABF_DV, oid::CABF_OV, oid::CABF_IV, oid::CABF_EV];

/// A certificate before lints.
pub struct Subject<'a> {
    /// Its fields.
    pub anatomy: Anatomy<'a>,
    /// The instant of the judgement, for lints about what is to come. Rules are those of notBefore.
    pub at: Time,
    self_signed: OnceCell<bool>,
}

impl<'a> Subject<'a> {
    /// Of the octets of a certificate.
    #[must_use]
    pub fn of(der: &'a [u8], at: Time) -> Self {
        Self { anatomy: Anatomy::of(der), at, self_signed: OnceCell::new() }
    }

    /// Whether it says that it is a CA's.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.anatomy.readable::<BasicConstraints<'_>>().is_some_and(|basic| basic.ca)
    }

    /// Whether its own key signed it; one that names itself as its issuer, with a signature that cannot be checked, counts.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        *self.self_signed.get_or_init(|| {
            let names = match (&self.anatomy.subject, &self.anatomy.issuer) {
                (Ok(subject), Ok(issuer)) => subject.der() == issuer.der(),
                _ => false,
            };
            names && self.anatomy.key.as_ref().is_ok_and(|key| signature::may_be_of(self.anatomy.der, key))
        })
    }

    /// Whether it is a root's: a CA's, signed by itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.is_ca() && self.is_self_signed()
    }

    /// Whether it is a CA's below another.
    #[must_use]
    pub fn is_subordinate_ca(&self) -> bool {
        self.is_ca() && !self.is_self_signed()
    }

    /// Whether it is a subscriber's: neither a CA's nor signed by itself.
    #[must_use]
    pub fn is_subscriber(&self) -> bool {
        !self.is_ca() && !self.is_self_signed()
    }

    /// The purposes of its key, where they are listed and can be read.
    #[must_use]
    pub fn purposes(&self) -> Option<ExtendedKeyUsage<'a>> {
        self.anatomy.readable()
    }

    /// Whether it may be meant for TLS servers: it lists no purpose, or theirs, or any, or claims a policy that the
    /// baseline requirements reserve for them (section 7.1.6.1).
    #[must_use]
    pub fn is_for_servers(&self) -> bool {
        let may = self
            .purposes()
            .is_none_or(|purposes| purposes.purposes.is_empty() || purposes.allows(oid::SERVER_AUTH));
        may || self
            .anatomy
            .readable::<CertificatePolicies<'_>>()
            .is_some_and(|policies| policies.oids().any(|policy| RESERVED_POLICIES.contains(&policy)))
    }

    /// The subjectAltName, where it is there and can be read.
    #[must_use]
    pub fn alt_names(&self) -> Option<GeneralNames<'a>> {
        self.anatomy.readable()
    }

    /// The texts of its commonName, in the name's order; those that are no text left out.
    #[must_use]
    pub fn common_names(&self) -> Vec<String> {
        let names = self.anatomy.subject.iter().flat_map(|name| name.all(oid::COMMON_NAME));
        let texts = names.filter_map(|attribute| attribute.value.text().ok());
        texts.map(Cow::into_owned).collect()
    }

    /// The last of them, which is the one that clients once looked at; `None` where it is empty.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.common_names().pop().filter(|name| !name.is_empty())
    }

    /// The DNS names of subjectAltName, as text.
    #[must_use]
    pub fn dns_names(&self) -> Vec<Cow<'a, str>> {
        self.alt_names().iter().flat_map(GeneralNames::dns).map(String::from_utf8_lossy).collect()
    }

    /// The DNS names of subjectAltName, then the commonName; the empty ones left out.
    #[must_use]
    pub fn host_names(&self) -> Vec<String> {
        let all = self.dns_names().into_iter().map(Cow::into_owned).chain(self.common_names());
        all.filter(|name| !name.is_empty()).collect()
    }

    /// Those of them that are names of Tor's (RFC 7686).
    #[must_use]
    pub fn onion_names(&self) -> Vec<String> {
        let is_onion = |name: &String| name.to_ascii_lowercase().ends_with(".onion");
        self.host_names().into_iter().filter(is_onion).collect()
    }

    /// Whether it lists one of these policies.
    #[must_use]
    pub fn has_policy(&self, policies: &[Oid<'static>]) -> bool {
        let listed = self.anatomy.readable::<CertificatePolicies<'_>>();
        listed.is_some_and(|listed| listed.oids().any(|policy| policies.contains(&policy)))
    }

    /// How long it is valid, its last second among it (RFC 5280 section 4.1.2.5).
    #[must_use]
    pub fn lifetime(&self) -> Option<Span> {
        let (begins, ends) = (self.anatomy.not_before.as_ref().ok()?, self.anatomy.not_after.as_ref().ok()?);
        Some(ends.time.since(begins.time) + Span::seconds(1))
    }

    /// The letters of the URIs of one method in authorityInfoAccess; none where there is no such extension.
    ///
    /// # Errors
    /// When the extension cannot be read.
    pub fn access_uris(&self, method: Oid<'static>) -> Field<Vec<&'a [u8]>> {
        let access = self.anatomy.value::<AuthorityInfoAccess<'_>>().transpose()?;
        Ok(access.iter().flat_map(|access| access.uris(method)).collect())
    }

    /// The letters of the URIs of all distribution points of CRLs; none where there is no such extension.
    ///
    /// # Errors
    /// When the extension cannot be read.
    pub fn crl_uris(&self) -> Field<Vec<&'a [u8]>> {
        let points = self.anatomy.value::<CrlDistributionPoints<'_>>().transpose()?;
        Ok(points.iter().flat_map(|points| &points.0).flat_map(DistributionPoint::uris).collect())
    }
}
