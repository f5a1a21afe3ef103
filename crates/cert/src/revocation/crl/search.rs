//! Looking for certificates among the entries of a CRL (RFC 5280 sections 5.3 and 6.3.3 steps i and j).

use std::collections::HashMap;

use super::Crl;
use super::given::{unreadable, wrong};
use crate::Time;
use crate::der::{Fault, Field, Oid, oid};
use crate::revocation::{Because, Reason};
use crate::x509::extension::{
    CertificateIssuer, Extensions, InvalidityDate, IssuingDistributionPoint, ReasonCode,
};
use crate::x509::{Anatomy, CrlEntry, DistinguishedName};

/// A name in the form in which names are compared.
type Name = Vec<Vec<u8>>;

/// A certificate that is looked for: its issuer and its serial number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sought {
    issuer: Name,
    serial: Vec<u8>,
}

impl Sought {
    /// The certificate that this is.
    ///
    /// # Errors
    /// Where its serial number or issuer cannot be read.
    pub fn of(certificate: &Anatomy<'_>) -> Field<Self> {
        let issuer = certificate.issuer.as_ref().map_err(|fault| *fault)?.normalized();
        Ok(Self { issuer, serial: certificate.serial?.shortest().to_vec() })
    }
}

impl Sought {
    pub(super) fn serial(&self) -> &[u8] {
        &self.serial
    }
}

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) at: Time,
    pub(super) reason: Option<Reason>,
    pub(super) invalidity: Option<Time>,
}

/// Extensions of entries that are understood here.
const KNOWN: [Oid<'static>; 3] = [oid::REASON_CODE, oid::INVALIDITY_DATE, oid::CERTIFICATE_ISSUER];

/// One pass over the entries of a CRL, which remembers what it found of the certificates that are looked for.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// By serial number: the issuers of the certificates that have it, and what was found of each.
    found: HashMap<Vec<u8>, Vec<(Name, Option<Found>)>>,
    /// The issuers of the certificates of this entry and those that follow.
    issuers: Vec<Name>,
    /// Whether an entry names another issuer: only those of indirect CRLs may.
    names_issuers: bool,
    has_extensions: bool,
    fault: Option<Fault>,
    critical: Option<String>,
}

impl Search {
    pub(super) fn new(sought: Vec<Sought>, crl_issuer: &DistinguishedName<'_>) -> Self {
        let mut found: HashMap<Vec<u8>, Vec<(Name, Option<Found>)>> = HashMap::new();
        for sought in sought {
            found.entry(sought.serial).or_default().push((sought.issuer, None));
        }
        Self {
            found,
            issuers: vec![crl_issuer.normalized()],
            names_issuers: false,
            has_extensions: false,
            fault: None,
            critical: None,
        }
    }

    /// The same pass, had it looked for another certificate alone, and not met it.
    pub(super) fn of_absent(&self, sought: Sought) -> Self {
        let found = HashMap::from([(sought.serial, vec![(sought.issuer, None)])]);
        Self { found, ..self.clone() }
    }

    /// Takes the next entry in.
    pub(super) fn take(&mut self, entry: &Field<CrlEntry<'_>>) {
        let read = entry.and_then(|entry| Ok((entry, entry.extensions().transpose()?)));
        match read {
            Ok((entry, extensions)) => {
                if let Some(extensions) = &extensions {
                    self.take_extensions(extensions);
                }
                self.compare(&entry, extensions.as_ref());
            }
            Err(fault) => self.fault = self.fault.or(Some(fault)),
        }
    }

    fn take_extensions(&mut self, extensions: &Extensions<'_>) {
        self.has_extensions = true;
        self.fault = self.fault.or_else(|| extensions.faults().next());
        let strange =
            extensions.iter().find(|extension| extension.critical && !KNOWN.contains(&extension.kind));
        if let (None, Some(extension)) = (&self.critical, strange) {
            self.critical = Some(extension.kind.shown());
        }
        match extensions.value::<CertificateIssuer<'_>>() {
            Some(Ok(issuer)) => {
                self.names_issuers = true;
                self.issuers = issuer.directory().map(|name| name.normalized()).collect();
            }
            Some(Err(fault)) => self.fault = self.fault.or(Some(fault)),
            None => {}
        }
    }

    fn compare(&mut self, entry: &CrlEntry<'_>, extensions: Option<&Extensions<'_>>) {
        let Some(all) = self.found.get_mut(entry.serial.shortest()) else { return };
        for (_, found) in all.iter_mut().filter(|(issuer, _)| self.issuers.contains(issuer)) {
            let reason = extensions.and_then(Extensions::value::<ReasonCode>).and_then(Result::ok);
            let invalidity =
                extensions.and_then(Extensions::value::<InvalidityDate<'_>>).and_then(Result::ok);
            let entry = Found {
                at: entry.date.time,
                reason: reason.and_then(|code| code.reason()),
                invalidity: invalidity.map(|date| date.0.time),
            };
            // Of two entries, the one that revokes.
            let is_better = found.is_none_or(|found| found.reason == Some(Reason::RemoveFromCrl));
            if is_better {
                *found = Some(entry);
            }
        }
    }

    /// What was found of a certificate, where the entries of this CRL were all as they must be: one that is not, or has a critical
    /// extension that is not known, makes all of the CRL useless (RFC 5280 section 5.3).
    pub(super) fn found(&self, sought: &Sought, crl: &Crl<'_>) -> Result<Option<Found>, Because> {
        let mut all = self.found.get(&sought.serial).into_iter().flatten();
        let (_, found) = all.find(|(issuer, _)| *issuer == sought.issuer).ok_or(Because::NotSought)?;
        if let Some(fault) = self.fault {
            return Err(unreadable("an entry of the CRL", fault));
        }
        if let Some(kind) = &self.critical {
            return Err(Because::CriticalExtension(kind.clone()));
        }
        if self.has_extensions && !crl.anatomy.header.is_version_2() {
            return Err(wrong("entries with extensions without version 2"));
        }
        let point = crl.anatomy.trailer.readable::<IssuingDistributionPoint<'_>>();
        if self.names_issuers && !point.is_some_and(|point| point.indirect) {
            return Err(wrong("an entry that names an issuer, in a CRL that is not indirect"));
        }
        Ok(*found)
    }
}
