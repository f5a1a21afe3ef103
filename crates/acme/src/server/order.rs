//! Orders and certificates (RFC 8555 section 7.4).

use notafter_cert::{Certificate, Identifier, Span, Time, csr, pem};
use serde::Deserialize;
use serde_json::{Value, json};

use super::request::Request;
use super::{Ca, Effect, Refusal, Replaces, Response, problem_json};
use crate::jose::{Jwk, from_base64url};
use crate::message::{AuthorizationStatus, OrderStatus, WireIdentifier};
use crate::problem::Problem;

/// Identifiers in one order.
const MAX_IDENTIFIERS: usize = 100;

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// Whose it is.
    pub account: usize,
    /// What it is for.
    pub identifiers: Vec<Identifier>,
    /// The profile it is under.
    pub profile: Option<String>,
    /// The certificate it replaces.
    pub replaces: Option<String>,
    /// When it ends.
    pub expires: Time,
    /// What must be valid.
    pub authorizations: Vec<usize>,
    /// How often a CSR was taken for it: never more than once.
    pub finalized: u32,
    /// Not valid before this instant, although issued.
    pub ready_at: Time,
    /// The certificate.
    pub certificate: Option<usize>,
    /// Why it is invalid.
    pub error: Option<Problem>,
}

/// A certificate to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The order, for [`Ca::issued`] and [`Ca::refused`].
    pub order: usize,
    /// The request in DER; its signature and names were checked.
    pub csr: Vec<u8>,
    /// What it is for.
    pub identifiers: Vec<Identifier>,
    /// The profile it is under.
    pub profile: Option<String>,
    /// How long it shall live.
    pub lifetime: Span,
    /// When it is made, on the CA's clock.
    pub at: Time,
}

/// An issued certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedRecord {
    /// Whose it is.
    pub account: usize,
    /// Which order it ends.
    pub order: usize,
    /// The default chain and its alternates, each leaf first, DER.
    pub chains: Vec<Vec<Vec<u8>>>,
    /// Its name at renewal information.
    pub id: String,
    /// When it was revoked, and why.
    pub revoked: Option<(Time, u8)>,
}

impl Ca {
    pub(super) fn new_order(&mut self, request: &Request, now: Time) -> Result<Response, Refusal> {
        let (account, signed) = self.by_account(request)?;
        let wanted = signed.object()?;
        let identifiers = self.wanted_identifiers(wanted)?;
        let profile = self.wanted_profile(wanted)?;
        let replaces = self.wanted_replaces(wanted, account, &identifiers)?;
        let authorizations =
            identifiers.iter().map(|identifier| self.authorize(account, identifier, now)).collect();
        self.orders.push(OrderRecord {
            account,
            identifiers,
            profile,
            replaces,
            expires: now + self.settings.order_within,
            authorizations,
            finalized: 0,
            ready_at: now,
            certificate: None,
            error: None,
        });
        let index = self.orders.len() - 1;
        Ok(self.order_response(201, index, now))
    }

    fn wanted_identifiers(&self, wanted: &Value) -> Result<Vec<Identifier>, Refusal> {
        let list = Vec::<WireIdentifier>::deserialize(wanted.get("identifiers").unwrap_or(&Value::Null))
            .map_err(|_| Refusal::malformed("identifiers must be a list of types and values"))?;
        if list.is_empty() || list.len() > MAX_IDENTIFIERS {
            return Err(Refusal::malformed(format!("an order has 1 to {MAX_IDENTIFIERS} identifiers")));
        }
        let mut identifiers = Vec::new();
        for wire in &list {
            let identifier = wire.known().ok_or_else(|| {
                Refusal::new(400, "unsupportedIdentifier", format!("{} {:?}", wire.kind, wire.value))
            })?;
            identifiers.push(identifier);
        }
        identifiers.sort();
        identifiers.dedup();
        let rejected: Vec<Value> = identifiers
            .iter()
            .filter(|identifier| self.settings.rejected.contains(identifier))
            .map(|identifier| {
                json!({
                    "type": format!("{}rejectedIdentifier", crate::problem::NAMESPACE),
                    "detail": "this CA will not issue for it",
                    "identifier": WireIdentifier::from(identifier),
                })
            })
            .collect();
        if rejected.is_empty() {
            return Ok(identifiers);
        }
        let refusal = Refusal::new(403, "rejectedIdentifier", "some identifiers are refused");
        Err(Refusal { subproblems: rejected, ..refusal })
    }

    fn wanted_profile(&self, wanted: &Value) -> Result<Option<String>, Refusal> {
        match wanted.get("profile").and_then(Value::as_str) {
            Some(name) if self.settings.profiles.contains_key(name) => Ok(Some(name.to_owned())),
            Some(name) => Err(Refusal::new(400, "invalidProfile", format!("there is no profile {name:?}"))),
            None => Ok(self.settings.profiles.keys().next().cloned()),
        }
    }

    /// RFC 9773 section 5, as strict as a public CA.
    fn wanted_replaces(
        &self,
        wanted: &Value,
        account: usize,
        identifiers: &[Identifier],
    ) -> Result<Option<String>, Refusal> {
        let Some(id) = wanted.get("replaces").and_then(Value::as_str) else { return Ok(None) };
        match self.settings.replaces {
            Replaces::Ignored => return Ok(None),
            Replaces::Refused => return Err(Refusal::malformed("`replaces` cannot be used here")),
            Replaces::Honoured => {}
        }
        let old = self
            .certificates
            .iter()
            .find(|certificate| certificate.id == id)
            .ok_or_else(|| Refusal::new(404, "malformed", format!("there is no certificate {id}")))?;
        if old.account != account {
            return Err(Refusal::new(403, "unauthorized", "it was issued to another account"));
        }
        if !self.orders[old.order].identifiers.iter().any(|name| identifiers.contains(name)) {
            return Err(Refusal::malformed("it has no identifier in common with the order"));
        }
        let replaced = self.orders.iter().any(|order| {
            order.replaces.as_deref() == Some(id) && order.error.is_none() && order.finalized > 0
        });
        if replaced {
            return Err(Refusal::new(409, "alreadyReplaced", format!("{id} was replaced already")));
        }
        Ok(Some(id.to_owned()))
    }

    pub(super) fn order(&mut self, request: &Request, now: Time) -> Result<Response, Refusal> {
        let (account, _) = self.by_account(request)?;
        let index = self.own_order(request, account)?;
        Ok(self.order_response(200, index, now))
    }

    pub(super) fn finalize(
        &mut self,
        request: &Request,
        now: Time,
        effects: &mut Vec<Effect>,
    ) -> Result<Response, Refusal> {
        let (account, signed) = self.by_account(request)?;
        let index = self.own_order(request, account)?;
        let status = self.order_status(index, now);
        if status != OrderStatus::Ready {
            return Err(Refusal::new(403, "orderNotReady", format!("the order is {}", name(status))));
        }
        let csr = signed.object()?.get("csr").and_then(Value::as_str).and_then(from_base64url);
        let csr = csr.ok_or_else(|| Refusal::malformed("csr must be a base64url text"))?;
        self.check_csr(index, &csr, &signed.key)?;
        let profile = self.orders[index].profile.clone();
        let lifetime = profile
            .as_ref()
            .and_then(|name| self.settings.profiles.get(name))
            .map_or(self.settings.lifetime, |profile| profile.lifetime);
        let processing_for = self.settings.processing_for;
        let order = &mut self.orders[index];
        order.finalized += 1;
        order.ready_at = now + processing_for;
        let identifiers = order.identifiers.clone();
        effects.push(Effect::Issue(Issue { order: index, csr, identifiers, profile, lifetime, at: now }));
        Ok(self.order_response(200, index, now))
    }

    fn check_csr(&self, index: usize, der: &[u8], account_key: &Jwk) -> Result<(), Refusal> {
        let bad = |why: String| Refusal::new(400, "badCSR", why);
        let request = csr::Request::parse(der).map_err(|error| bad(error.to_string()))?;
        request.is_self_signed().map_err(|fault| bad(format!("its signature: {fault:?}")))?;
        let mut asked = request.names.clone();
        let named = request.common_name.as_deref().and_then(|name| name.parse().ok());
        asked.extend(named);
        asked.sort();
        asked.dedup();
        if asked != self.orders[index].identifiers {
            return Err(bad("its names are not the order's identifiers".to_owned()));
        }
        if let Some(weakness) = request.key.weakness() {
            return Err(bad(format!("its key is too weak: {weakness:?}")));
        }
        if Jwk::from_spki(&request.key.spki_der).ok().as_ref() == Some(account_key) {
            return Err(bad("its key is the account's".to_owned()));
        }
        Ok(())
    }

    /// A certificate was made for an order: the default chain first, then alternates.
    pub fn issued(&mut self, order: usize, chains: Vec<Vec<Vec<u8>>>) {
        let leaf =
            chains.first().and_then(|chain| chain.first()).and_then(|der| Certificate::parse(der).ok());
        let id = leaf.and_then(|leaf| leaf.ari_id()).unwrap_or_default();
        let Some(record) = self.orders.get_mut(order) else { return };
        record.certificate = Some(self.certificates.len());
        let account = record.account;
        self.certificates.push(IssuedRecord { account, order, chains, id, revoked: None });
    }

    /// A certificate could not be made: the order is over.
    pub fn refused(&mut self, order: usize, problem: Problem) {
        if let Some(record) = self.orders.get_mut(order) {
            record.error = Some(problem);
        }
    }

    pub(super) fn certificate(&mut self, request: &Request) -> Result<Response, Refusal> {
        let (account, _) = self.by_account(request)?;
        let missing = || Refusal::new(404, "malformed", "there is no such certificate");
        let index = request.number(1).ok_or_else(missing)?;
        let record = self.certificates.get(index).ok_or_else(missing)?;
        if record.account != account {
            return Err(Refusal::new(401, "unauthorized", "this is another account's certificate"));
        }
        let which = request.number(3).unwrap_or(0);
        let chain = record.chains.get(which).ok_or_else(missing)?;
        let mut response = Response {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/pem-certificate-chain".to_owned())],
            body: pem::chain_to(chain).into_bytes(),
        };
        for other in (0..record.chains.len()).filter(|other| *other != which) {
            let link = self.url(&format!("/certificate/{index}/alternate/{other}"));
            response = response.with("link", format!("<{link}>;rel=\"alternate\""));
        }
        Ok(response)
    }

    /// Where an order stands (section 7.1.6).
    #[must_use]
    pub fn order_status(&self, index: usize, now: Time) -> OrderStatus {
        let order = &self.orders[index];
        let states: Vec<AuthorizationStatus> = order
            .authorizations
            .iter()
            .map(|one| &self.authorizations[*one])
            .map(|one| if one.expires <= now { AuthorizationStatus::Expired } else { one.status })
            .collect();
        match () {
            () if order.error.is_some() => OrderStatus::Invalid,
            () if order.finalized > 0 => match order.certificate {
                Some(_) if order.ready_at <= now => OrderStatus::Valid,
                _ => OrderStatus::Processing,
            },
            () if order.expires <= now => OrderStatus::Invalid,
            () if states.iter().all(|state| *state == AuthorizationStatus::Valid) => OrderStatus::Ready,
            () if states
                .iter()
                .all(|state| matches!(state, AuthorizationStatus::Valid | AuthorizationStatus::Pending)) =>
            {
                OrderStatus::Pending
            }
            () => OrderStatus::Invalid,
        }
    }

    fn own_order(&self, request: &Request, account: usize) -> Result<usize, Refusal> {
        let index = request.number(1).filter(|index| *index < self.orders.len());
        let index = index.ok_or_else(|| Refusal::new(404, "malformed", "there is no such order"))?;
        if self.orders[index].account != account {
            return Err(Refusal::new(401, "unauthorized", "this is another account's order"));
        }
        Ok(index)
    }

    fn order_response(&self, status: u16, index: usize, now: Time) -> Response {
        let order = &self.orders[index];
        let stands = self.order_status(index, now);
        let identifiers: Vec<WireIdentifier> = order.identifiers.iter().map(WireIdentifier::from).collect();
        let authorizations: Vec<String> =
            order.authorizations.iter().map(|one| self.url(&format!("/authorization/{one}"))).collect();
        let mut body = json!({
            "status": stands, "expires": order.expires, "identifiers": identifiers,
            "authorizations": authorizations, "finalize": self.url(&format!("/order/{index}/finalize")),
        });
        if let Some(profile) = &order.profile {
            body["profile"] = json!(profile);
        }
        if let Some(replaces) = &order.replaces {
            body["replaces"] = json!(replaces);
        }
        if let Some(problem) = &order.error {
            body["error"] = problem_json(problem);
        }
        if let Some(certificate) = order.certificate.filter(|_| stands == OrderStatus::Valid) {
            body["certificate"] = json!(self.url(&format!("/certificate/{certificate}")));
        }
        let response = Response::json(status, &body).with("location", self.url(&format!("/order/{index}")));
        self.with_poll_after(response, stands == OrderStatus::Processing)
    }
}

const fn name(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Pending => "pending",
        OrderStatus::Ready => "ready",
        OrderStatus::Processing => "processing",
        OrderStatus::Valid => "valid",
        OrderStatus::Invalid => "invalid",
        OrderStatus::Unknown => "unknown",
    }
}
