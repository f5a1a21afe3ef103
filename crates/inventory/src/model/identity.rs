//! Who somebody is at a provider that people sign in through.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::UserId;

/// Somebody at a provider (OpenID Connect Core 1.0 section 5.7: issuer and subject), who is this account here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Who, at that provider and for ever.
    pub subject: String,
    /// The account.
    pub user_id: UserId,
    /// Since when.
    pub from: Time,
    /// How it came about.
    pub by: Bond,
}

/// How an identity came to belong to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bond {
    /// An administrator said so.
    Given,
    /// The account is called by the e-mail address that the provider has verified.
    Email,
    /// The account was made for it, by what the provider says: its rights follow from that.
    Claim,
}
