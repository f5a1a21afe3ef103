//! The algorithm (RFC 5280 section 6.3.3).

use super::given::unreadable;
use super::scope::{self, Point, Question};
use super::search::{Found, Sought};
use super::{Crl, Material, Policy, Reach, delta, issuer};
use crate::Time;
use crate::revocation::{Because, Reason, Reasons, Verdict};
use crate::x509::Anatomy;

/// Whether a certificate was revoked, by CRLs. Of several reasons why that cannot be told, the most telling one.
#[must_use]
pub fn judge(certificate: &Anatomy<'_>, material: &Material<'_, '_>, at: Time, policy: &Policy) -> Verdict {
    let sought = Sought::of(certificate).map_err(|fault| unreadable("the certificate", fault));
    match (Question::of(certificate), sought) {
        (Ok(question), Ok(sought)) => {
            let inquiry = Inquiry { question: &question, sought: &sought, material, at, policy };
            inquiry.verdict()
        }
        (Err(because), _) | (_, Err(because)) => Verdict::Unknown(because),
    }
}

struct Inquiry<'q, 'm, 'a> {
    question: &'q Question<'q>,
    sought: &'q Sought,
    material: &'q Material<'m, 'a>,
    at: Time,
    policy: &'q Policy,
}

/// What is known so far.
struct State {
    /// The reasons for which it is known not to be revoked.
    covered: Reasons,
    revoked: Option<Found>,
    because: Because,
}

impl Inquiry<'_, '_, '_> {
    fn verdict(&self) -> Verdict {
        let mut state = State { covered: Reasons::NONE, revoked: None, because: Because::NoCrl };
        for point in &self.question.points {
            self.at_point(point, &mut state);
        }
        if self.question.points.is_empty() || self.policy.reach == Reach::Everything {
            self.at_point(&self.question.assumed(), &mut state);
        }
        let left = Reasons::ALL.without(state.covered);
        match state.revoked {
            Some(found) => {
                Verdict::Revoked { at: Some(found.at), reason: found.reason, invalidity: found.invalidity }
            }
            None if left.is_empty() => Verdict::Good,
            None if state.covered.is_empty() => Verdict::Unknown(state.because),
            None => Verdict::Unknown(Because::ReasonsLeft(left)),
        }
    }

    fn at_point(&self, point: &Point<'_>, state: &mut State) {
        for crl in self.material.crls {
            if state.revoked.is_some() || state.covered == Reasons::ALL {
                return;
            }
            match self.by(crl, point, state.covered) {
                Ok((reasons, found)) => {
                    state.covered = state.covered.or(reasons);
                    state.revoked = found;
                }
                Err(because) => state.because = state.because.clone().or(because),
            }
        }
    }

    /// What one complete CRL, with its delta, says: of which reasons, and whether it revokes.
    fn by(
        &self,
        crl: &Crl<'_>,
        point: &Point<'_>,
        covered: Reasons,
    ) -> Result<(Reasons, Option<Found>), Because> {
        let reasons = scope::reasons(self.question, point, crl, self.policy.reach)?;
        crl.sound()?;
        crl.understood()?;
        if crl.is_delta() {
            return Err(Because::DeltaAlone);
        }
        if reasons.without(covered).is_empty() {
            return Ok((Reasons::NONE, None));
        }
        let current = crl.current(self.at, self.policy);
        let may_have_delta = self.policy.reach == Reach::Everything;
        // A complete CRL that is out of date still counts where a current delta changes it; one from the future never does.
        if current.is_err()
            && !(may_have_delta && matches!(current, Err(Because::Stale(_) | Because::TooOld(_))))
        {
            return current.map(|()| (Reasons::NONE, None));
        }
        let signer = issuer::signer(crl, self.material.issuers)?;
        let delta = may_have_delta
            .then(|| delta::newest(crl, signer, self.material.crls, self.at, self.policy))
            .flatten();
        if delta.is_none() {
            current?;
        }
        let changed = delta.map(|delta| delta.look_up(self.sought)).transpose()?.flatten();
        let found = match changed {
            Some(changed) => Some(changed),
            None => crl.look_up(self.sought)?,
        };
        Ok((reasons, found.filter(|found| found.reason != Some(Reason::RemoveFromCrl))))
    }
}
