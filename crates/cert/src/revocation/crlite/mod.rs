//! CRLite: the CRLs of all public CAs in one filter, as Firefox gets it from its remote settings.
//!
//! The filter is read by Mozilla's own crate; who brought it, and whether it is the right one, is for the caller.

use aws_lc_rs::digest;
use clubcard_crlite::{CRLiteClubcard, CRLiteKey, CRLiteStatus, IssuerSpkiHash, LogId, Timestamp};

use super::{Because, Source, Statement, Verdict};
use crate::x509::extension::SctList;
use crate::x509::{Anatomy, SubjectPublicKeyInfo};
use crate::{Span, Time};

/// A filter.
pub struct Filter(CRLiteClubcard);

/// How long a filter's word is good that something was not revoked.
const WORTH: Span = Span::days(10);

/// A promise of a log, as far as a filter is asked by it: it tells whether the filter was made with the certificate in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The SHA-256 of the log's key.
    pub log: [u8; 32],
    /// When the log promised, in milliseconds since 1970 (RFC 6962 section 3.2).
    pub millis: u64,
}

/// Octets that are no filter.
#[derive(Debug, thiserror::Error)]
#[error("no CRLite filter: {0}")]
pub struct NoFilter(String);

impl Filter {
    /// Of its octets: a version (3 or 4), a zero, and the filter.
    ///
    /// # Errors
    /// When they are none, or parts of it point out of it.
    pub fn read(octets: &[u8]) -> Result<Self, NoFilter> {
        let filter = CRLiteClubcard::from_bytes(octets).map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            NoFilter(format!("{error}{}", cause.unwrap_or_default()))
        })?;
        // The crate believes these numbers.
        let card = filter.as_ref();
        let (columns, most) = (card.approx_filter.len(), octets.len().saturating_mul(8));
        let fits = card.index().values().all(|block| {
            let sizes = [
                block.approx_filter_m,
                block.approx_filter_offset,
                block.exact_filter_m,
                block.exact_filter_offset,
            ];
            block.approx_filter_rank <= columns && sizes.into_iter().all(|size| size <= most)
        });
        if fits { Ok(Self(filter)) } else { Err(NoFilter("its index points out of it".to_owned())) }
    }

    /// Whether a certificate was revoked, by its own promises of logs and those that came with it.
    #[must_use]
    pub fn judge(
        &self,
        certificate: &Anatomy<'_>,
        issuer: &SubjectPublicKeyInfo<'_>,
        more: &[Logged],
    ) -> Verdict {
        let serial = match certificate.serial {
            Ok(serial) => serial.bytes(),
            Err(fault) => return Verdict::Unknown(Because::Unreadable { what: "the certificate", fault }),
        };
        let spki = digest::digest(&digest::SHA256, issuer.element.whole);
        let spki = <[u8; 32]>::try_from(spki.as_ref()).unwrap_or_default();
        let logged: Vec<Logged> = promises(certificate).chain(more.iter().copied()).collect();
        self.ask(&spki, serial, &logged)
    }

    /// Whether a certificate was revoked: by the SHA-256 of its issuer's SubjectPublicKeyInfo, its serial number as it is written,
    /// and the promises of logs.
    #[must_use]
    pub fn ask(&self, issuer: &[u8; 32], serial: &[u8], logged: &[Logged]) -> Verdict {
        let hash = digest::digest(&digest::SHA256, &[&issuer[..], serial].concat());
        let hash = <[u8; 32]>::try_from(hash.as_ref()).unwrap_or_default();
        let issuer = IssuerSpkiHash(*issuer);
        let key = CRLiteKey::with_hash(&issuer, serial, hash);
        let logged = logged.iter().map(|promise| (LogId(promise.log), Timestamp(promise.millis)));
        match self.0.contains(&key, logged) {
            CRLiteStatus::Good => Verdict::Good,
            CRLiteStatus::Revoked => Verdict::Revoked { at: None, reason: None, invalidity: None },
            CRLiteStatus::NotCovered => Verdict::Unknown(Because::NotCovered),
            CRLiteStatus::NotEnrolled => Verdict::Unknown(Because::NotEnrolled),
        }
    }

    /// What a filter of this name says of a certificate at an instant. What was revoked stays so; that something was not is worth
    /// as long as a CRL may be (Baseline Requirements section 4.9.7: ten days), counted from when its logs were followed last.
    #[must_use]
    pub fn testify(
        &self,
        name: &str,
        certificate: &Anatomy<'_>,
        issuer: &SubjectPublicKeyInfo<'_>,
        at: Time,
    ) -> Statement {
        let until = self.covers_until();
        let verdict = match (self.judge(certificate, issuer, &[]), until) {
            (Verdict::Good, Some(until)) if at.since(until) > WORTH => {
                Verdict::Unknown(Because::TooOld(until))
            }
            (verdict, _) => verdict,
        };
        let source = Source::Crlite(name.to_owned());
        Statement { source, verdict, this_update: until, next_update: None }
    }

    /// Until when its logs were followed: the latest promise of any log that it covers.
    #[must_use]
    pub fn covers_until(&self) -> Option<Time> {
        let latest = self.0.universe().iter().map(|(_, interval)| interval.high.0).max()?;
        Some(Time::from_micros(i64::try_from(latest).unwrap_or(i64::MAX).saturating_mul(1000)))
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filter({} issuers)", self.0.index().len())
    }
}

/// What logs have promised in the certificate itself (RFC 6962 section 3.2: version, log, time).
fn promises(certificate: &Anatomy<'_>) -> impl Iterator<Item = Logged> {
    let list = certificate.readable::<SctList<'_>>().map(|list| list.0).unwrap_or_default();
    list.into_iter().filter_map(|sct| {
        let (0, rest) = sct.octets.split_first()? else { return None };
        let (log, rest) = rest.split_first_chunk::<32>()?;
        Some(Logged { log: *log, millis: u64::from_be_bytes(*rest.first_chunk::<8>()?) })
    })
}

#[cfg(test)]
mod tests;
