//! What lints look at: a certificate taken apart, and questions that many of them ask.

use std::cell::{Cell, OnceCell};

use super::Source;
use super::dns::HostName;
use crate::der::{Fault, Field, Oid, oid};
use crate::model::signature;
use crate::revocation::is_short_lived;
use crate::x509::extension::{
    AuthorityInfoAccess, BasicConstraints, CertificatePolicies, CrlDistributionPoints, DistributionPoint,
    ExtendedKeyUsage, KeyUsage, KeyUsageBit,
};
use crate::x509::{Anatomy, ExtensionValue, GeneralName, GeneralNames};
use crate::{Span, Time};

/// The policies that the baseline requirements reserve, one for each way of validation (section 7.1.6.1).
pub(super) const RESERVED_POLICIES: [Oid<'static>; 4] =
    [oid::CABF_DV, oid::CABF_OV, oid::CABF_IV, oid::CABF_EV];

/// A certificate before lints. What many of them ask is found out once.
pub struct Subject<'a> {
    /// Its fields.
    pub anatomy: Anatomy<'a>,
    /// The instant of the judgement, for lints about what is to come. Rules are those of notBefore.
    pub at: Time,
    is_ca: bool,
    self_signed: OnceCell<bool>,
    purposes: OnceCell<Option<Field<ExtendedKeyUsage<'a>>>>,
    policies: OnceCell<Option<Field<CertificatePolicies<'a>>>>,
    alt_names: OnceCell<Option<Field<GeneralNames<'a>>>>,
    common_names: OnceCell<Vec<HostName<'a>>>,
    dns_names: OnceCell<Vec<HostName<'a>>>,
    covered: [OnceCell<bool>; 3],
    unseen: Cell<Option<Unseen>>,
}

/// An extension that was asked for and cannot be read.
#[derive(Clone, Copy)]
pub(super) struct Unseen {
    pub(super) kind: Oid<'static>,
    pub(super) fault: Fault,
}

impl<'a> Subject<'a> {
    /// Of the octets of a certificate.
    #[must_use]
    pub fn of(der: &'a [u8], at: Time) -> Self {
        let anatomy = Anatomy::of(der);
        let is_ca = anatomy.readable::<BasicConstraints<'_>>().is_some_and(|basic| basic.ca);
        Self {
            anatomy,
            at,
            is_ca,
            self_signed: OnceCell::new(),
            purposes: OnceCell::new(),
            policies: OnceCell::new(),
            alt_names: OnceCell::new(),
            common_names: OnceCell::new(),
            dns_names: OnceCell::new(),
            covered: [const { OnceCell::new() }; 3],
            unseen: Cell::new(None),
        }
    }

    /// Whether it says that it is a CA's.
    #[must_use]
    pub const fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Whether the rules of a source are about such a certificate.
    pub(super) fn is_covered_by(&self, source: Source) -> bool {
        let (kept, covers): (_, fn(&Self) -> bool) = match source {
            Source::BaselineRequirements => (&self.covered[0], Self::may_be_for_servers),
            Source::Smime => (&self.covered[1], super::smime::covers),
            Source::CodeSigning => (&self.covered[2], super::code_signing::covers),
            _ => return true,
        };
        *kept.get_or_init(|| {
            // What it is for is taken from what can be read; it is no lint that asks.
            let unseen = self.unseen.get();
            let covered = covers(self);
            self.unseen.set(unseen);
            covered
        })
    }

    /// What the function says, and an extension that it asked for as if it were not there, and that cannot be read.
    pub(super) fn watch<T>(&self, judge: impl FnOnce() -> T) -> (T, Option<Unseen>) {
        self.unseen.set(None);
        let said = judge();
        (said, self.unseen.take())
    }

    /// The value of an extension, where it is there and can be read. Where it cannot, the lint that asked knows nothing.
    pub(super) fn readable<T: ExtensionValue<'a>>(&self) -> Option<T> {
        match self.anatomy.value()? {
            Ok(value) => Some(value),
            Err(fault) => self.miss(T::OID, fault),
        }
    }

    fn kept<'s, T: ExtensionValue<'a>>(&'s self, cell: &'s OnceCell<Option<Field<T>>>) -> Option<&'s T> {
        match cell.get_or_init(|| self.anatomy.value()).as_ref()? {
            Ok(value) => Some(value),
            Err(fault) => self.miss(T::OID, *fault),
        }
    }

    fn miss<T>(&self, kind: Oid<'static>, fault: Fault) -> Option<T> {
        self.unseen.set(Some(Unseen { kind, fault }));
        None
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
    pub fn purposes(&self) -> Option<&ExtendedKeyUsage<'a>> {
        self.kept(&self.purposes)
    }

    /// The policies that it lists, where they can be read.
    #[must_use]
    pub fn policies(&self) -> Option<&CertificatePolicies<'a>> {
        self.kept(&self.policies)
    }

    /// Whether it may be meant for TLS servers: its purposes have theirs or any, or it claims a policy that the baseline
    /// requirements reserve for them (section 7.1.6.1), unless its one purpose is to sign answers of OCSP. One that lists no
    /// purpose is, unless its usages or its names are of another kind.
    #[must_use]
    pub fn is_for_servers(&self) -> bool {
        self.is_covered_by(Source::BaselineRequirements)
    }

    fn may_be_for_servers(&self) -> bool {
        let claims = || self.has_policy(&RESERVED_POLICIES);
        match self.purposes() {
            None => self.may_be_for_anything() || claims(),
            Some(purposes) if purposes.allows(oid::SERVER_AUTH) => true,
            Some(purposes) => {
                purposes.purposes.is_empty() || (!purposes.is_only(oid::OCSP_SIGNING) && claims())
            }
        }
    }

    /// Whether nothing but a purpose is missing in it that a server needs: a usage by which TLS agrees on a key, and the name
    /// of a host.
    fn may_be_for_anything(&self) -> bool {
        const OF_SERVERS: [KeyUsageBit; 3] =
            [KeyUsageBit::DigitalSignature, KeyUsageBit::KeyEncipherment, KeyUsageBit::KeyAgreement];
        let serves = |usage: KeyUsage<'_>| OF_SERVERS.iter().any(|bit| usage.has(*bit));
        let names_host = |names: &GeneralNames<'_>| {
            names.iter().any(|name| matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_)))
        };
        self.is_ca || (self.readable().is_none_or(serves) && self.alt_names().is_none_or(names_host))
    }

    /// The subjectAltName, where it is there and can be read.
    #[must_use]
    pub fn alt_names(&self) -> Option<&GeneralNames<'a>> {
        self.kept(&self.alt_names)
    }

    /// The texts of its commonName, in the name's order; those that are no text left out.
    #[must_use]
    pub fn common_names(&self) -> &[HostName<'a>] {
        self.common_names.get_or_init(|| {
            let names = self.anatomy.subject.iter().flat_map(|name| name.all(oid::COMMON_NAME));
            names.filter_map(|attribute| attribute.value.text().ok()).map(HostName::new).collect()
        })
    }

    /// The last of them, which is the one that clients once looked at; `None` where it is empty.
    #[must_use]
    pub fn common_name(&self) -> Option<&HostName<'a>> {
        self.common_names().last().filter(|name| !name.is_empty())
    }

    /// The DNS names of subjectAltName, as text.
    #[must_use]
    pub fn dns_names(&self) -> &[HostName<'a>] {
        let names = self.alt_names();
        self.dns_names.get_or_init(|| {
            let letters = names.into_iter().flat_map(GeneralNames::dns);
            letters.map(String::from_utf8_lossy).map(HostName::new).collect()
        })
    }

    /// The DNS names of subjectAltName, then the commonName; the empty ones left out.
    pub fn host_names(&self) -> impl Iterator<Item = &HostName<'a>> {
        self.dns_names().iter().chain(self.common_names()).filter(|name| !name.is_empty())
    }

    /// Those of them that are names of Tor's (RFC 7686).
    pub fn onion_names(&self) -> impl Iterator<Item = &HostName<'a>> {
        const END: &str = ".onion";
        self.host_names().filter(|name| {
            let end = name.len().checked_sub(END.len()).and_then(|from| name.get(from..));
            end.is_some_and(|end| end.eq_ignore_ascii_case(END))
        })
    }

    /// Whether it lists one of these policies.
    #[must_use]
    pub fn has_policy(&self, policies: &[Oid<'static>]) -> bool {
        self.policies().is_some_and(|listed| listed.oids().any(|policy| policies.contains(&policy)))
    }

    /// How long it is valid, its last second among it (RFC 5280 section 4.1.2.5).
    #[must_use]
    pub fn lifetime(&self) -> Option<Span> {
        let (begins, ends) = (self.anatomy.not_before.as_ref().ok()?, self.anatomy.not_after.as_ref().ok()?);
        Some(ends.time.since(begins.time) + Span::seconds(1))
    }

    /// Whether it is short-lived (Baseline Requirements section 1.6.1).
    #[must_use]
    pub fn is_short_lived(&self) -> bool {
        is_short_lived(&self.anatomy)
    }

    fn found<T: ExtensionValue<'a>>(&self) -> Field<Option<T>> {
        let value = self.anatomy.value().transpose();
        value.inspect_err(|fault| self.unseen.set(Some(Unseen { kind: T::OID, fault: *fault })))
    }

    /// The letters of the URIs of one method in authorityInfoAccess; none where there is no such extension.
    ///
    /// # Errors
    /// When the extension cannot be read.
    pub fn access_uris(&self, method: Oid<'static>) -> Field<Vec<&'a [u8]>> {
        let access = self.found::<AuthorityInfoAccess<'_>>()?;
        Ok(access.iter().flat_map(|access| access.uris(method)).collect())
    }

    /// The letters of the URIs of all distribution points of CRLs; none where there is no such extension.
    ///
    /// # Errors
    /// When the extension cannot be read.
    pub fn crl_uris(&self) -> Field<Vec<&'a [u8]>> {
        let points = self.found::<CrlDistributionPoints<'_>>()?;
        Ok(points.iter().flat_map(|points| &points.0).flat_map(DistributionPoint::uris).collect())
    }
}
