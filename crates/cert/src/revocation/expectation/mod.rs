//! Where a certificate's status is told, by the certificate itself.

use super::Exempt;
use crate::der::oid;
use crate::lint::midnight;
use crate::model::signature;
use crate::x509::Anatomy;
use crate::x509::extension::{
    AuthorityInfoAccess, BasicConstraints, CrlDistributionPoints, DistributionPoint, ExtendedKeyUsage,
    FreshestCrl, TlsFeature,
};
use crate::{Span, Time};

/// What a certificate says of its revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The URIs of its CRLs.
    pub crls: Vec<String>,
    /// The URIs of CRLs that only say what changed since (`freshestCRL`).
    pub deltas: Vec<String>,
    /// The URIs of its OCSP responders.
    pub ocsp: Vec<String>,
    /// Whether it lives so short that it needs neither (Baseline Requirements section 1.6.1).
    pub is_short_lived: bool,
    /// Whether its server must staple an OCSP answer (RFC 7633).
    pub must_staple: bool,
    /// Whether it has ended: CRLs leave such out.
    pub has_ended: bool,
    /// Whether its own key signed it: nobody but whoever trusts it can revoke it.
    pub is_self_signed: bool,
    /// Whether it is a responder's of whom its issuer wants nobody to ask (RFC 6960 section 4.2.2.2.1).
    pub no_check: bool,
}

impl Expectation {
    /// Whether somebody must tell of its status. Absence of OCSP alone is never amiss: it has been optional since the Baseline
    /// Requirements 2.0.1.
    #[must_use]
    pub const fn needs_status(&self) -> bool {
        self.exempt().is_none()
    }

    /// Why nobody must.
    #[must_use]
    pub const fn exempt(&self) -> Option<Exempt> {
        match self {
            Self { is_self_signed: true, .. } => Some(Exempt::SelfSigned),
            Self { has_ended: true, .. } => Some(Exempt::Ended),
            Self { is_short_lived: true, .. } => Some(Exempt::ShortLived),
            Self { no_check: true, .. } => Some(Exempt::NoCheck),
            _ => None,
        }
    }

    /// Whether somebody must, and the certificate does not say who.
    #[must_use]
    pub const fn lacks_source(&self) -> bool {
        self.needs_status() && self.crls.is_empty() && self.ocsp.is_empty()
    }

    /// Whether a server that presents it and staples nothing breaks the certificate's promise.
    #[must_use]
    pub const fn is_missing_staple(&self, is_stapled: bool) -> bool {
        self.must_staple && !is_stapled
    }
}

/// What is to be expected of a certificate at an instant.
#[must_use]
pub fn expectation(anatomy: &Anatomy<'_>, at: Time) -> Expectation {
    let text = |uri: &[u8]| String::from_utf8_lossy(uri).into_owned();
    let points = anatomy.readable::<CrlDistributionPoints<'_>>();
    let deltas = anatomy.readable::<FreshestCrl<'_>>();
    let access = anatomy.readable::<AuthorityInfoAccess<'_>>();
    Expectation {
        crls: points
            .iter()
            .flat_map(|points| &points.0)
            .flat_map(DistributionPoint::uris)
            .map(text)
            .collect(),
        deltas: deltas
            .iter()
            .flat_map(|points| &points.0)
            .flat_map(DistributionPoint::uris)
            .map(text)
            .collect(),
        ocsp: access.iter().flat_map(|access| access.uris(oid::AD_OCSP)).map(text).collect(),
        is_short_lived: is_short_lived(anatomy),
        must_staple: anatomy.readable::<TlsFeature>().is_some_and(|feature| feature.must_staple()),
        has_ended: anatomy.not_after.is_ok_and(|ends| ends.time < at),
        is_self_signed: anatomy.is_self_issued()
            && anatomy.key.as_ref().is_ok_and(|key| signature::holds(anatomy.der, key)),
        no_check: anatomy.extension(oid::OCSP_NO_CHECK).is_some() && is_responder(anatomy),
    }
}

/// Whether it is a responder's and nothing else: on any other, id-pkix-ocsp-nocheck means nothing.
fn is_responder(anatomy: &Anatomy<'_>) -> bool {
    let said = anatomy.readable::<ExtendedKeyUsage<'_>>();
    said.is_some_and(|said| said.is_only(oid::OCSP_SIGNING))
}

/// At most ten days since 15 March 2024, at most seven since 15 March 2026, both ends counted; a subscriber's, not a CA's.
pub(crate) fn is_short_lived(anatomy: &Anatomy<'_>) -> bool {
    let (Ok(begins), Ok(ends)) = (anatomy.not_before, anatomy.not_after) else { return false };
    let (begins, ends) = (begins.time, ends.time);
    let most = match begins {
        _ if begins >= midnight((2026, 3, 15)) => Span::days(7),
        _ if begins >= midnight((2024, 3, 15)) => Span::days(10),
        _ => return false,
    };
    let is_ca =
        anatomy.value::<BasicConstraints<'_>>().is_some_and(|basic| basic.is_ok_and(|basic| basic.ca));
    !is_ca && ends.since(begins) + Span::seconds(1) <= most
}

#[cfg(test)]
mod tests;
