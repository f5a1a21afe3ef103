//! Passkeys: how people come in without a password.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{PasskeyId, UserId};
use crate::webauthn::CredentialKey;

/// As long as anybody could want a passkey's name to be, in characters.
pub const LONGEST_PASSKEY_NAME: usize = 64;

/// A credential that leads in to an account: the private half is on an authenticator of its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// Identity, to list and remove it by.
    pub id: PasskeyId,
    /// Whose.
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What verifies it.
    pub key: CredentialKey,
    /// Since when.
    pub made_at: Time,
    /// The identity that its authenticator gave it; written apart from the rest.
    #[serde(skip)]
    pub credential: Vec<u8>,
    /// How far its authenticator has counted, where it counts; written apart from the rest.
    #[serde(skip)]
    pub counter: u32,
    /// Last time somebody signed in with it; written apart from the rest.
    #[serde(skip)]
    pub used_at: Option<Time>,
}
