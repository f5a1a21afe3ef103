//! Accounts (RFC 8555 section 7.3).

use serde_json::{Value, json};

use super::request::{Request, Signed};
use super::{Ca, Refusal, Response};
use crate::jose::{Jwk, KeyRef, Sealed};
use crate::message::AccountStatus;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its key.
    pub key: Jwk,
    /// Contact URLs.
    pub contact: Vec<String>,
    /// Whether it may order.
    pub status: AccountStatus,
    /// The key identifier that it is bound to outside of ACME.
    pub external_account: Option<String>,
}

impl Ca {
    pub(super) fn new_account(&mut self, request: &Request) -> Result<Response, Refusal> {
        let signed = self.by_key(request)?;
        let wanted = signed.object()?;
        if let Some(index) = self.accounts.iter().position(|account| account.key == signed.key) {
            if self.accounts[index].status != AccountStatus::Valid {
                return Err(Refusal::new(401, "unauthorized", "the account is closed"));
            }
            return Ok(self.account_response(200, index));
        }
        if wanted.get("onlyReturnExisting") == Some(&json!(true)) {
            return Err(Refusal::new(400, "accountDoesNotExist", "this key has no account"));
        }
        if let Some(terms) = &self.settings.terms_of_service
            && wanted.get("termsOfServiceAgreed") != Some(&json!(true))
        {
            let mut refusal =
                Refusal::new(403, "userActionRequired", "the terms of service must be agreed to");
            refusal.headers.push(("link".to_owned(), format!("<{terms}>;rel=\"terms-of-service\"")));
            return Err(refusal);
        }
        let contact = contacts(wanted)?.unwrap_or_default();
        let external_account = self.external_account(wanted, &signed)?;
        let status = AccountStatus::Valid;
        self.accounts.push(AccountRecord { key: signed.key, contact, status, external_account });
        Ok(self.account_response(201, self.accounts.len() - 1))
    }

    /// Section 7.3.4.
    fn external_account(&self, wanted: &Value, signed: &Signed) -> Result<Option<String>, Refusal> {
        if self.settings.external_accounts.is_empty() {
            return Ok(None);
        }
        let binding = wanted.get("externalAccountBinding").ok_or_else(|| {
            Refusal::new(403, "externalAccountRequired", "an external account binding is needed")
        })?;
        let wrong =
            |why: &str| Refusal::new(401, "unauthorized", format!("the external account binding {why}"));
        let inner = Sealed::parse(binding).ok_or_else(|| Refusal::malformed("the binding is not a JWS"))?;
        let KeyRef::Kid(kid) = &inner.header.key else { return Err(wrong("names no key identifier")) };
        let mac_key =
            self.settings.external_accounts.get(kid).ok_or_else(|| wrong("names an unknown key"))?;
        if inner.header.nonce.is_some() || inner.header.url != signed.url {
            return Err(wrong("has a nonce or another url"));
        }
        let bound: Option<Jwk> = serde_json::from_slice(&inner.payload).ok();
        if bound.as_ref() != Some(&signed.key) || !inner.signed_with_mac(mac_key) {
            return Err(wrong("does not bind this key"));
        }
        Ok(Some(kid.clone()))
    }

    pub(super) fn account(&mut self, request: &Request) -> Result<Response, Refusal> {
        let (index, signed) = self.by_own_account(request)?;
        if let Some(changes) = &signed.payload {
            if let Some(contact) = contacts(changes)? {
                self.accounts[index].contact = contact;
            }
            if changes.get("status") == Some(&json!("deactivated")) {
                self.accounts[index].status = AccountStatus::Deactivated;
            }
        }
        Ok(self.account_response(200, index))
    }

    pub(super) fn list_orders(&mut self, request: &Request) -> Result<Response, Refusal> {
        let (account, _) = self.by_own_account(request)?;
        let per_page =
            self.settings.orders_per_page.ok_or_else(|| Refusal::new(404, "malformed", "not listed"))?;
        let from = request.number(3).unwrap_or(0);
        let mine: Vec<usize> =
            (0..self.orders.len()).filter(|index| self.orders[*index].account == account).collect();
        let page: Vec<String> =
            mine.iter().skip(from).take(per_page).map(|index| self.url(&format!("/order/{index}"))).collect();
        let response = Response::json(200, &json!({ "orders": page }));
        if from + per_page >= mine.len() {
            return Ok(response);
        }
        let next = self.url(&format!("/account/{account}/orders-from/{}", from + per_page));
        Ok(response.with("link", format!("<{next}>;rel=\"next\"")))
    }

    /// Section 7.3.5.
    pub(super) fn change_key(&mut self, request: &Request) -> Result<Response, Refusal> {
        let (account, signed) = self.by_account(request)?;
        let inner =
            Sealed::parse(signed.object()?).ok_or_else(|| Refusal::malformed("the payload is not a JWS"))?;
        let KeyRef::Jwk(new) = &inner.header.key else {
            return Err(Refusal::malformed("the inner JWS must carry the new key"));
        };
        let change: Value = serde_json::from_slice(&inner.payload).unwrap_or_default();
        let old = change.get("oldKey").and_then(|old| Jwk::from_json(old).ok());
        let right = inner.signed_by(new)
            && inner.header.url == signed.url
            && inner.header.nonce.is_none()
            && change.get("account") == Some(&json!(self.url(&format!("/account/{account}"))))
            && old.as_ref() == Some(&signed.key);
        if !right {
            return Err(Refusal::malformed("the inner JWS does not hand the account over"));
        }
        if let Some(holder) = self.accounts.iter().position(|other| other.key == *new) {
            let mut refusal = Refusal::new(409, "malformed", "the new key has an account already");
            refusal.headers.push(("location".to_owned(), self.url(&format!("/account/{holder}"))));
            return Err(refusal);
        }
        self.accounts[account].key = new.clone();
        Ok(self.account_response(200, account))
    }

    fn by_own_account(&mut self, request: &Request) -> Result<(usize, Signed), Refusal> {
        let (account, signed) = self.by_account(request)?;
        if request.number(1) != Some(account) {
            return Err(Refusal::new(401, "unauthorized", "this is another's account"));
        }
        Ok((account, signed))
    }

    fn account_response(&self, status: u16, index: usize) -> Response {
        let account = &self.accounts[index];
        let mut body = json!({ "status": account.status, "contact": account.contact, "key": account.key });
        if self.settings.orders_per_page.is_some() {
            body["orders"] = json!(self.url(&format!("/account/{index}/orders")));
        }
        Response::json(status, &body).with("location", self.url(&format!("/account/{index}")))
    }
}

fn contacts(wanted: &Value) -> Result<Option<Vec<String>>, Refusal> {
    let Some(list) = wanted.get("contact").and_then(Value::as_array) else { return Ok(None) };
    let mut contacts = Vec::new();
    for contact in list {
        let contact = contact.as_str().ok_or_else(|| Refusal::malformed("a contact must be a text"))?;
        let Some(address) = contact.strip_prefix("mailto:") else {
            return Err(Refusal::new(400, "unsupportedContact", format!("{contact:?} is not a mailto: URL")));
        };
        if !address.contains('@') || address.contains(['?', ',', ' ']) {
            return Err(Refusal::new(400, "invalidContact", format!("{address:?} is not one mail address")));
        }
        contacts.push(contact.to_owned());
    }
    Ok(Some(contacts))
}
