//! CA accounts that can issue.

use serde::{Deserialize, Serialize};

use super::{IssuerId, KeyId, SecretRef};

/// An ACME directory with our account at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// Identity.
    pub id: IssuerId,
    /// Unique name, as written in the inventory file.
    pub name: String,
    /// The directory's URL; every URL the CA hands out is pinned to its origin.
    pub directory: String,
    /// `mailto:` URLs for the account.
    pub contact: Vec<String>,
    /// File with extra trust anchors (PEM) for the directory's own certificate.
    pub trust: Option<String>,
    /// Credentials that bind the account to one outside ACME (RFC 8555 section 7.3.4).
    pub external_account: Option<ExternalAccount>,
    /// Whether the person agreed to the CA's terms of service.
    pub terms_agreed: bool,
    /// The account key; made and stored before the account is asked for.
    pub account_key: Option<KeyId>,
    /// The account's URL, once known.
    pub account_url: Option<String>,
    /// Where the CA lists the account's orders, if it does.
    #[serde(default)]
    pub account_orders: Option<String>,
    /// The new account key while a rollover's answer is outstanding (RFC 8555 section 7.3.5).
    pub rollover_key: Option<KeyId>,
    /// The protocol's state of that rollover: an `acme::client::rollover::RolloverFlow` as JSON.
    #[serde(default)]
    pub rollover: Option<serde_json::Value>,
}

/// What a CA is asked with: the half of an issuer that people write. The fields are those of [`Issuer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The directory's URL.
    pub directory: String,
    /// Contact of the account.
    pub contact: Vec<String>,
    /// File with extra trust anchors.
    pub trust: Option<String>,
    /// External account binding.
    pub external_account: Option<ExternalAccount>,
    /// Whether the person agreed to the CA's terms of service.
    pub terms_agreed: bool,
}

impl Issuer {
    /// What it is asked with.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            directory: self.directory.clone(),
            contact: self.contact.clone(),
            trust: self.trust.clone(),
            external_account: self.external_account.clone(),
            terms_agreed: self.terms_agreed,
        }
    }

    /// The account, as the engine reads and writes it.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            directory: self.directory.clone(),
            account_key: self.account_key,
            account_url: self.account_url.clone(),
            account_orders: self.account_orders.clone(),
            rollover_key: self.rollover_key,
            rollover: self.rollover.clone(),
        }
    }

    /// With this account, if it is one at this issuer's directory: another directory is another CA, and neither the
    /// account nor its key goes there.
    #[must_use]
    pub fn with(self, account: Account) -> Self {
        if account.directory != self.directory {
            return self;
        }
        let Account { account_key, account_url, account_orders, rollover_key, rollover, .. } = account;
        Self { account_key, account_url, account_orders, rollover_key, rollover, ..self }
    }
}

/// Our account at a directory: the half of an issuer that the engine writes. The other half is the inventory's, and
/// neither is ever written with the other. The fields are those of [`Issuer`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The directory that it is an account at.
    pub directory: String,
    /// The account key.
    pub account_key: Option<KeyId>,
    /// The account's URL.
    pub account_url: Option<String>,
    /// Where the CA lists the account's orders.
    pub account_orders: Option<String>,
    /// The new account key while a rollover's answer is outstanding.
    pub rollover_key: Option<KeyId>,
    /// The protocol's state of that rollover.
    pub rollover: Option<serde_json::Value>,
}

/// External account binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalAccount {
    /// The CA's key identifier.
    pub kid: String,
    /// The MAC key (base64url in the file or variable it comes from).
    pub hmac: SecretRef,
}
