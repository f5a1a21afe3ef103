//! A CRL that a judgement may use.

use super::search::{Found, Search, Sought};
use super::sieve::SievedCrl;
use crate::der::{Broken, Fault, oid};
use crate::model::{prehash, signature};
use crate::revocation::Because;
use crate::revocation::verdict::strong;
use crate::x509::extension::DeltaCrlIndicator;
use crate::x509::{CrlAnatomy, DistinguishedName, SubjectPublicKeyInfo};
use crate::{SignatureFault, Time};

/// A CRL, held as a whole or read in pieces before.
#[derive(Clone, Debug)]
pub struct Crl<'a> {
    /// Its fields; of one that was read in pieces, without its entries.
    pub anatomy: CrlAnatomy<'a>,
    sieved: Option<&'a SievedCrl>,
    /// The rule that it breaks, in the eyes of whoever asks.
    pub(super) breaks: Option<&'static str>,
}

/// Extensions of CRLs that are understood here.
const KNOWN: [crate::der::Oid<'static>; 5] = [
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::CRL_NUMBER,
    oid::DELTA_CRL_INDICATOR,
    oid::ISSUING_DISTRIBUTION_POINT,
    oid::FRESHEST_CRL,
];

impl<'a> Crl<'a> {
    /// Of the octets of the whole.
    #[must_use]
    pub fn of(der: &'a [u8]) -> Self {
        Self { anatomy: CrlAnatomy::of(der), sieved: None, breaks: None }
    }

    /// One that was read in pieces.
    #[must_use]
    pub fn sieved(sieved: &'a SievedCrl) -> Self {
        Self { anatomy: CrlAnatomy::of(&sieved.read.emptied), sieved: Some(sieved), breaks: None }
    }

    /// One that breaks a rule: it is believed where it says that somebody was revoked, and proves nobody good.
    #[must_use]
    pub const fn breaking(mut self, rule: Option<&'static str>) -> Self {
        self.breaks = rule;
        self
    }

    pub(super) fn is_delta(&self) -> bool {
        self.anatomy.trailer.extension(oid::DELTA_CRL_INDICATOR).is_some()
    }

    pub(super) fn delta(&self) -> Option<DeltaCrlIndicator<'a>> {
        self.anatomy.trailer.readable()
    }

    pub(super) fn issuer(&self) -> Result<&DistinguishedName<'a>, Because> {
        self.anatomy.header.issuer.as_ref().map_err(|fault| unreadable("issuer", *fault))
    }

    /// Whether every field is of its structure, and of the form that RFC 5280 section 5.1 wants.
    pub(super) fn sound(&self) -> Result<(), Because> {
        if let Some((what, fault)) = self.anatomy.faults().first() {
            return Err(unreadable(what, *fault));
        }
        let (header, trailer) = (&self.anatomy.header, &self.anatomy.trailer);
        let version = header.version.map_err(|fault| unreadable("version", fault))?;
        let wrong = |why| Err(unreadable("the CRL", Fault::value(0, why)));
        if version.is_written && version.number != 1 {
            return wrong("a version that is written, and is not 2");
        }
        if trailer.extensions.is_some() && !header.is_version_2() {
            return wrong("extensions without version 2");
        }
        if self.anatomy.lists_nothing() || self.sieved.is_some_and(|sieved| sieved.read.lists_nothing) {
            return wrong("a list of revoked certificates with nothing on it");
        }
        match (&header.tbs_signature, &trailer.signature_algorithm) {
            (Ok(within), Ok(outside)) if within.der() == outside.der() => Ok(()),
            _ => Err(Because::AlgorithmsDiffer),
        }
    }

    /// Whether every critical extension is understood. Their values are read where they are used.
    pub(super) fn understood(&self) -> Result<(), Because> {
        let mut extensions = self.anatomy.trailer.extensions();
        match extensions.find(|extension| extension.critical && !KNOWN.contains(&extension.kind)) {
            Some(extension) => Err(Because::CriticalExtension(extension.kind.shown())),
            None => Ok(()),
        }
    }

    /// Whether it is current.
    pub(super) fn current(&self, at: Time, policy: &super::Policy) -> Result<(), Because> {
        let header = &self.anatomy.header;
        let begins = header.this_update.map_err(|fault| unreadable("thisUpdate", fault))?.time;
        let ends = header.next_update.transpose().map_err(|fault| unreadable("nextUpdate", fault))?;
        if begins > at + policy.tolerance {
            return Err(Because::NotYet(begins));
        }
        if let Some(ends) = ends.filter(|ends| ends.time + policy.tolerance < at) {
            return Err(Because::Stale(ends.time));
        }
        let undated = ends.is_none().then_some(policy.undated);
        match (policy.max_age, undated) {
            (Some(max_age), _) if begins + max_age < at => Err(Because::TooOld(begins)),
            (None, Some(most)) if begins + most < at => Err(Because::Undated(begins)),
            _ => Ok(()),
        }
    }

    pub(super) fn verify(&self, key: &SubjectPublicKeyInfo<'_>) -> Result<(), Because> {
        strong(&self.anatomy.trailer.signature_algorithm)?;
        let held = match self.sieved {
            None => signature::verify(self.anatomy.der, &crate::PublicKey::read(key)),
            Some(sieved) => {
                let trailer = &self.anatomy.trailer;
                match (&sieved.read.digest, &trailer.signature_algorithm, &trailer.signature) {
                    (Some(digest), Ok(algorithm), Ok(signature)) => {
                        prehash::verify(digest, algorithm, signature, key)
                    }
                    _ => Err(SignatureFault::Unsupported),
                }
            }
        };
        held.map_err(Because::Signature)
    }

    /// Whether this key signed it, by an algorithm that is not broken.
    #[must_use]
    pub fn is_signed_by(&self, key: &SubjectPublicKeyInfo<'_>) -> bool {
        self.verify(key).is_ok()
    }

    /// What its entries say of a certificate.
    pub(super) fn look_up(&self, sought: &Sought) -> Result<Option<Found>, Because> {
        if let Some(sieved) = self.sieved {
            return sieved.search.found(sought, self);
        }
        let mut search = Search::new(vec![sought.clone()], self.issuer()?);
        self.anatomy.entries().for_each(|entry| search.take(&entry));
        search.found(sought, self)
    }
}

pub(super) const fn unreadable(what: &'static str, fault: Fault) -> Because {
    Because::Unreadable { what, fault }
}

/// A fault of the CRL as a whole.
pub(super) const fn wrong(why: &'static str) -> Because {
    unreadable("the CRL", Fault::new(0, Broken::Value(why)))
}
