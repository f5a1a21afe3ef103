//! Changing an account's key (RFC 8555 section 7.3.5) in two durable phases.
//!
//! Phase one: the new key is in the vault and this flow is stored. Phase two: the CA is told. Whatever is lost in between,
//! the CA is asked which of the two keys it knows, so the account can never end up with a key that nobody holds. Where it
//! does not say of the new one, it is asked by the old one.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Body, Call, Do, Reply, Setbacks, SignWith};
use crate::failure::{Code, Failure};
use crate::jose::{Jwk, SigningInput, key_change_input};
use crate::message::Directory;
use crate::origin::Origin;

/// What the new key signs before the flow begins.
///
/// # Errors
/// When the CA offers no key change.
pub fn inner(
    directory: &Directory,
    account_url: &str,
    old: &Jwk,
    new: &Jwk,
) -> Result<SigningInput, Failure> {
    Ok(key_change_input(new, old, account_url, key_change_url(directory)?))
}

/// A key change under way. `Done` means that the CA knows the new key and no longer the old one, `Failed` that it refused
/// and keeps the old one. As long as neither is certain, the flow waits and asks again: it never gives up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloverFlow {
    origin: Origin,
    key_change: String,
    new_account: String,
    account_url: String,
    inner: Value,
    stage: Stage,
    awaiting_reply: bool,
    setbacks: Setbacks,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
enum Stage {
    /// keyChange.
    Changing,
    /// The reply was lost: does the CA know the new key?
    Probing,
    /// It did not say whether it knows the new key, because of this: does the old one still hold?
    Asking { unsaid: Failure },
    /// It knows the new key.
    Done,
    /// It keeps the old key.
    Failed { failure: Failure },
}

const ASK: &str = "ask which key the account has";

impl RolloverFlow {
    /// Begins, with the finished JWS of [`inner`].
    ///
    /// # Errors
    /// When the CA offers no key change.
    pub fn begin(directory: &Directory, account_url: &str, inner: Value) -> Result<Self, Failure> {
        Ok(Self {
            origin: directory.origin.clone(),
            key_change: key_change_url(directory)?.to_owned(),
            new_account: directory.new_account.clone(),
            account_url: account_url.to_owned(),
            inner,
            stage: Stage::Changing,
            awaiting_reply: false,
            setbacks: Setbacks::default(),
        })
    }

    /// What to do now; store the flow before sending.
    pub fn next(&mut self, now: Time) -> Do<()> {
        if let Some(wait) = self.setbacks.wait(now, "until the CA is asked again about the account's key") {
            return Do::Wait(wait);
        }
        if self.awaiting_reply && self.stage == Stage::Changing {
            self.stage = Stage::Probing;
        }
        let call = match &self.stage {
            Stage::Done => return Do::Done(()),
            Stage::Failed { failure } => return Do::Failed(failure.clone()),
            Stage::Changing => Call::post(
                "change the account's key",
                self.key_change.clone(),
                &self.account_url,
                self.inner.clone(),
            ),
            Stage::Asking { .. } => Call::read(ASK, self.account_url.clone(), &self.account_url),
            Stage::Probing => Call {
                doing: ASK,
                url: self.new_account.clone(),
                body: Body::Post(json!({ "onlyReturnExisting": true })),
                sign_with: SignWith::NextAccountJwk,
                accept: None,
            },
        };
        self.awaiting_reply = true;
        Do::Send(call)
    }

    /// Takes the reply to the request that [`RolloverFlow::next`] gave.
    pub fn take(&mut self, reply: Reply, now: Time) {
        let outcome = match reply {
            Ok(answer) => match answer.success("change the account's key") {
                Ok(()) => Ok(answer.header("location").map(str::to_owned)),
                Err(failure) => Err(failure),
            },
            Err(miss) => {
                self.awaiting_reply = !miss.never_left;
                Err(miss.failure)
            }
        };
        match (&self.stage, outcome) {
            (Stage::Changing, Ok(_)) => self.end(Stage::Done),
            (Stage::Asking { .. }, Ok(_)) => self.end(Stage::Changing),
            (Stage::Probing, Ok(location)) => self.probed(location.as_deref()),
            // The new key has no account: the change did not happen, and may be asked for again.
            (Stage::Probing, Err(failure)) if failure.code == Code::AccountUnknown => {
                self.end(Stage::Changing);
            }
            (_, Err(failure)) if failure.is_passing() => {
                self.setbacks.note(failure, now);
            }
            (Stage::Probing, Err(unsaid)) => self.stage = Stage::Asking { unsaid },
            (Stage::Asking { unsaid }, Err(failure)) => self.unsaid(unsaid.code, failure, now),
            (_, Err(failure)) => self.stage = Stage::Failed { failure },
            (Stage::Done | Stage::Failed { .. }, Ok(_)) => {}
        }
    }

    /// Neither key was said to be the account's. A closed account is refused everything (RFC 8555 section 7.3.6), and one
    /// that is gone has no key; whatever else it is, the CA may know the new key, and both are kept.
    fn unsaid(&mut self, of_new: Code, of_old: Failure, now: Time) {
        let closed = of_new == Code::Unauthorized && of_old.code == Code::Unauthorized;
        if closed || of_old.code == Code::AccountUnknown {
            self.end(Stage::Failed { failure: of_old });
        } else {
            self.stage = Stage::Probing;
            self.setbacks.note(of_old, now);
        }
    }

    fn probed(&mut self, location: Option<&str>) {
        let same =
            location.and_then(|given| self.origin.pin(given).ok()).is_some_and(|url| url == self.account_url);
        let stage = if same {
            Stage::Done
        } else {
            let text = "the new key belongs to another account at this CA".to_owned();
            Stage::Failed { failure: Failure::new(Code::Unauthorized, text) }
        };
        self.end(stage);
    }

    fn end(&mut self, stage: Stage) {
        self.awaiting_reply = false;
        self.setbacks.clear();
        self.stage = stage;
    }
}

fn key_change_url(directory: &Directory) -> Result<&str, Failure> {
    directory.key_change.as_deref().ok_or_else(|| {
        Failure::new(
            Code::NotOffered,
            format!("the CA at {} offers no change of account keys", directory.origin),
        )
    })
}
