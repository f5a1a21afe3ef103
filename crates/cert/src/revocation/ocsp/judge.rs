//! Judging an answer (RFC 6960 section 3.2).

use super::responder::{self, Issuer};
use super::{Asked, CertificateIdentity, Judgement, NonceRule, Policy, Signer};
use crate::Time;
use crate::der::{Fault, Field, Oid, oid};
use crate::revocation::{Because, Verdict};
use crate::x509::extension::{Extensions, OcspNonce};
use crate::x509::ocsp::{BasicResponse, CertStatus, OcspResponseAnatomy, OcspStatus, SingleResponse};
use crate::x509::{Anatomy, SubjectPublicKeyInfo};

/// Whether a certificate was revoked, by an answer to a question about it, or one that came stapled.
#[must_use]
pub fn judge(
    certificate: &Anatomy<'_>,
    response: &OcspResponseAnatomy<'_>,
    asked: &Asked<'_, '_>,
    at: Time,
    policy: &Policy,
) -> Judgement {
    let produced_at =
        response.basic.as_ref().and_then(|basic| basic.produced_at.ok()).map(|moment| moment.time);
    let unknown = |because, signer| Judgement {
        verdict: Verdict::Unknown(because),
        signer,
        produced_at,
        this_update: None,
        next_update: None,
    };
    let inquiry = Inquiry { certificate, asked, at, policy };
    let (basic, answers) = match inquiry.answers(response) {
        Ok(found) => found,
        Err(because) => return unknown(because, None),
    };
    let signer = match inquiry.signer(basic).and_then(|signer| inquiry.nonce(basic).map(|()| signer)) {
        Ok(signer) => signer,
        Err(because) => return unknown(because, None),
    };
    inquiry.worst(&answers, signer, produced_at)
}

/// Whether a response has an answer about this certificate, whatever it says and whoever signed it.
#[must_use]
pub fn is_about(
    response: &OcspResponseAnatomy<'_>,
    certificate: &Anatomy<'_>,
    issuer: &SubjectPublicKeyInfo<'_>,
) -> bool {
    let Ok(identity) = CertificateIdentity::of(certificate, issuer) else { return false };
    let answers = response.basic.iter().flat_map(BasicResponse::responses);
    answers.into_iter().any(|answer| identity.is(&answer.certificate))
}

struct Inquiry<'q, 'a> {
    certificate: &'q Anatomy<'a>,
    asked: &'q Asked<'q, 'a>,
    at: Time,
    policy: &'q Policy,
}

type Answers<'r, 'b> = (&'r BasicResponse<'b>, Vec<&'r SingleResponse<'b>>);

impl Inquiry<'_, '_> {
    /// The answers about this certificate: one is the rule.
    fn answers<'r, 'b>(&self, response: &'r OcspResponseAnatomy<'b>) -> Result<Answers<'r, 'b>, Because> {
        match response.status.map_err(|fault| unreadable("responseStatus", fault))? {
            OcspStatus::Successful => {}
            other => return Err(Because::Responder(other)),
        }
        if let Some(Ok(kind)) = response.kind.filter(|kind| *kind != Ok(oid::OCSP_BASIC)) {
            return Err(Because::OtherKind(kind.shown()));
        }
        if let Some((what, fault)) = response.faults().first() {
            return Err(unreadable(what, *fault));
        }
        let basic = response.basic.as_ref().ok_or(Because::OtherKind("nothing".to_owned()))?;
        if basic.version != Ok(0) {
            return Err(unreadable("the answer", Fault::value(0, "a version other than 1")));
        }
        understood(basic.extensions.as_ref())?;
        let identity = CertificateIdentity::of(self.certificate, self.asked.issuer)
            .map_err(|fault| unreadable("the certificate", fault))?;
        let answers: Vec<_> = basic.responses().filter(|answer| identity.is(&answer.certificate)).collect();
        answers.iter().try_for_each(|answer| understood(answer.extensions.as_ref()))?;
        if answers.is_empty() { Err(Because::OtherCertificate) } else { Ok((basic, answers)) }
    }

    fn signer(&self, basic: &BasicResponse<'_>) -> Result<Signer, Because> {
        let responder = basic.responder.as_ref().map_err(|fault| unreadable("responderID", *fault))?;
        let name = self.certificate.issuer.as_ref().map_err(|fault| unreadable("the certificate", *fault))?;
        let issuer = Issuer { name, key: self.asked.issuer };
        responder::signer(basic, responder, &issuer, self.at, self.policy.tolerance)
    }

    fn nonce(&self, basic: &BasicResponse<'_>) -> Result<(), Because> {
        let Some(sent) = self.asked.nonce else { return Ok(()) };
        match basic.value::<OcspNonce<'_>>() {
            Some(Ok(back)) if back.octets == sent => Ok(()),
            Some(_) => Err(Because::NonceDiffers),
            None if self.policy.nonce == NonceRule::MayBeLeftOut => Ok(()),
            None => Err(Because::NonceMissing),
        }
    }

    /// Of several current answers about one certificate, the worst.
    fn worst(&self, answers: &[&SingleResponse<'_>], signer: Signer, produced_at: Option<Time>) -> Judgement {
        let judged = answers.iter().map(|answer| (self.verdict(answer, produced_at), *answer));
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Revoked { .. } => 3,
            Verdict::Unknown(Because::NotKnownToResponder) => 2,
            Verdict::Good => 1,
            Verdict::Unknown(_) => 0,
        };
        let (verdict, answer) = match judged.max_by_key(|(verdict, _)| rank(verdict)) {
            Some((verdict, answer)) => (verdict, Some(answer)),
            None => (Verdict::Unknown(Because::OtherCertificate), None),
        };
        Judgement {
            verdict,
            signer: Some(signer),
            produced_at,
            this_update: answer.and_then(|answer| answer.this_update.ok()).map(|moment| moment.time),
            next_update: answer
                .and_then(|answer| answer.next_update.and_then(Result::ok))
                .map(|moment| moment.time),
        }
    }

    fn verdict(&self, answer: &SingleResponse<'_>, produced_at: Option<Time>) -> Verdict {
        match self.current(answer, produced_at) {
            Err(because) => Verdict::Unknown(because),
            Ok(CertStatus::Good) => Verdict::Good,
            Ok(CertStatus::Unknown) => Verdict::Unknown(Because::NotKnownToResponder),
            Ok(CertStatus::Revoked { at, reason }) => Verdict::Revoked {
                at: Some(at.time),
                reason: reason.and_then(|reason| reason.reason()),
                invalidity: None,
            },
        }
    }

    /// What it says, where it is current.
    fn current<'b>(
        &self,
        answer: &SingleResponse<'b>,
        produced: Option<Time>,
    ) -> Result<CertStatus<'b>, Because> {
        let begins = answer.this_update.map_err(|fault| unreadable("thisUpdate", fault))?.time;
        let ends = answer.next_update.transpose().map_err(|fault| unreadable("nextUpdate", fault))?;
        let (early, late) = (self.at + self.policy.tolerance, self.at - self.policy.tolerance);
        if let Some(future) = [Some(begins), produced].into_iter().flatten().find(|instant| *instant > early)
        {
            return Err(Because::NotYet(future));
        }
        if let Some(ends) = ends.filter(|ends| ends.time < late) {
            return Err(Because::Stale(ends.time));
        }
        let born = self.certificate.not_before.ok().map(|moment| moment.time);
        if let (Some(born), Some(produced)) = (born, produced)
            && produced + self.policy.tolerance < born
        {
            return Err(Because::BeforeCertificate(produced));
        }
        let undated = ends.is_none().then_some(self.policy.undated);
        match (self.policy.max_age, undated) {
            (Some(max_age), _) if begins + max_age < self.at => return Err(Because::TooOld(begins)),
            (None, Some(most)) if begins + most < self.at => return Err(Because::Undated(begins)),
            _ => {}
        }
        answer.status.map_err(|fault| unreadable("certStatus", fault))
    }
}

/// Whether every critical extension is one that is understood here.
fn understood(extensions: Option<&Field<Extensions<'_>>>) -> Result<(), Because> {
    const KNOWN: [Oid<'static>; 4] =
        [oid::OCSP_NONCE, oid::OCSP_ARCHIVE_CUTOFF, oid::OCSP_EXTENDED_REVOKE, oid::OCSP_SCT_LIST];
    let Some(Ok(extensions)) = extensions else { return Ok(()) };
    if let Some(fault) = extensions.faults().next() {
        return Err(unreadable("an extension of the answer", fault));
    }
    match extensions.iter().find(|one| one.critical && !KNOWN.contains(&one.kind)) {
        Some(extension) => Err(Because::CriticalExtension(extension.kind.shown())),
        None => Ok(()),
    }
}

const fn unreadable(what: &'static str, fault: Fault) -> Because {
    Because::Unreadable { what, fault }
}
