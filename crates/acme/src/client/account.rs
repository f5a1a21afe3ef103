//! Accounts (RFC 8555 section 7.3): making or finding one, changing its contacts, closing it.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Body, Call, Do, Reply, Setbacks, SignWith};
use crate::answer::Answer;
use crate::failure::{Code, Failure};
use crate::message::{Account, AccountStatus, Directory};
use crate::origin::Origin;

/// After this many consecutive setbacks the attempt has failed; nothing is lost by beginning anew.
const MAX_SETBACKS: u32 = 4;

/// An account at its CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The account's URL: its name in every later request.
    pub url: String,
    /// Where its orders are listed, if the CA does that.
    pub orders: Option<String>,
    /// The contacts the CA has.
    pub contact: Vec<String>,
    /// Whether it existed before.
    pub existed: bool,
}

/// What is wanted of a new account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// `mailto:` URLs.
    pub contact: Vec<String>,
    /// Whether the person agreed to the CA's terms of service.
    pub terms_agreed: bool,
    /// The finished inner JWS of an external account binding
    /// ([`external_account_input`](crate::jose::external_account_input), signed with the CA's MAC key).
    pub external_account: Option<Value>,
}

/// Makes an account for a key, or finds the one that the key has.
///
/// A reply to newAccount that was lost is found out with `onlyReturnExisting` (section 7.3.1): an account is asked for
/// again only when the CA says that the key has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFlow {
    origin: Origin,
    new_account: String,
    wanted: Wanted,
    stage: Stage,
    awaiting_reply: bool,
    setbacks: Setbacks,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
enum Stage {
    /// newAccount.
    Making,
    /// newAccount with onlyReturnExisting; `make_if_none` tells whether its absence leads back to making.
    Finding { make_if_none: bool },
    /// The end.
    Done { account: Registered },
    /// The other end.
    Failed { failure: Failure },
}

impl AccountFlow {
    /// Begins to make an account.
    ///
    /// # Errors
    /// When the CA has terms that were not agreed to, or wants an external account binding that is missing.
    pub fn begin(directory: &Directory, wanted: Wanted) -> Result<Self, Failure> {
        if let Some(terms) = directory.meta.terms_of_service.as_ref().filter(|_| !wanted.terms_agreed) {
            // The link is told with it.
            let failure =
                Failure::new(Code::TermsNotAgreed, "the CA's terms of service are not agreed to".to_owned());
            return Err(Failure { link: Some(terms.clone()), ..failure });
        }
        if directory.meta.external_account_required && wanted.external_account.is_none() {
            return Err(Failure::new(
                Code::ExternalAccountRequired,
                format!(
                    "the CA at {} makes accounts only with an external account binding",
                    directory.origin
                ),
            ));
        }
        Ok(Self::at(directory, wanted, Stage::Making))
    }

    /// Begins to find the account that the key has at this CA; [`Code::AccountUnknown`] if there is none.
    #[must_use]
    pub fn find(directory: &Directory) -> Self {
        Self::at(directory, Wanted::default(), Stage::Finding { make_if_none: false })
    }

    fn at(directory: &Directory, wanted: Wanted, stage: Stage) -> Self {
        Self {
            origin: directory.origin.clone(),
            new_account: directory.new_account.clone(),
            wanted,
            stage,
            awaiting_reply: false,
            setbacks: Setbacks::default(),
        }
    }

    /// What to do now; store the flow before sending.
    pub fn next(&mut self, now: Time) -> Do<Registered> {
        if let Some(wait) = self.setbacks.wait(now, "until the CA is asked again for the account") {
            return Do::Wait(wait);
        }
        if self.awaiting_reply && matches!(self.stage, Stage::Making) {
            self.stage = Stage::Finding { make_if_none: true };
        }
        let (doing, payload) = match &self.stage {
            Stage::Done { account } => return Do::Done(account.clone()),
            Stage::Failed { failure } => return Do::Failed(failure.clone()),
            Stage::Making => ("make the account", self.wanted.payload()),
            Stage::Finding { .. } => ("find the account", json!({ "onlyReturnExisting": true })),
        };
        self.awaiting_reply = true;
        Do::Send(Call {
            doing,
            url: self.new_account.clone(),
            body: Body::Post(payload),
            sign_with: SignWith::AccountJwk,
            accept: None,
        })
    }

    /// Takes the reply to the request that [`AccountFlow::next`] gave.
    pub fn take(&mut self, reply: Reply, now: Time) {
        let answer = match reply {
            Ok(answer) => answer,
            Err(miss) => {
                self.awaiting_reply = !miss.never_left;
                return self.set_back(miss.failure, now);
            }
        };
        match registered(&answer, &self.origin) {
            Ok(account) => {
                self.awaiting_reply = false;
                self.setbacks.clear();
                self.stage = Stage::Done { account };
            }
            Err(failure) => self.stumble(failure, now),
        }
    }

    fn stumble(&mut self, failure: Failure, now: Time) {
        match (&self.stage, failure.code) {
            (Stage::Finding { make_if_none: true }, Code::AccountUnknown) => {
                self.awaiting_reply = false;
                self.setbacks.clear();
                self.stage = Stage::Making;
            }
            (_, Code::RateLimited) => self.stage = Stage::Failed { failure },
            _ if failure.is_passing() => self.set_back(failure, now),
            _ => self.stage = Stage::Failed { failure },
        }
    }

    fn set_back(&mut self, failure: Failure, now: Time) {
        if self.setbacks.count() >= MAX_SETBACKS {
            self.stage = Stage::Failed { failure };
        } else {
            self.setbacks.note(failure, now);
        }
    }
}

impl Wanted {
    fn payload(&self) -> Value {
        let mut payload = json!({ "termsOfServiceAgreed": self.terms_agreed, "contact": self.contact });
        if let Some(binding) = &self.external_account {
            payload["externalAccountBinding"] = binding.clone();
        }
        payload
    }
}

/// The request that replaces an account's contacts (section 7.3.2); read the answer with [`read`].
#[must_use]
pub fn update_contact(account_url: &str, contact: &[String]) -> Call {
    Call::post("change the account's contacts", account_url, account_url, json!({ "contact": contact }))
}

/// The request that closes an account for good (section 7.3.6); read the answer with [`read`].
#[must_use]
pub fn deactivate(account_url: &str) -> Call {
    Call::post("close the account", account_url, account_url, json!({ "status": "deactivated" }))
}

/// The account object of an answer.
///
/// # Errors
/// The CA's refusal, or an answer that is no account.
pub fn read(answer: &Answer) -> Result<Account, Failure> {
    answer.json("read the account")
}

fn registered(answer: &Answer, origin: &Origin) -> Result<Registered, Failure> {
    let doing = "make the account";
    answer.success(doing)?;
    let location = answer.header("location").ok_or_else(|| {
        Failure::new(Code::UnreadableAnswer, format!("{doing}: the CA gave the account no URL (Location)"))
    })?;
    let url = origin.pin(location)?;
    // The URL is what counts; an account object that cannot be read takes nothing from it.
    let account: Account = answer.json(doing).unwrap_or_default();
    if matches!(account.status, AccountStatus::Deactivated | AccountStatus::Revoked) {
        return Err(Failure::new(Code::Unauthorized, format!("the account {url} is closed")));
    }
    Ok(Registered {
        orders: account.orders.and_then(|orders| origin.pin(&orders).ok()),
        contact: account.contact,
        existed: answer.status == 200,
        url,
    })
}
