//! Authorizations and challenges (RFC 8555 section 7.5).

use notafter_cert::{Identifier, Time};
use serde_json::{Value, json};

use super::request::Request;
use super::{Ca, Effect, Refusal, Response, problem_json};
use crate::challenge::{Challenge, Kind};
use crate::message::{AuthorizationStatus, ChallengeStatus, WireIdentifier};
use crate::problem::Problem;

/// An authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRecord {
    /// Whose it is.
    pub account: usize,
    /// What it is for.
    pub identifier: Identifier,
    /// Where it stands.
    pub status: AuthorizationStatus,
    /// When it ends.
    pub expires: Time,
    /// Its challenges.
    pub challenges: Vec<ChallengeRecord>,
}

/// A challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeRecord {
    /// How.
    pub kind: Kind,
    /// The random half of the key authorization.
    pub token: String,
    /// Where it stands.
    pub status: ChallengeStatus,
    /// When it was fulfilled.
    pub validated: Option<Time>,
    /// Why it failed.
    pub error: Option<Problem>,
    /// How often the client asked for a look.
    pub asked: u32,
}

/// A challenge to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validate {
    /// The authorization, for [`Ca::validated`].
    pub authorization: usize,
    /// The challenge in it, for [`Ca::validated`].
    pub index: usize,
    /// What is expected where.
    pub challenge: Challenge,
}

impl Ca {
    /// An authorization for a new order: a valid one of the account where that is the CA's habit, else a new one.
    pub(super) fn authorize(&mut self, account: usize, identifier: &Identifier, now: Time) -> usize {
        let known = self.authorizations.iter().position(|one| {
            one.account == account
                && one.identifier == *identifier
                && one.status == AuthorizationStatus::Valid
                && one.expires > now
        });
        if let Some(index) =
            known.filter(|_| self.settings.reuse_authorizations_for > notafter_cert::Span::ZERO)
        {
            return index;
        }
        let kinds: Vec<Kind> =
            self.settings.challenges.iter().copied().filter(|kind| kind.fits(identifier)).collect();
        let challenges = kinds
            .into_iter()
            .map(|kind| ChallengeRecord {
                kind,
                token: self.draw(),
                status: ChallengeStatus::Pending,
                validated: None,
                error: None,
                asked: 0,
            })
            .collect();
        self.authorizations.push(AuthorizationRecord {
            account,
            identifier: identifier.clone(),
            status: AuthorizationStatus::Pending,
            expires: now + self.settings.order_within,
            challenges,
        });
        self.authorizations.len() - 1
    }

    pub(super) fn authorization(&mut self, request: &Request, now: Time) -> Result<Response, Refusal> {
        let (account, signed) = self.by_account(request)?;
        let index = self.own_authorization(request, account)?;
        self.expire(index, now);
        let deactivates = signed
            .payload
            .as_ref()
            .is_some_and(|changes| changes.get("status") == Some(&json!("deactivated")));
        if deactivates {
            self.authorizations[index].status = AuthorizationStatus::Deactivated;
        }
        let pending = self.authorizations[index].status == AuthorizationStatus::Pending;
        let response = Response::json(200, &self.authorization_json(index));
        Ok(self.with_poll_after(response, pending))
    }

    pub(super) fn challenge(
        &mut self,
        request: &Request,
        now: Time,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Refusal> {
        let (account, signed) = self.by_account(request)?;
        let index = self.own_authorization(request, account)?;
        self.expire(index, now);
        let missing = || Refusal::new(404, "malformed", "there is no such challenge");
        let which = request.number(2).ok_or_else(missing)?;
        let thumbprint = self.accounts[account].key.thumbprint();
        let authorization = &mut self.authorizations[index];
        let pending = authorization.status == AuthorizationStatus::Pending;
        let identifier = authorization.identifier.clone();
        let challenge = authorization.challenges.get_mut(which).ok_or_else(missing)?;
        if signed.payload.is_some() && pending && challenge.status == ChallengeStatus::Pending {
            challenge.status = ChallengeStatus::Processing;
            challenge.asked += 1;
            let expected = Challenge::new(identifier, challenge.kind, &challenge.token, &thumbprint);
            effects.extend(expected.map(|challenge| {
                Effect::Validate(Validate { authorization: index, index: which, challenge })
            }));
        }
        let up = format!("<{}>;rel=\"up\"", self.url(&format!("/authorization/{index}")));
        Ok(Response::json(200, &self.challenge_json(index, which)).with("link", up))
    }

    /// Takes what a validator saw; `problem` when the challenge was not answered as it should.
    pub fn validated(&mut self, authorization: usize, challenge: usize, problem: Option<Problem>, now: Time) {
        let now = now + self.settings.clock_ahead;
        let reuse = self.settings.reuse_authorizations_for;
        let Some(record) = self.authorizations.get_mut(authorization) else { return };
        let Some(looked_at) = record.challenges.get_mut(challenge) else { return };
        if looked_at.status != ChallengeStatus::Processing {
            return;
        }
        match problem {
            None => {
                looked_at.status = ChallengeStatus::Valid;
                looked_at.validated = Some(now);
                record.status = AuthorizationStatus::Valid;
                record.expires = record.expires.max(now + reuse);
            }
            Some(problem) => {
                looked_at.status = ChallengeStatus::Invalid;
                looked_at.error = Some(problem);
                record.status = AuthorizationStatus::Invalid;
            }
        }
    }

    fn own_authorization(&self, request: &Request, account: usize) -> Result<usize, Refusal> {
        let index = request.number(1).filter(|index| *index < self.authorizations.len());
        let index = index.ok_or_else(|| Refusal::new(404, "malformed", "there is no such authorization"))?;
        if self.authorizations[index].account != account {
            return Err(Refusal::new(401, "unauthorized", "this is another account's authorization"));
        }
        Ok(index)
    }

    fn expire(&mut self, index: usize, now: Time) {
        let authorization = &mut self.authorizations[index];
        let open = matches!(authorization.status, AuthorizationStatus::Pending | AuthorizationStatus::Valid);
        if open && authorization.expires <= now {
            authorization.status = AuthorizationStatus::Expired;
        }
    }

    pub(super) fn with_poll_after(&self, response: Response, waiting: bool) -> Response {
        match self.settings.poll_after.filter(|_| waiting) {
            Some(pause) => response.with("retry-after", pause.as_seconds().to_string()),
            None => response,
        }
    }

    fn authorization_json(&self, index: usize) -> Value {
        let record = &self.authorizations[index];
        let mut identifier = WireIdentifier::from(&record.identifier);
        let wildcard = identifier.value.strip_prefix("*.").map(str::to_owned);
        let is_wildcard = wildcard.is_some();
        identifier.value = wildcard.unwrap_or(identifier.value);
        let mut challenges: Vec<Value> = Vec::new();
        if self.settings.offers_unknown_challenge {
            challenges.push(json!({
                "type": "dns-persist-01", "url": self.url("/"), "status": "pending",
                "issuer-domain-names": ["ca.example"],
            }));
        }
        challenges.extend((0..record.challenges.len()).map(|which| self.challenge_json(index, which)));
        let mut body = json!({
            "identifier": identifier, "status": record.status, "expires": record.expires, "challenges": challenges,
        });
        if is_wildcard {
            body["wildcard"] = json!(true);
        }
        body
    }

    fn challenge_json(&self, authorization: usize, which: usize) -> Value {
        let record = &self.authorizations[authorization].challenges[which];
        let mut body = json!({
            "type": record.kind,
            "url": self.url(&format!("/challenge/{authorization}/{which}")),
            "token": record.token,
            "status": record.status,
        });
        if let Some(at) = record.validated {
            body["validated"] = json!(at);
        }
        if let Some(problem) = &record.error {
            body["error"] = problem_json(problem);
        }
        body
    }
}
