//! Of revocation: who is to be asked about which certificate, and what came of it.

use std::collections::HashMap;

use notafter_cert::path::{Anchors, Step};
use notafter_cert::revocation::{Because, Exempt, Source, Statement, Status, Verdict, expectation, ocsp};
use notafter_cert::x509::ocsp::OcspResponseAnatomy;
use notafter_cert::{Certificate, Fingerprint, Time};
use notafter_tls::observation::Staple;
use serde::Serialize;

use super::super::Known;

/// What came of asking about certificates.
#[derive(Clone, Debug, Default)]
pub struct Statuses(HashMap<Fingerprint, Status>);

impl Statuses {
    /// Whether this certificate was asked about.
    #[must_use]
    pub fn has(&self, certificate: &Certificate) -> bool {
        self.0.contains_key(&certificate.fingerprint())
    }
}

impl FromIterator<(Fingerprint, Status)> for Statuses {
    fn from_iter<T: IntoIterator<Item = (Fingerprint, Status)>>(statuses: T) -> Self {
        Self(statuses.into_iter().collect())
    }
}

/// What is known of the revocation of one certificate.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateStatus {
    /// SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// What people call it.
    pub name: String,
    /// What all that was said comes to.
    #[serde(flatten)]
    pub told: Told,
    /// Why nobody must tell of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt: Option<&'static str>,
    /// What each source says.
    pub sources: Vec<SourceStatement>,
    /// All of it.
    #[serde(skip)]
    pub status: Status,
    /// The certificate.
    #[serde(skip)]
    pub certificate: Certificate,
}

/// What one source says.
#[derive(Clone, Debug, Serialize)]
pub struct SourceStatement {
    /// `staple`, `ocsp`, `crl` or `crlite`.
    pub source: &'static str,
    /// Its URL or file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub told: Told,
    /// Since when that is known to be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub this_update: Option<Time>,
    /// When something newer will be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Time>,
}

/// A verdict as a document has it.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// `good`, `revoked` or `unknown`.
    pub verdict: &'static str,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Time>,
    /// Why it was revoked, by its name in RFC 5280.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

impl From<&Verdict> for Told {
    fn from(verdict: &Verdict) -> Self {
        let nothing = Self { verdict: "good", because: None, revoked_at: None, reason: None };
        match verdict {
            Verdict::Good => nothing,
            Verdict::Revoked { at, reason, .. } => Self {
                verdict: "revoked",
                revoked_at: *at,
                reason: reason.map(notafter_cert::revocation::Reason::name),
                ..nothing
            },
            Verdict::Unknown(because) => {
                Self { verdict: "unknown", because: Some(because.to_string()), ..nothing }
            }
        }
    }
}

impl From<&Statement> for SourceStatement {
    fn from(statement: &Statement) -> Self {
        Self {
            source: statement.source.kind(),
            place: statement.source.place().map(str::to_owned),
            told: Told::from(&statement.verdict),
            this_update: statement.this_update,
            next_update: statement.next_update,
        }
    }
}

impl CertificateStatus {
    fn of(certificate: &Certificate, status: Status) -> Self {
        Self {
            fingerprint: certificate.fingerprint(),
            name: certificate.shown_name(),
            told: Told::from(&status.verdict()),
            exempt: status.exempt.map(Exempt::name),
            sources: status.statements.iter().map(SourceStatement::from).collect(),
            status,
            certificate: certificate.clone(),
        }
    }

    /// What the stapled answer says, where one came.
    #[must_use]
    pub fn stapled(&self) -> Option<&Statement> {
        self.status.statements.iter().find(|statement| statement.source == Source::Staple)
    }
}

impl Known {
    /// Of which certificates somebody is asked whether they were revoked, each with its issuer: those of a path to a trust anchor,
    /// but for the anchor. A stranger's certificate may name any address; nobody goes there for one that leads to no anchor.
    #[must_use]
    pub fn askable(&self) -> Vec<(Certificate, Certificate)> {
        let Some(path) = self.path.as_deref().filter(|path| path.is_complete()) else { return Vec::new() };
        let pair = |pair: &[Step]| (pair[0].certificate.clone(), pair[1].certificate.clone());
        path.path.windows(2).map(pair).collect()
    }

    /// Whether its path leads to an anchor that browsers have of themselves.
    pub(in super::super) fn is_public(&self) -> bool {
        let anchor = self.path.as_deref().and_then(|path| path.path.last()).filter(|step| step.anchor);
        anchor.is_some_and(|anchor| Anchors::is_public(&anchor.certificate))
    }

    /// What is known of each certificate of which anybody told anything.
    pub(in super::super) fn statuses(
        &self,
        staple: &Staple,
        asked: Option<&Statuses>,
        at: Time,
    ) -> Vec<CertificateStatus> {
        let steps = self.path.iter().flat_map(|path| &path.path);
        let status = |(place, step): (usize, &Step)| {
            let stapled = staple.answer().filter(|_| place == 0).and_then(|answer| self.stapled(answer, at));
            let asked = asked.and_then(|asked| asked.0.get(&step.certificate.fingerprint()));
            if stapled.is_none() && asked.is_none() {
                return None;
            }
            let exempt = expectation(&step.certificate.anatomy(), at).exempt();
            let status = Status { statements: stapled.into_iter().collect(), exempt };
            let status = asked.into_iter().fold(status, Status::and);
            Some(CertificateStatus::of(&step.certificate, status))
        };
        steps.enumerate().filter_map(status).collect()
    }

    /// What a stapled answer says of the leaf; nothing where its issuer is not at hand, who alone could vouch for it.
    fn stapled(&self, answer: &[u8], at: Time) -> Option<Statement> {
        let [leaf, issuer, ..] = &self.path.as_deref()?.path[..] else { return None };
        let (leaf, issuer) = (leaf.certificate.anatomy(), issuer.certificate.anatomy());
        let key = match issuer.key.as_ref() {
            Ok(key) => key,
            Err(fault) => {
                let because = Because::Unreadable { what: "the issuer's key", fault: *fault };
                return Some(Statement::nothing(Source::Staple, because));
            }
        };
        let asked = ocsp::Asked { issuer: key, nonce: None };
        let answer = OcspResponseAnatomy::of(answer);
        let judged = ocsp::judge(&leaf, &answer, &asked, at, &ocsp::Policy::default());
        Some(Statement::of_answer(Source::Staple, judged))
    }
}
