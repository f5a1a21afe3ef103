//! One request to a CA, as data.

use serde_json::Value;

use crate::answer::Answer;
use crate::failure::{Code, Failure};
use crate::jose::{Header, Jwk, KeyRef, SigningInput, signing_input};

/// A request. Its URL is pinned to the CA's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What it is for, in the infinitive: `place the order`.
    pub doing: &'static str,
    /// Where it goes.
    pub url: String,
    /// What it carries.
    pub body: Body,
    /// With which key it is signed; of no meaning for [`Body::Get`].
    pub sign_with: SignWith,
    /// The `Accept` header, where the answer has more than one form.
    pub accept: Option<&'static str>,
}

/// What a request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// An unsigned GET.
    Get,
    /// A signed POST without payload (RFC 8555 section 6.3).
    PostAsGet,
    /// A signed POST of this payload.
    Post(Value),
}

/// The key that signs, and how the header names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignWith {
    /// The account key, named by itself (newAccount, the probe after a lost key change).
    AccountJwk,
    /// The account key, named by the account's URL.
    AccountKid(String),
    /// The account key of a rollover under way, named by itself.
    NextAccountJwk,
    /// The private key of the certificate that is revoked, named by itself.
    CertificateKey,
}

impl Call {
    /// A signed POST by the account.
    #[must_use]
    pub fn post(doing: &'static str, url: impl Into<String>, account_url: &str, payload: Value) -> Self {
        let sign_with = SignWith::AccountKid(account_url.to_owned());
        Self { doing, url: url.into(), body: Body::Post(payload), sign_with, accept: None }
    }

    /// A POST-as-GET by the account.
    #[must_use]
    pub fn read(doing: &'static str, url: impl Into<String>, account_url: &str) -> Self {
        let sign_with = SignWith::AccountKid(account_url.to_owned());
        Self { doing, url: url.into(), body: Body::PostAsGet, sign_with, accept: None }
    }

    /// An unsigned GET: the directory, renewal information.
    #[must_use]
    pub fn get(doing: &'static str, url: impl Into<String>) -> Self {
        Self { doing, url: url.into(), body: Body::Get, sign_with: SignWith::AccountJwk, accept: None }
    }

    /// What to sign with the key that [`Call::sign_with`] names (`key` is its public half), and `nonce`; `None` for a GET.
    #[must_use]
    pub fn signing_input(&self, key: &Jwk, nonce: &str) -> Option<SigningInput> {
        let payload = match &self.body {
            Body::Get => return None,
            Body::PostAsGet => Vec::new(),
            Body::Post(payload) => payload.to_string().into_bytes(),
        };
        let header = Header {
            algorithm: key.algorithm(),
            key: match &self.sign_with {
                SignWith::AccountKid(url) => KeyRef::Kid(url.clone()),
                SignWith::AccountJwk | SignWith::NextAccountJwk | SignWith::CertificateKey => {
                    KeyRef::Jwk(key.clone())
                }
            },
            nonce: Some(nonce.to_owned()),
            url: self.url.clone(),
        };
        Some(signing_input(&header, &payload))
    }
}

/// What came back.
pub type Reply = Result<Answer, Miss>;

/// No answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Whether it is certain that the request never left this machine (no name, no route, no handshake): then nothing was
    /// decided, and the same request may be sent again.
    pub never_left: bool,
    /// Why.
    pub failure: Failure,
}

impl Miss {
    /// The CA could not be reached; the request did not leave.
    #[must_use]
    pub fn never_left(why: impl Into<String>) -> Self {
        Self { never_left: true, failure: Failure::new(Code::Unreachable, why) }
    }

    /// The request left, or may have; whether it was acted upon is unknown.
    #[must_use]
    pub fn outcome_unknown(why: impl Into<String>) -> Self {
        Self { never_left: false, failure: Failure::new(Code::Unreachable, why) }
    }
}
