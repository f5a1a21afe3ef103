//! The promises of a certificate, each proved or refuted, and what browsers think of them together.

use notafter_cert::der::{Fault, oid};
use notafter_cert::x509::Anatomy;
use notafter_cert::x509::extension::{SctList, SerializedSct};
use notafter_cert::{Certificate, SignatureFault as CertificateFault, Time, Validity};

use crate::loglist::{Log, MIMICS};
use crate::policy::{self, Evidence, ListAge, Policy, Promise};
use crate::{
    Delivery, Doubt, Entry, Judged, LogList, Report, Sct, SctVerdict, SignatureFault, Source, Wrong,
};

/// How many promises of one list are looked at. Honest certificates have two to five.
const MOST: usize = 64;

/// Judges the promises in a certificate and beside it at an instant. The issuer's certificate is needed for those in the
/// certificate.
#[must_use]
pub fn judge(
    leaf: &Certificate,
    issuer: Option<&Certificate>,
    deliveries: &[Delivery<'_>],
    list: Option<&LogList>,
    at: Time,
) -> Report {
    let anatomy = leaf.anatomy();
    let look = Look { leaf, issuer, list, at, entries: Entries::of(&anatomy, issuer) };
    let embedded = anatomy.value::<SctList<'_>>().map(|found| (Source::Certificate, found));
    let beside = deliveries.iter().map(|delivery| (delivery.source, SctList::of_octets(delivery.list, 0)));
    let rows = embedded.into_iter().chain(beside).flat_map(|(source, found)| look.list(source, found));
    let (scts, promises): (Vec<Judged>, Vec<Option<Promise<'_>>>) = rows.unzip();
    let evidence = Evidence {
        validity: Validity { not_before: leaf.not_before(), not_after: leaf.not_after() },
        at,
        list: list.map_or(ListAge::NoList, |list| list.age(at).map_or(ListAge::Undated, ListAge::Known)),
        promises: promises.into_iter().flatten().collect(),
        presented: scts.len(),
        undetermined: scts.iter().filter(|judged| judged.is_undetermined()).count(),
    };
    let think = |policy: &Policy| (policy.id, policy.judge(&evidence));
    Report { scts, policies: policy::ALL.iter().map(think).collect() }
}

/// What logs have signed of a certificate.
struct Entries<'a> {
    /// Of what stands in it.
    inside: Result<Entry<'a>, Doubt>,
    /// Of what comes beside it.
    beside: Result<Entry<'a>, Doubt>,
}

impl<'a> Entries<'a> {
    /// A precertificate has no promises in it, and what is promised of it is what it was made for.
    fn of(leaf: &Anatomy<'a>, issuer: Option<&Certificate>) -> Self {
        let issuer = issuer.map(Certificate::anatomy).ok_or(Doubt::NoIssuer);
        if leaf.extension(oid::PRECERTIFICATE_POISON).is_some() {
            let entry =
                issuer.and_then(|issuer| Entry::of_precertificate(leaf, &issuer, None).map_err(Doubt::Entry));
            return Self { inside: entry.clone(), beside: entry };
        }
        let inside = issuer.and_then(|issuer| Entry::of_final(leaf, &issuer).map_err(Doubt::Entry));
        Self { inside, beside: Ok(Entry::Certificate(leaf.der)) }
    }
}

/// What is the same for all promises of a certificate.
struct Look<'a> {
    leaf: &'a Certificate,
    issuer: Option<&'a Certificate>,
    list: Option<&'a LogList>,
    at: Time,
    entries: Entries<'a>,
}

impl<'a> Look<'a> {
    fn list(&self, source: Source, found: Result<SctList<'_>, Fault>) -> Vec<(Judged, Option<Promise<'a>>)> {
        let nothing = |verdict| (Judged::nothing(source, verdict), None);
        let list = match found {
            Ok(list) => list.0,
            Err(fault) => return vec![nothing(SctVerdict::Invalid(Wrong::Malformed(fault)))],
        };
        let mut rows: Vec<_> = list.iter().take(MOST).map(|sct| self.sct(source, *sct)).collect();
        let more = list.len().saturating_sub(MOST);
        rows.extend((more > 0).then(|| nothing(SctVerdict::Unknown(Doubt::TooMany(more)))));
        rows
    }

    fn sct(&self, source: Source, serialized: SerializedSct<'_>) -> (Judged, Option<Promise<'a>>) {
        let sct = Sct::of(serialized);
        let log = sct.log.ok().and_then(|id| self.list?.find(id));
        let time = sct.time();
        let verdict = self.proved(source, &sct, log).err().unwrap_or(SctVerdict::Valid);
        let promise = log.zip(time).filter(|_| verdict == SctVerdict::Valid);
        let operator = log.map(|log| time.map_or(log.operator.as_str(), |time| log.operator_at(time)));
        let judged = Judged {
            source,
            log_id: sct.log.ok(),
            log: log.map(|log| log.name.clone()),
            operator: operator.map(str::to_owned),
            state: log.and_then(|log| log.state),
            time,
            leaf_index: sct.leaf_index().and_then(Result::ok),
            verdict,
        };
        (judged, promise.map(|(log, time)| Promise { log, source, time }))
    }

    /// Whether it is proved, or what else is to be said of it. What is certainly worthless comes first.
    fn proved(&self, source: Source, sct: &Sct<'_>, log: Option<&Log>) -> Result<(), SctVerdict> {
        if let Ok(version @ 1..) = sct.version {
            return Err(SctVerdict::Unknown(Doubt::Version(version)));
        }
        let wrong = match sct.fault() {
            Some(fault) => Some(Wrong::Malformed(fault)),
            None if sct.log.is_ok_and(|id| MIMICS.contains(&id)) => Some(Wrong::Mimic),
            None if sct.time().is_some_and(|time| time > self.at) => Some(Wrong::Future),
            None => None,
        };
        wrong.map_or(Ok(()), |wrong| Err(SctVerdict::Invalid(wrong)))?;
        let unlisted = if self.list.is_none() { Doubt::NoList } else { Doubt::Unlisted };
        let log = log.ok_or(SctVerdict::Unknown(unlisted))?;
        let entry = match source {
            Source::Certificate => &self.entries.inside,
            Source::Tls | Source::Ocsp => &self.entries.beside,
        };
        let entry = entry.as_ref().map_err(|doubt| SctVerdict::Unknown(*doubt))?;
        log.key.verify(sct, entry).map_err(|fault| self.unproved(fault, entry))
    }

    fn unproved(&self, fault: SignatureFault, entry: &Entry<'_>) -> SctVerdict {
        SctVerdict::Invalid(match fault {
            SignatureFault::Wrong if self.has_other_issuer(entry) => {
                return SctVerdict::Unknown(Doubt::OtherIssuer);
            }
            SignatureFault::Wrong | SignatureFault::TooLong => Wrong::Signature,
            SignatureFault::Algorithm(algorithm) => Wrong::Algorithm(algorithm),
            SignatureFault::Unreadable(fault) => Wrong::Malformed(fault),
        })
    }

    /// Whether what is signed has the key of somebody in it who did not issue the certificate: a wrong signature says nothing
    /// then.
    fn has_other_issuer(&self, entry: &Entry<'_>) -> bool {
        let is_other = |issuer: &Certificate| self.leaf.is_signed_by(issuer) == Err(CertificateFault::Wrong);
        matches!(entry, Entry::Precertificate { .. }) && self.issuer.is_some_and(is_other)
    }
}
