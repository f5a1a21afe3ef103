//! The server half of RFC 8555 as a state machine: a request, the time and randomness come in; an answer and what is to be
//! done in the world ([`Effect`]) come out. Whoever owns a socket, a validator and a signing key drives it:
//!
//! ```text
//! let handled = ca.handle(&request, now, random);
//! for effect in handled.effects {
//!     Effect::Issue(order)     => ca.issued(order.id, chains, now)    or ca.refused(order.id, problem)
//!     Effect::Validate(probe)  => later: ca.validated(probe.authorization, probe.challenge, outcome, now)
//! }
//! send(handled.response)
//! ```

mod account;
mod authorization;
pub mod fault;
mod order;
mod renewal;
mod request;

use std::collections::{BTreeMap, VecDeque};

use aws_lc_rs::digest::{SHA256, digest};
use notafter_cert::{Identifier, Span, Time};
use serde_json::{Value, json};

use crate::challenge::Kind;
use crate::http_date;
use crate::jose::base64url;
use crate::problem::Problem;

pub use account::AccountRecord;
pub use authorization::{AuthorizationRecord, Validate};
pub use order::{Issue, IssuedRecord, OrderRecord};
pub use request::{Request, RequestKind, Response};

/// Sixteen random bytes for one request.
pub type Random = [u8; 16];

/// Nonces that are remembered; older ones are as good as used.
const MAX_NONCES: usize = 10_000;

/// How a CA behaves when nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Scheme, host and port that it is reached at, without a slash at the end.
    pub base: String,
    /// The terms of service, which a new account must agree to.
    pub terms_of_service: Option<String>,
    /// MAC keys by key identifier; where there are any, a new account must be bound to one.
    pub external_accounts: BTreeMap<String, Vec<u8>>,
    /// Profiles by name; the first one is the default. Without any, none can be asked for.
    pub profiles: BTreeMap<String, Profile>,
    /// The lifetime of a certificate where no profile says otherwise.
    pub lifetime: Span,
    /// How long an order may take until it is finalized.
    pub order_within: Span,
    /// How long a valid authorization is used for further orders; none when zero.
    pub reuse_authorizations_for: Span,
    /// Challenge types that are offered.
    pub challenges: Vec<Kind>,
    /// Whether a challenge of a type nobody knows, without a token, is offered as the first one.
    pub offers_unknown_challenge: bool,
    /// Identifiers for which nothing is ever issued.
    pub rejected: Vec<Identifier>,
    /// Whether accounts list their orders, and how many on a page.
    pub orders_per_page: Option<usize>,
    /// How long an order stays `processing`.
    pub processing_for: Span,
    /// `Retry-After` with pending authorizations and processing orders.
    pub poll_after: Option<Span>,
    /// What happens to `replaces`.
    pub replaces: Replaces,
    /// Where the renewal window of every certificate lies; computed from its lifetime when `None`.
    pub renewal_window: Option<(Time, Time)>,
    /// The page that renewal information points at.
    pub renewal_explanation: Option<String>,
    /// Whether renewal information is offered at all.
    pub offers_renewal_info: bool,
    /// How far the CA's clock is ahead of the given one.
    pub clock_ahead: Span,
}

/// A profile (draft-ietf-acme-profiles).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// For people.
    pub description: String,
    /// Lifetime of its certificates.
    pub lifetime: Span,
}

/// What a CA makes of `replaces` in an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replaces {
    /// As RFC 9773 section 5 says.
    #[default]
    Honoured,
    /// As if it were not there.
    Ignored,
    /// Every such order is refused as malformed.
    Refused,
}

impl Settings {
    /// A well-behaved CA: 90 days, http-01, listed orders, renewal information, no terms.
    #[must_use]
    pub fn at(base: &str) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            terms_of_service: None,
            external_accounts: BTreeMap::new(),
            profiles: BTreeMap::new(),
            lifetime: Span::days(90),
            order_within: Span::days(7),
            reuse_authorizations_for: Span::ZERO,
            challenges: vec![Kind::Http01, Kind::Dns01],
            offers_unknown_challenge: false,
            rejected: Vec::new(),
            orders_per_page: Some(3),
            processing_for: Span::ZERO,
            poll_after: None,
            replaces: Replaces::Honoured,
            renewal_window: None,
            renewal_explanation: None,
            offers_renewal_info: true,
            clock_ahead: Span::ZERO,
        }
    }
}

/// What is to be done in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// See whether a challenge is answered.
    Validate(Validate),
    /// Make a certificate.
    Issue(Issue),
}

/// An answer, and what is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// What to send back.
    pub response: Response,
    /// What to do; issuing before the answer leaves spares the client a round.
    pub effects: Vec<Effect>,
}

/// A CA's state.
#[derive(Clone, Debug)]
pub struct Ca {
    /// How it behaves; may be changed at any time.
    pub settings: Settings,
    accounts: Vec<AccountRecord>,
    orders: Vec<OrderRecord>,
    authorizations: Vec<AuthorizationRecord>,
    certificates: Vec<IssuedRecord>,
    nonces: VecDeque<String>,
    seed: [u8; 32],
    drawn: u64,
}

/// A refusal on the way to an answer.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) detail: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) subproblems: Vec<Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), headers: Vec::new(), subproblems: Vec::new() }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(400, "malformed", detail)
    }

    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("{}{}", crate::problem::NAMESPACE, self.kind),
            "detail": self.detail,
            "status": self.status,
        });
        if !self.subproblems.is_empty() {
            body["subproblems"] = Value::Array(self.subproblems);
        }
        let mut headers = self.headers;
        headers.push(("content-type".to_owned(), "application/problem+json".to_owned()));
        Response { status: self.status, headers, body: body.to_string().into_bytes() }
    }
}

impl Ca {
    /// A CA without accounts.
    #[must_use]
    pub fn new(settings: Settings, random: Random) -> Self {
        let mut seed = [0; 32];
        seed.copy_from_slice(digest(&SHA256, &random).as_ref());
        Self {
            settings,
            accounts: Vec::new(),
            orders: Vec::new(),
            authorizations: Vec::new(),
            certificates: Vec::new(),
            nonces: VecDeque::new(),
            seed,
            drawn: 0,
        }
    }

    /// Where clients begin.
    #[must_use]
    pub fn directory_url(&self) -> String {
        self.url("/directory")
    }

    /// Answers a request.
    pub fn handle(&mut self, request: &Request, now: Time, random: Random) -> Handled {
        let now = now + self.settings.clock_ahead;
        self.seed = mix(&self.seed, &random);
        let mut effects = Vec::new();
        let mut response = self.route(request, now, &mut effects).unwrap_or_else(Refusal::into_response);
        let nonced = request.method == "POST" || request.kind() == RequestKind::NewNonce;
        if nonced {
            let nonce = self.nonce();
            response.headers.push(("replay-nonce".to_owned(), nonce));
        }
        response.headers.push(("link".to_owned(), format!("<{}>;rel=\"index\"", self.directory_url())));
        response.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
        response.headers.push(("date".to_owned(), http_date::format(now)));
        Handled { response, effects }
    }

    fn route(
        &mut self,
        request: &Request,
        now: Time,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Refusal> {
        let get = matches!(request.method.as_str(), "GET" | "HEAD");
        match (request.kind(), get) {
            (RequestKind::Directory, true) => Ok(Response::json(200, &self.directory())),
            (RequestKind::NewNonce, true) => {
                Ok(Response::empty(if request.method == "HEAD" { 200 } else { 204 }))
            }
            (RequestKind::RenewalInfo, true) => self.renewal_info(request),
            (RequestKind::Unknown, _) => Err(Refusal::new(404, "malformed", "no such resource")),
            (_, true) => Err(Refusal::new(405, "malformed", "POST is needed (RFC 8555 section 6.3)")),
            (RequestKind::NewAccount, _) => self.new_account(request),
            (RequestKind::Account, _) => self.account(request),
            (RequestKind::Orders, _) => self.list_orders(request),
            (RequestKind::KeyChange, _) => self.change_key(request),
            (RequestKind::NewOrder, _) => self.new_order(request, now),
            (RequestKind::Order, _) => self.order(request, now),
            (RequestKind::Authorization, _) => self.authorization(request, now),
            (RequestKind::Challenge, _) => self.challenge(request, now, effects),
            (RequestKind::Finalize, _) => self.finalize(request, now, effects),
            (RequestKind::Certificate, _) => self.certificate(request),
            (RequestKind::Revoke, _) => self.revoke(request, now),
            (RequestKind::Directory | RequestKind::NewNonce | RequestKind::RenewalInfo, false) => {
                Err(Refusal::new(405, "malformed", "GET is needed"))
            }
        }
    }

    fn directory(&self) -> Value {
        let mut meta = json!({ "website": self.url("/"), "externalAccountRequired": !self.settings.external_accounts.is_empty() });
        if let Some(terms) = &self.settings.terms_of_service {
            meta["termsOfService"] = json!(terms);
        }
        if !self.settings.profiles.is_empty() {
            let profiles = self.settings.profiles.iter().map(|(name, profile)| (name, &profile.description));
            meta["profiles"] = json!(profiles.collect::<BTreeMap<_, _>>());
        }
        let mut directory = json!({
            "newNonce": self.url("/new-nonce"),
            "newAccount": self.url("/new-account"),
            "newOrder": self.url("/new-order"),
            "revokeCert": self.url("/revoke-cert"),
            "keyChange": self.url("/key-change"),
            "meta": meta,
        });
        if self.settings.offers_renewal_info {
            directory["renewalInfo"] = json!(self.url("/renewal-info"));
        }
        directory
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.settings.base)
    }

    /// Unguessable text: nonces, tokens.
    fn draw(&mut self) -> String {
        self.drawn += 1;
        let drawn = mix(&self.seed, &self.drawn.to_be_bytes());
        base64url(&drawn[..24])
    }

    fn nonce(&mut self) -> String {
        let nonce = self.draw();
        if self.nonces.len() == MAX_NONCES {
            self.nonces.pop_front();
        }
        self.nonces.push_back(nonce.clone());
        nonce
    }

    /// Forgets every nonce given out: the next request of each client is refused.
    pub fn forget_nonces(&mut self) {
        self.nonces.clear();
    }

    /// Every account.
    #[must_use]
    pub fn accounts(&self) -> &[AccountRecord] {
        &self.accounts
    }

    /// Every order, oldest first.
    #[must_use]
    pub fn orders(&self) -> &[OrderRecord] {
        &self.orders
    }

    /// Every certificate issued, oldest first.
    #[must_use]
    pub fn certificates(&self) -> &[IssuedRecord] {
        &self.certificates
    }

    /// Every authorization, oldest first.
    #[must_use]
    pub fn authorizations(&self) -> &[AuthorizationRecord] {
        &self.authorizations
    }
}

fn mix(seed: &[u8; 32], with: &[u8]) -> [u8; 32] {
    let mut mixed = [0; 32];
    mixed.copy_from_slice(digest(&SHA256, &[&seed[..], with].concat()).as_ref());
    mixed
}

/// A problem in a resource, as JSON.
fn problem_json(problem: &Problem) -> Value {
    json!({ "type": problem.kind, "detail": problem.detail, "status": problem.status })
}
