//! ACME orders: the journal that makes issuing resumable.

use notafter_cert::{Identifier, Time};
use serde::{Deserialize, Serialize};

use super::{IssuerId, KeyId, LineageId, OrderId};

/// One ACME order, stored before the first request that depends on it and after every step (law 3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Identity; also the operation id in logs.
    pub id: OrderId,
    /// The lineage it renews.
    pub lineage_id: LineageId,
    /// The account it is placed with.
    pub issuer_id: IssuerId,
    /// The certificate's key, in the vault before the order is placed.
    pub key_id: KeyId,
    /// What is ordered (after shedding).
    pub identifiers: Vec<Identifier>,
    /// The PKCS#10 request in DER, made before the order is placed.
    pub csr: Vec<u8>,
    /// The protocol's state: an `acme::client::order::OrderFlow` as JSON.
    pub flow: serde_json::Value,
    /// When it was begun.
    pub opened_at: Time,
    /// When it ended, well or not.
    pub closed_at: Option<Time>,
    /// How it ended: empty while open, `issued`, or the failure's words.
    pub ended: Option<String>,
}
