//! The objects of RFC 8555 section 7.1, read tolerantly: unknown members, statuses, identifier and challenge types never
//! make an object unreadable, and a malformed date is no date.

use std::collections::BTreeMap;

use notafter_cert::{Identifier, Time};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::origin::Origin;
use crate::problem::Problem;

/// A CA's directory (section 7.1.1), every URL in it pinned to the directory's origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Where it was read.
    pub url: String,
    /// Where the CA lives.
    pub origin: Origin,
    /// Where nonces come from.
    pub new_nonce: String,
    /// Where accounts are made.
    pub new_account: String,
    /// Where orders are placed.
    pub new_order: String,
    /// Where certificates are revoked.
    pub revoke_cert: Option<String>,
    /// Where account keys are changed.
    pub key_change: Option<String>,
    /// Where renewal windows are read (RFC 9773).
    pub renewal_info: Option<String>,
    /// What else the CA says about itself.
    pub meta: Meta,
}

/// The directory's `meta` member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// The terms of service in force.
    #[serde(rename = "termsOfService")]
    pub terms_of_service: Option<String>,
    /// A page for people.
    pub website: Option<String>,
    /// The names that CAA records call this CA by.
    #[serde(rename = "caaIdentities")]
    pub caa_identities: Vec<String>,
    /// Whether an external account binding is needed.
    #[serde(rename = "externalAccountRequired")]
    pub external_account_required: bool,
    /// Profiles with their descriptions (draft-ietf-acme-profiles).
    pub profiles: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenDirectory {
    new_nonce: String,
    new_account: String,
    new_order: String,
    revoke_cert: Option<String>,
    key_change: Option<String>,
    renewal_info: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    meta: Meta,
}

impl Directory {
    /// Reads the answer to a GET of `url`.
    ///
    /// # Errors
    /// When `url` cannot be a directory's, the answer is none, or a URL in it leads elsewhere.
    pub fn read(url: &str, answer: &Answer) -> Result<Self, Failure> {
        let origin = Origin::of(url)?;
        let written: WrittenDirectory = answer.json("read the directory")?;
        let pin = |given: Option<String>| given.map(|given| origin.pin(&given)).transpose();
        Ok(Self {
            url: url.to_owned(),
            new_nonce: origin.pin(&written.new_nonce)?,
            new_account: origin.pin(&written.new_account)?,
            new_order: origin.pin(&written.new_order)?,
            revoke_cert: pin(written.revoke_cert)?,
            key_change: pin(written.key_change)?,
            renewal_info: pin(written.renewal_info)?,
            meta: written.meta,
            origin,
        })
    }
}

/// An account (section 7.1.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Account {
    /// `valid`, `deactivated` or `revoked`.
    #[serde(deserialize_with = "or_default")]
    pub status: AccountStatus,
    /// Contact URLs.
    #[serde(deserialize_with = "or_default")]
    pub contact: Vec<String>,
    /// Where the account's orders are listed, if the CA does that.
    #[serde(deserialize_with = "or_default")]
    pub orders: Option<String>,
}

/// Section 7.1.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// It may order.
    Valid,
    /// Its holder closed it.
    Deactivated,
    /// The CA closed it.
    Revoked,
    /// A status that RFC 8555 does not know, or none.
    #[default]
    #[serde(other)]
    Unknown,
}

/// One page of an account's orders (section 7.1.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OrderList {
    /// URLs of orders.
    pub orders: Vec<String>,
}

/// An order (section 7.1.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Order {
    /// Where it stands.
    #[serde(deserialize_with = "or_default")]
    pub status: OrderStatus,
    /// When the CA forgets it.
    #[serde(deserialize_with = "or_default")]
    pub expires: Option<Time>,
    /// What it is for.
    #[serde(deserialize_with = "or_default")]
    pub identifiers: Vec<WireIdentifier>,
    /// The profile it is under (draft-ietf-acme-profiles).
    #[serde(deserialize_with = "or_default")]
    pub profile: Option<String>,
    /// The certificate it replaces (RFC 9773 section 5).
    #[serde(deserialize_with = "or_default")]
    pub replaces: Option<String>,
    /// Why it is invalid.
    #[serde(deserialize_with = "problem")]
    pub error: Option<Problem>,
    /// What must be authorized.
    #[serde(deserialize_with = "or_default")]
    pub authorizations: Vec<String>,
    /// Where the CSR goes.
    #[serde(deserialize_with = "or_default")]
    pub finalize: Option<String>,
    /// Where the chain is.
    #[serde(deserialize_with = "or_default")]
    pub certificate: Option<String>,
}

/// Section 7.1.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// Authorizations are missing.
    Pending,
    /// The CSR is awaited.
    Ready,
    /// The CA is issuing.
    Processing,
    /// Issued.
    Valid,
    /// Over.
    Invalid,
    /// A status that RFC 8555 does not know, or none.
    #[default]
    #[serde(other)]
    Unknown,
}

/// An authorization (section 7.1.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Authorization {
    /// What it is for; a wildcard's is without `*.`.
    #[serde(deserialize_with = "or_default")]
    pub identifier: WireIdentifier,
    /// Where it stands.
    #[serde(deserialize_with = "or_default")]
    pub status: AuthorizationStatus,
    /// When it ends.
    #[serde(deserialize_with = "or_default")]
    pub expires: Option<Time>,
    /// How it can be fulfilled.
    #[serde(deserialize_with = "challenges")]
    pub challenges: Vec<Challenge>,
    /// Whether it is for the wildcard of the identifier.
    #[serde(deserialize_with = "or_default")]
    pub wildcard: bool,
}

/// Section 7.1.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorizationStatus {
    /// A challenge must be fulfilled.
    Pending,
    /// Fulfilled.
    Valid,
    /// A challenge failed.
    Invalid,
    /// Given up by the client.
    Deactivated,
    /// Too old.
    Expired,
    /// Taken back by the CA.
    Revoked,
    /// A status that RFC 8555 does not know, or none.
    #[default]
    #[serde(other)]
    Unknown,
}

/// A challenge (section 8): of any type, with or without a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Challenge {
    /// `http-01`, `dns-01`, ...
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// Where the CA is told to look.
    #[serde(deserialize_with = "or_default")]
    pub url: Option<String>,
    /// The random half of the key authorization; some types (dns-persist-01) have none.
    #[serde(deserialize_with = "or_default")]
    pub token: Option<String>,
    /// Where it stands.
    #[serde(deserialize_with = "or_default")]
    pub status: ChallengeStatus,
    /// Why it failed.
    #[serde(deserialize_with = "problem")]
    pub error: Option<Problem>,
}

/// Section 7.1.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChallengeStatus {
    /// The CA was not told to look yet.
    Pending,
    /// The CA is looking.
    Processing,
    /// Fulfilled.
    Valid,
    /// Failed.
    Invalid,
    /// A status that RFC 8555 does not know, or none.
    #[default]
    #[serde(other)]
    Unknown,
}

/// An identifier as ACME writes it (section 9.7.7, RFC 8738); of any type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireIdentifier {
    /// `dns`, `ip`, or another registered type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    pub value: String,
}

impl WireIdentifier {
    /// The identifier, where it is of a type that we order and well-formed for it.
    #[must_use]
    pub fn known(&self) -> Option<Identifier> {
        let identifier: Identifier = self.value.parse().ok()?;
        match (self.kind.as_str(), &identifier) {
            ("dns", Identifier::Dns(_)) | ("ip", Identifier::Ip(_)) => Some(identifier),
            _ => None,
        }
    }
}

impl From<&Identifier> for WireIdentifier {
    fn from(identifier: &Identifier) -> Self {
        let kind = match identifier {
            Identifier::Dns(_) => "dns",
            Identifier::Ip(_) => "ip",
        };
        Self { kind: kind.to_owned(), value: identifier.to_string() }
    }
}

/// The value, or the default where the member has another type than expected.
fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + for<'any> Deserialize<'any>,
    D: Deserializer<'de>,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}

fn problem<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Problem>, D::Error> {
    Ok(Problem::from_json(&Value::deserialize(deserializer)?))
}

/// Each challenge by itself: one that is unreadable does not take the others with it.
fn challenges<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Challenge>, D::Error> {
    const MOST: usize = 50;
    let list = match Value::deserialize(deserializer)? {
        Value::Array(list) => list,
        _ => Vec::new(),
    };
    Ok(list.into_iter().take(MOST).filter_map(|one| serde_json::from_value(one).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::answer;
    use crate::failure::Code;

    /// RFC 8555 section 7.1.1, with the profiles and renewalInfo of later documents and a member nobody knows.
    const DIRECTORY: &str = r#"{
        "newNonce": "https://example.com/acme/new-nonce", "newAccount": "https://example.com/acme/new-account",
        "newOrder": "https://example.com/acme/new-order", "newAuthz": "https://example.com/acme/new-authz",
        "revokeCert": "https://example.com/acme/revoke-cert", "keyChange": "https://example.com/acme/key-change",
        "renewalInfo": "https://example.com/acme/renewal-info", "aB3xK": "https://community.example/random",
        "meta": {
            "termsOfService": "https://elsewhere.example/acme/terms/2017-5-30", "website": "https://www.example.com/",
            "caaIdentities": ["example.com"], "externalAccountRequired": true,
            "profiles": { "shortlived": "160 hours" } } }"#;

    #[test]
    fn the_rfc_directory_is_read_with_what_came_later() {
        let read = Directory::read("https://example.com/dir", &answer(200, &[], DIRECTORY)).unwrap();
        assert_eq!(read.new_order, "https://example.com/acme/new-order");
        assert_eq!(read.renewal_info.as_deref(), Some("https://example.com/acme/renewal-info"));
        assert!(read.meta.external_account_required);
        assert_eq!(read.meta.profiles["shortlived"], "160 hours");
        let stored: Directory = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(stored, read);
    }

    #[test]
    fn a_directory_that_points_elsewhere_or_lacks_a_url_is_refused() {
        let foreign = DIRECTORY.replace("https://example.com/acme/new-order", "https://10.0.0.1/new-order");
        let failure = Directory::read("https://example.com/dir", &answer(200, &[], &foreign)).unwrap_err();
        assert_eq!(failure.code, Code::UrlEscapesOrigin);
        let failure = Directory::read("https://example.com/dir", &answer(200, &[], "{}")).unwrap_err();
        assert_eq!(failure.code, Code::UnreadableAnswer);
    }

    #[test]
    fn a_challenge_without_a_token_or_of_another_shape_leaves_the_rest_readable() {
        let read: Authorization = serde_json::from_str(
            r#"{ "status": "pending", "expires": "not a date", "wildcard": null,
                 "identifier": { "type": "dns", "value": "www.example.org" },
                 "challenges": [
                   { "type": "dns-persist-01", "url": "https://ca/c/1", "status": "pending",
                     "issuer-domain-names": ["ca.example"] },
                   { "type": 7, "url": null, "token": ["x"] }, "text",
                   { "type": "http-01", "url": "https://ca/c/2", "token": "DGyRejmCefe7v4NfDGDKfA", "status": "strange" } ] }"#,
        )
        .unwrap();
        assert_eq!(read.expires, None);
        assert_eq!(read.challenges.len(), 3);
        assert_eq!(read.challenges[2].token.as_deref(), Some("DGyRejmCefe7v4NfDGDKfA"));
        assert_eq!(read.challenges[2].status, ChallengeStatus::Unknown);
        assert_eq!(read.identifier.known().unwrap().to_string(), "www.example.org");
    }

    /// RFC 8555 section 7.1.3.
    #[test]
    fn the_rfc_order_is_read() {
        let read: Order = serde_json::from_str(
            r#"{ "status": "valid", "expires": "2016-01-20T14:09:07.99Z",
                 "identifiers": [ { "type": "dns", "value": "www.example.org" }, { "type": "dns", "value": "example.org" } ],
                 "notBefore": "2016-01-01T00:00:00Z", "notAfter": "2016-01-08T00:00:00Z",
                 "authorizations": [ "https://example.com/acme/authz/PAniVnsZcis", "https://example.com/acme/authz/r4HqLzrSrpI" ],
                 "finalize": "https://example.com/acme/order/TOlocE8rfgo/finalize",
                 "certificate": "https://example.com/acme/cert/mAt3xBGaobw" }"#,
        )
        .unwrap();
        assert_eq!(read.status, OrderStatus::Valid);
        assert_eq!(read.expires.unwrap(), "2016-01-20T14:09:07.99Z".parse().unwrap());
        assert_eq!(read.authorizations.len(), 2);
    }

    #[test]
    fn identifiers_are_written_with_their_type() {
        for (text, kind) in
            [("shop.example", "dns"), ("*.shop.example", "dns"), ("192.0.2.1", "ip"), ("2001:db8::1", "ip")]
        {
            let identifier: Identifier = text.parse().unwrap();
            let wire = WireIdentifier::from(&identifier);
            assert_eq!((wire.kind.as_str(), wire.value.as_str()), (kind, text));
            assert_eq!(wire.known(), Some(identifier));
        }
        let mixed = WireIdentifier { kind: "dns".to_owned(), value: "192.0.2.1".to_owned() };
        assert_eq!(mixed.known(), None);
    }
}
