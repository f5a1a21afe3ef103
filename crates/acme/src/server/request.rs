//! Requests to a CA, and whether they are signed as RFC 8555 section 6 wants.

use serde_json::Value;

use super::{Ca, Refusal};
use crate::jose::{Jwk, KeyRef, Sealed};
use crate::message::AccountStatus;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD` or `POST`.
    pub method: String,
    /// The path, with a slash in front; the query is of no meaning.
    pub path: String,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a request is about, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the resource of RFC 8555 section 7.1 or RFC 9773 of the same name")]
pub enum RequestKind {
    Directory,
    NewNonce,
    NewAccount,
    Account,
    Orders,
    KeyChange,
    NewOrder,
    Order,
    Authorization,
    Challenge,
    Finalize,
    Certificate,
    Revoke,
    RenewalInfo,
    Unknown,
}

impl Request {
    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> RequestKind {
        match self.segments().as_slice() {
            ["directory"] => RequestKind::Directory,
            ["new-nonce"] => RequestKind::NewNonce,
            ["new-account"] => RequestKind::NewAccount,
            ["key-change"] => RequestKind::KeyChange,
            ["new-order"] => RequestKind::NewOrder,
            ["revoke-cert"] => RequestKind::Revoke,
            ["account", _] => RequestKind::Account,
            ["account", _, "orders" | "orders-from", ..] => RequestKind::Orders,
            ["order", _] => RequestKind::Order,
            ["order", _, "finalize"] => RequestKind::Finalize,
            ["authorization", _] => RequestKind::Authorization,
            ["challenge", _, _] => RequestKind::Challenge,
            ["certificate", ..] => RequestKind::Certificate,
            ["renewal-info", _] => RequestKind::RenewalInfo,
            _ => RequestKind::Unknown,
        }
    }

    fn segments(&self) -> Vec<&str> {
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        path.trim_start_matches('/').split('/').collect()
    }

    /// The n-th part of the path.
    pub(super) fn segment(&self, index: usize) -> Option<&str> {
        self.segments().get(index).copied()
    }

    /// The n-th part of the path as an index.
    pub(super) fn number(&self, index: usize) -> Option<usize> {
        self.segment(index)?.parse().ok()
    }
}

impl Response {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A request whose signature was checked.
pub(super) struct Signed {
    /// The key that signed.
    pub(super) key: Jwk,
    /// The account it belongs to, when the request named it by URL.
    pub(super) account: Option<usize>,
    /// The payload; `None` for a POST-as-GET.
    pub(super) payload: Option<Value>,
    /// The JWS itself.
    pub(super) url: String,
}

impl Signed {
    /// The payload as an object; a POST-as-GET is refused.
    pub(super) fn object(&self) -> Result<&Value, Refusal> {
        self.payload
            .as_ref()
            .filter(|payload| payload.is_object())
            .ok_or_else(|| Refusal::malformed("the payload must be a JSON object"))
    }
}

impl Ca {
    /// Checks a request signed by an account that it names by URL, and gives the account.
    pub(super) fn by_account(&mut self, request: &Request) -> Result<(usize, Signed), Refusal> {
        let signed = self.verified(request)?;
        let account =
            signed.account.ok_or_else(|| Refusal::malformed("the request must name its account by `kid`"))?;
        Ok((account, signed))
    }

    /// Checks a request signed by a key that it carries itself.
    pub(super) fn by_key(&mut self, request: &Request) -> Result<Signed, Refusal> {
        let signed = self.verified(request)?;
        match signed.account {
            Some(_) => Err(Refusal::malformed("the request must carry its key as `jwk`")),
            None => Ok(signed),
        }
    }

    /// Checks content type, nonce, URL, key and signature, in this order (RFC 8555 sections 6.2 to 6.5).
    pub(super) fn verified(&mut self, request: &Request) -> Result<Signed, Refusal> {
        if request.content_type.as_deref() != Some("application/jose+json") {
            return Err(Refusal::new(415, "malformed", "the content type must be application/jose+json"));
        }
        let jws: Value =
            serde_json::from_slice(&request.body).map_err(|_| Refusal::malformed("the body is not JSON"))?;
        let sealed =
            Sealed::parse(&jws).ok_or_else(|| Refusal::malformed("the body is not a flattened JWS"))?;
        self.use_nonce(sealed.header.nonce.as_deref())?;
        let expected = self.url(&request.path);
        if sealed.header.url != expected {
            let text = format!("the header's url is {:?}, not {expected:?}", sealed.header.url);
            return Err(Refusal::new(401, "unauthorized", text));
        }
        let (key, account) = self.signer(&sealed.header.key)?;
        if !sealed.signed_by(&key) {
            return Err(Refusal::malformed("the signature does not verify"));
        }
        let payload = match sealed.payload.as_slice() {
            [] => None,
            bytes => Some(
                serde_json::from_slice(bytes).map_err(|_| Refusal::malformed("the payload is not JSON"))?,
            ),
        };
        Ok(Signed { key, account, payload, url: sealed.header.url })
    }

    fn use_nonce(&mut self, nonce: Option<&str>) -> Result<(), Refusal> {
        let index = nonce.and_then(|nonce| self.nonces.iter().position(|known| known == nonce));
        let index = index.ok_or_else(|| Refusal::new(400, "badNonce", "the nonce is unknown or was used"))?;
        self.nonces.remove(index);
        Ok(())
    }

    fn signer(&self, key: &KeyRef) -> Result<(Jwk, Option<usize>), Refusal> {
        let kid = match key {
            KeyRef::Jwk(jwk) => return Ok((jwk.clone(), None)),
            KeyRef::Kid(kid) => kid,
        };
        let unknown = || Refusal::new(400, "accountDoesNotExist", format!("there is no account {kid:?}"));
        let prefix = self.url("/account/");
        let index: usize = kid.strip_prefix(&prefix).and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
        let account = self.accounts.get(index).ok_or_else(unknown)?;
        if account.status != AccountStatus::Valid {
            return Err(Refusal::new(401, "unauthorized", "the account is closed"));
        }
        Ok((account.key.clone(), Some(index)))
    }
}
