//! Orders: the journal that makes issuing resumable.

use notafter_cert::{Identifier, Time, Validity};
use serde::{Deserialize, Serialize};

use super::{Http01, IssuerId, KeyId, LineageId, OrderId};

/// One order, stored before the first request that depends on it and after every step (law 3). Where the private CA signs,
/// nobody is asked: what is signed is stored before it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Identity; also the operation id in logs.
    pub id: OrderId,
    /// The lineage it renews.
    pub lineage_id: LineageId,
    /// The issuer it is placed with.
    pub issuer_id: IssuerId,
    /// The certificate's key, in the vault before the order is placed.
    pub key_id: KeyId,
    /// What is ordered (after shedding).
    pub identifiers: Vec<Identifier>,
    /// The PKCS#10 request in DER, made before the order is placed.
    pub csr: Vec<u8>,
    /// The protocol's state: an `acme::client::order::OrderFlow` as JSON; null where the private CA signs.
    pub flow: serde_json::Value,
    /// When it was begun.
    pub opened_at: Time,
    /// When it ended, well or not.
    pub closed_at: Option<Time>,
    /// How it ended: empty while open, `issued`, or the failure's words.
    pub ended: Option<String>,
    /// Why the CA's limits may not count it.
    #[serde(default)]
    pub exemption: Exemption,
    /// A chain that was preferred and that the CA did not offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_chain: Option<MissedChain>,
    /// Who answers its challenges: whatever becomes of the lineage, the answers are taken back there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http01: Option<Http01>,
    /// What the private CA signs; nothing for an order at a CA elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<Signing>,
}

/// What the private CA was to sign: the same again after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// The serial number, big-endian.
    pub serial: Vec<u8>,
    /// From when to when it is valid.
    pub validity: Validity,
}

/// What a CA exempts from its limits (letsencrypt.org/docs/rate-limits): what was claimed when the order was placed, and
/// whether the CA agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// The same exact set of names was issued before.
    pub same_set: bool,
    /// It carries `replaces`, and was begun inside the window that the CA suggested (RFC 9773 section 5).
    pub in_window: bool,
    /// The CA took note of `replaces`.
    pub replaces_accepted: bool,
}

/// A preferred chain that was not to be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedChain {
    /// The common name that was looked for.
    pub wanted: String,
    /// The issuers at the top of the chains that were offered, the default first.
    pub offered: Vec<String>,
}
