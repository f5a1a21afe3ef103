//! The algorithm (RFC 5280 section 6.3.3).

use std::cell::OnceCell;

use super::given::unreadable;
use super::scope::{self, Point, Question};
use super::search::{Found, Sought};
use super::{Crl, Material, Policy, Reach, delta, issuer};
use crate::Time;
use crate::der::oid;
use crate::revocation::{Because, Reason, Reasons, Verdict};
use crate::x509::Anatomy;

/// Whether a certificate was revoked, by CRLs. Of several reasons why that cannot be told, the most telling one.
#[must_use]
pub fn judge(certificate: &Anatomy<'_>, material: &Material<'_, '_>, at: Time, policy: &Policy) -> Verdict {
    let sought = Sought::of(certificate).map_err(|fault| unreadable("the certificate", fault));
    match (Question::of(certificate), sought) {
        (Ok(question), Ok(sought)) => {
            let said = vec![OnceCell::new(); material.crls.len()];
            Inquiry { question: &question, sought: &sought, material, at, policy, said }.verdict()
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
    /// What each CRL says, by its place among them: points may be many, and ask for it again.
    said: Vec<OnceCell<Result<Said, Because>>>,
}

/// What one complete CRL, with its delta, says of the certificate.
#[derive(Clone)]
struct Said {
    scope: Scope,
    /// The entry about it; or why the CRL, which is the newest of its scope all the same, proves nothing.
    entry: Result<Option<Found>, Because>,
}

/// What CRLs follow one another in: issuer, distribution point, and the key that signs.
#[derive(Clone, PartialEq, Eq)]
struct Scope {
    issuer: Vec<Vec<u8>>,
    point: Option<Vec<u8>>,
    key: Vec<u8>,
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
        let newest_first = self.newest_first();
        for point in &self.question.points {
            self.at_point(point, &newest_first, &mut state);
        }
        if self.question.points.is_empty() || self.policy.reach == Reach::Everything {
            self.at_point(&self.question.assumed(), &newest_first, &mut state);
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

    /// The places of the CRLs, by thisUpdate and number.
    fn newest_first(&self) -> Vec<usize> {
        let crls = self.material.crls;
        let begins = |crl: &Crl<'_>| crl.anatomy.header.this_update.ok().map(|moment| moment.time);
        let mut places: Vec<usize> = (0..crls.len()).collect();
        places.sort_by(|one, other| {
            let (one, other) = (&crls[*one], &crls[*other]);
            begins(other).cmp(&begins(one)).then_with(|| delta::compare_numbers(other, one))
        });
        places
    }

    /// Asks every CRL that is of this point. Of one scope only the newest counts; of several scopes, whichever revokes.
    fn at_point(&self, point: &Point<'_>, newest_first: &[usize], state: &mut State) {
        let mut met: Vec<&Scope> = Vec::new();
        for place in newest_first {
            if state.revoked.is_some() {
                return;
            }
            let said = scope::reasons(self.question, point, &self.material.crls[*place], self.policy.reach)
                .and_then(|reasons| Ok((reasons, self.said(*place)?)));
            match said {
                Ok((_, said)) if met.contains(&&said.scope) => {}
                Ok((reasons, said)) => {
                    met.push(&said.scope);
                    state.take(reasons, &said.entry);
                }
                Err(because) => state.doubt(because),
            }
        }
    }

    fn said(&self, place: usize) -> Result<&Said, Because> {
        let said = self.said[place].get_or_init(|| self.ask(&self.material.crls[place]));
        said.as_ref().map_err(Because::clone)
    }

    /// What one complete CRL says, with its delta; an error where it cannot be the newest of anything.
    fn ask(&self, crl: &Crl<'_>) -> Result<Said, Because> {
        crl.sound()?;
        crl.understood()?;
        if crl.is_delta() {
            return Err(Because::DeltaAlone);
        }
        let current = crl.current(self.at, self.policy);
        if let Err(future @ Because::NotYet(_)) = current {
            return Err(future);
        }
        let signer = match (issuer::signer(crl, self.material.issuers), &current) {
            (Ok(signer), _) => signer,
            (Err(because), Ok(())) => return Err(because),
            (Err(_), Err(old)) => return Err(old.clone()),
        };
        let point = crl.anatomy.trailer.extension(oid::ISSUING_DISTRIBUTION_POINT);
        let scope = Scope {
            issuer: crl.issuer()?.normalized(),
            point: point.map(|extension| extension.octets.to_vec()),
            key: signer.key().element.whole.to_vec(),
        };
        // Browsers take no deltas; a base must have been current for as long as it said.
        let takes_delta = self.policy.reach == Reach::Everything;
        let delta = (takes_delta && !matches!(current, Err(Because::Undated(_))))
            .then(|| delta::newest(crl, signer, self.material.crls, self.at, self.policy))
            .flatten();
        Ok(Said { scope, entry: self.entry(crl, delta, current) })
    }

    fn entry(
        &self,
        crl: &Crl<'_>,
        delta: Option<&Crl<'_>>,
        current: Result<(), Because>,
    ) -> Result<Option<Found>, Because> {
        let changed = delta.map(|delta| delta.look_up(self.sought)).transpose()?.flatten();
        let found = match changed {
            Some(changed) => Some(changed),
            None => crl.look_up(self.sought)?,
        };
        let found = found.filter(|found| found.reason != Some(Reason::RemoveFromCrl));
        // One that is out of date still counts where a current delta changes it.
        if let (Err(old), None) = (current, delta) {
            return Err(match found {
                Some(found) => Because::ListedBefore { why: Box::new(old), since: found.at },
                None => old,
            });
        }
        // What breaks a rule is believed where it says that somebody was revoked, and proves nobody good.
        match (found, [Some(crl), delta].into_iter().flatten().find_map(|crl| crl.breaks)) {
            (None, Some(rule)) => Err(Because::BreaksRule(rule)),
            (found, _) => Ok(found),
        }
    }
}

impl State {
    fn take(&mut self, reasons: Reasons, entry: &Result<Option<Found>, Because>) {
        match entry {
            Ok(None) => self.covered = self.covered.or(reasons),
            Ok(Some(found)) => self.revoked = Some(*found),
            Err(because) => self.doubt(because.clone()),
        }
    }

    fn doubt(&mut self, because: Because) {
        self.because = std::mem::replace(&mut self.because, Because::NoCrl).or(because);
    }
}
