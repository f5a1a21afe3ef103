//! CAs that can issue.

use notafter_cert::{Fingerprint, KeySpec, Span, Subtree, Time};
use serde::{Deserialize, Serialize};

use super::{IssuerId, KeyId, SecretRef};

/// Somebody who issues. What it is stays what it is: another kind of CA is another issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Issuer {
    /// A CA elsewhere, which is asked.
    Acme(AcmeIssuer),
    /// The built-in private CA, which signs here.
    Private(PrivateIssuer),
}

impl Issuer {
    /// Identity.
    #[must_use]
    pub const fn id(&self) -> IssuerId {
        match self {
            Self::Acme(acme) => acme.id,
            Self::Private(private) => private.id,
        }
    }

    /// Unique name, as written in the inventory file.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Acme(acme) => &acme.name,
            Self::Private(private) => &private.name,
        }
    }

    /// Where it issues, in words.
    #[must_use]
    pub fn at(&self) -> &str {
        match self {
            Self::Acme(acme) => &acme.directory,
            Self::Private(_) => "the private CA of this installation",
        }
    }

    /// The CA elsewhere, where it is one.
    #[must_use]
    pub const fn acme(&self) -> Option<&AcmeIssuer> {
        match self {
            Self::Acme(acme) => Some(acme),
            Self::Private(_) => None,
        }
    }

    /// The private CA, where it is one.
    #[must_use]
    pub const fn private(&self) -> Option<&PrivateIssuer> {
        match self {
            Self::Acme(_) => None,
            Self::Private(private) => Some(private),
        }
    }

    /// What it issues by.
    #[must_use]
    pub fn terms(&self) -> Terms {
        match self {
            Self::Acme(acme) => Terms::Acme(acme.terms()),
            Self::Private(private) => Terms::Private(private.practice.clone()),
        }
    }
}

impl From<AcmeIssuer> for Issuer {
    fn from(acme: AcmeIssuer) -> Self {
        Self::Acme(acme)
    }
}

impl From<PrivateIssuer> for Issuer {
    fn from(private: PrivateIssuer) -> Self {
        Self::Private(private)
    }
}

/// What an issuer issues by: the half of it that people write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Terms {
    /// What a CA elsewhere is asked with.
    Acme(AcmeTerms),
    /// What the private CA signs by.
    Private(Practice),
}

/// An ACME directory with our account at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcmeIssuer {
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

/// What a CA is asked with: the half of an ACME issuer that people write. The fields are those of [`AcmeIssuer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcmeTerms {
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

impl AcmeIssuer {
    /// What it is asked with.
    #[must_use]
    pub fn terms(&self) -> AcmeTerms {
        AcmeTerms {
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

/// Our account at a directory: the half of an ACME issuer that the engine writes. The other half is the inventory's, and
/// neither is ever written with the other. The fields are those of [`AcmeIssuer`].
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

/// The built-in private CA: a root that people trust by hand, and an intermediate below it that signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateIssuer {
    /// Identity.
    pub id: IssuerId,
    /// Unique name, as written in the inventory file.
    pub name: String,
    /// What it signs by: the half that people write.
    #[serde(rename = "private")]
    pub practice: Practice,
    /// Its certificates, once made: the half that the engine writes.
    #[serde(default)]
    pub authority: Option<Box<Authority>>,
}

/// What a private CA may sign, and how. Everything but `lifetime` stands in its root, and stays as it is once that is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Practice {
    /// What its certificates are called: `common_name root`, `common_name intermediate 1`.
    pub common_name: String,
    /// The keys of root and intermediates: ECDSA on P-256 or P-384.
    pub key: KeySpec,
    /// What names must lie in; any name may be signed where there is none.
    pub permitted: Vec<Subtree>,
    /// How long what it signs is valid.
    pub lifetime: Span,
    /// How long the root is valid.
    pub root_lifetime: Span,
}

/// The certificates of a private CA. Their keys are in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// What clients trust.
    pub root: Certified,
    /// What signs.
    pub intermediate: Certified,
    /// How many intermediates there were, this one included.
    pub intermediates: u32,
}

/// A CA's certificate, with the key that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    /// Its common name, which is its whole subject.
    pub common_name: String,
    /// Its private key in the vault.
    pub key_id: KeyId,
    /// The certificate in PEM.
    pub pem: String,
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// Its first instant.
    pub not_before: Time,
    /// Its last instant.
    pub not_after: Time,
}
