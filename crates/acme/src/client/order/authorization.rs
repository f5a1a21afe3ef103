//! The authorizations of an order, and what the CA made of them.

use notafter_cert::{Identifier, Time};
use serde::{Deserialize, Serialize};

use super::{MAX_TELLINGS, OrderFlow, Stage};
use crate::answer::Answer;
use crate::challenge::{Challenge, Kind};
use crate::failure::{Code, Failure};
use crate::message::{self, AuthorizationStatus, ChallengeStatus};
use crate::problem::Problem;

/// One authorization of the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Authorization {
    pub(super) url: String,
    pub(super) identifier: Option<Identifier>,
    pub(super) state: AuthorizationState,
    pub(super) expires: Option<Time>,
    pub(super) kind: Option<Kind>,
    pub(super) token: Option<String>,
    pub(super) challenge_url: Option<String>,
    /// Whether the CA was told to look.
    pub(super) told: bool,
    /// How often the CA was told.
    pub(super) tellings: u32,
    /// Whether it is uncertain that the CA heard it.
    pub(super) doubtful: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AuthorizationState {
    Unread,
    Pending,
    Valid,
    Invalid(Option<Problem>),
}

impl Authorization {
    pub(super) fn unread(url: String) -> Self {
        Self {
            url,
            identifier: None,
            state: AuthorizationState::Unread,
            expires: None,
            kind: None,
            token: None,
            challenge_url: None,
            told: false,
            tellings: 0,
            doubtful: false,
        }
    }

    pub(super) fn is_untold(&self) -> bool {
        self.state == AuthorizationState::Pending && !self.told
    }

    pub(super) fn challenge(&self, thumbprint: &str) -> Option<Challenge> {
        Challenge::new(self.identifier.clone()?, self.kind?, self.token.as_deref()?, thumbprint)
    }

    pub(super) fn shown(&self) -> String {
        self.identifier.as_ref().map_or_else(|| "an identifier".to_owned(), ToString::to_string)
    }
}

impl OrderFlow {
    /// An authorization was read, for the first time or again.
    pub(super) fn read_authorization(&mut self, answer: &Answer, now: Time) -> Result<(), Failure> {
        let read: message::Authorization = answer.json("read an authorization")?;
        let polling = self.stage == Stage::Validating;
        let Some(index) = self.authorization_to_read() else { return Ok(()) };
        let identifier = self.authorized_identifier(&read)?;
        let known = self.authorizations()[index].identifier.clone();
        if known.is_some_and(|known| known != identifier) {
            return Err(untruthful(format!("the authorization for {identifier} was another's before")));
        }
        match read.status {
            AuthorizationStatus::Pending => self.pending(index, &read, &identifier)?,
            AuthorizationStatus::Valid => self.authorizations()[index].state = AuthorizationState::Valid,
            AuthorizationStatus::Invalid => {
                let problem = read.challenges.iter().find_map(|challenge| challenge.error.clone());
                self.authorizations()[index].state = AuthorizationState::Invalid(problem);
            }
            AuthorizationStatus::Deactivated
            | AuthorizationStatus::Expired
            | AuthorizationStatus::Revoked => {
                self.lapse(&format!("the authorization for {identifier} ended before it was used"), now);
                return Ok(());
            }
            AuthorizationStatus::Unknown => {
                let text = format!("the authorization for {identifier} has no status that RFC 8555 knows");
                return Err(Failure::new(Code::UnreadableAnswer, text));
            }
        }
        let authorization = &mut self.authorizations()[index];
        authorization.identifier = Some(identifier);
        authorization.expires = read.expires;
        let still_pending = authorization.state == AuthorizationState::Pending;
        self.setbacks.clear();
        if polling && still_pending {
            self.poll_pause(answer.retry_after(), now);
        }
        Ok(())
    }

    /// Which authorization is to be read: first those that were never read or whose last word is in doubt.
    pub(super) fn authorization_to_read(&self) -> Option<usize> {
        let list = &self.order.as_ref()?.authorizations;
        let pending = |one: &&Authorization| one.state == AuthorizationState::Pending;
        let first = list.iter().position(|one| match self.stage {
            Stage::Validating => one.doubtful && pending(&one),
            _ => one.state == AuthorizationState::Unread,
        });
        first.or_else(|| list.iter().position(|one| self.stage == Stage::Validating && pending(&one)))
    }

    /// The identifier it is for, which must be one of those ordered.
    fn authorized_identifier(&self, read: &message::Authorization) -> Result<Identifier, Failure> {
        let shown =
            || untruthful(format!("an authorization for {:?}, which was not ordered", read.identifier.value));
        let bare = read.identifier.known().ok_or_else(shown)?;
        let wildcard = match &bare {
            Identifier::Dns(name) => format!("*.{name}").parse().ok(),
            Identifier::Ip(_) => None,
        };
        let ordered = |candidate: &Identifier| self.identifiers.contains(candidate);
        // A CA that leaves out `wildcard` is understood where only the wildcard was ordered.
        match wildcard.filter(ordered) {
            Some(wildcard) if read.wildcard || !ordered(&bare) => Ok(wildcard),
            _ if ordered(&bare) => Ok(bare),
            _ => Err(shown()),
        }
    }

    fn pending(
        &mut self,
        index: usize,
        read: &message::Authorization,
        identifier: &Identifier,
    ) -> Result<(), Failure> {
        let known = self.authorizations()[index].challenge_url.clone();
        if let Some(url) = known {
            let ours = read.challenges.iter().find(|one| {
                one.url.as_deref().and_then(|given| self.origin.pin(given).ok()).as_deref()
                    == Some(url.as_str())
            });
            let authorization = &mut self.authorizations()[index];
            match ours {
                Some(ours) if ours.status == ChallengeStatus::Invalid => {
                    authorization.state = AuthorizationState::Invalid(ours.error.clone());
                }
                // `pending` although the CA was told is normal, unless it may never have heard it.
                Some(ours) if ours.status == ChallengeStatus::Pending && authorization.doubtful => {
                    authorization.told = authorization.tellings >= MAX_TELLINGS;
                }
                _ => {}
            }
            authorization.doubtful = false;
            return Ok(());
        }
        let usable = self.kinds.iter().filter(|kind| kind.fits(identifier)).find_map(|kind| {
            let offered = read.challenges.iter().find(|one| one.kind == kind.name())?;
            let (token, url) = (offered.token.clone()?, offered.url.as_deref()?);
            Challenge::new(identifier.clone(), *kind, &token, &self.account.thumbprint)?;
            Some((*kind, token, url, offered.status))
        });
        let Some((kind, token, url, status)) = usable else {
            let offered: Vec<&str> = read.challenges.iter().map(|one| one.kind.as_str()).collect();
            let text = format!(
                "for {identifier} the CA offers {}, none of which can be answered",
                offered.join(", ")
            );
            return Err(Failure::new(Code::NoUsableChallenge, text).about(vec![identifier.clone()]));
        };
        let url = self.origin.pin(url)?;
        let authorization = &mut self.authorizations()[index];
        authorization.state = AuthorizationState::Pending;
        authorization.kind = Some(kind);
        authorization.token = Some(token);
        authorization.challenge_url = Some(url);
        authorization.told = status == ChallengeStatus::Processing;
        Ok(())
    }

    /// The CA took note that a challenge is ready; what it says about it shows at the next look.
    pub(super) fn told(&mut self, now: Time) {
        if let Some(authorization) = self.authorizations().iter_mut().find(|one| one.is_untold()) {
            authorization.told = true;
        }
        self.setbacks.clear();
        self.polls = 0;
        if !self.authorizations().iter().any(Authorization::is_untold) {
            self.enter(Stage::Validating, now);
            self.poll_pause(None, now);
        }
    }

    /// Every authorization has ended, and at least one badly: each failing identifier is named with the CA's words.
    pub(super) fn fail_validation(&mut self, now: Time) {
        let mut failure = Failure::new(Code::ChallengeFailed, "the CA could not confirm control over:");
        let mut codes = Vec::new();
        for authorization in self.authorizations() {
            let AuthorizationState::Invalid(problem) = &authorization.state else { continue };
            let words = problem.as_ref().map_or("no reason given", |problem| problem.detail.as_str());
            failure.message.push_str(&format!(" {} ({words});", authorization.shown()));
            failure.identifiers.extend(authorization.identifier.clone());
            codes.push(problem.as_ref().map_or(Code::ChallengeFailed, challenge_code));
            failure.problem = failure.problem.or_else(|| problem.clone().map(Box::new));
        }
        failure.message.pop();
        // One cause for all, or the general one.
        if let Some(first) = codes.first().filter(|first| codes.iter().all(|code| code == *first)) {
            failure.code = *first;
        }
        self.fail(failure, now);
    }
}

/// In a challenge, `unauthorized` means that the answer was wrong, and says nothing about the account (RFC 8555 section
/// 8.3).
fn challenge_code(problem: &Problem) -> Code {
    match problem.code() {
        code @ (Code::Caa
        | Code::IdentifierRejected
        | Code::ServerError
        | Code::RateLimited
        | Code::Paused) => code,
        _ => Code::ChallengeFailed,
    }
}

pub(super) fn untruthful(text: String) -> Failure {
    Failure::new(Code::UntruthfulAnswer, format!("the CA answered with {text}"))
}
