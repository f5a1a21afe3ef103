//! Ways to carry a message.

use serde::{Deserialize, Serialize};

use super::ChannelId;

/// A configured notifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Identity.
    pub id: ChannelId,
    /// Unique name, as written in the inventory file.
    pub name: String,
    /// What carries the message.
    #[serde(flatten)]
    pub kind: ChannelKind,
}

/// The notifier and its settings; secrets are references into the vault, never values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ChannelKind {
    /// Mail.
    Smtp(SmtpSettings),
    /// CloudEvents 1.0 over HTTP.
    Webhook(WebhookSettings),
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpSettings {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// The sender's address.
    pub from: String,
    /// User for SMTP AUTH.
    pub user: Option<String>,
    /// Password for SMTP AUTH.
    pub password: Option<SecretRef>,
    /// File with extra trust anchors (PEM) for the server's certificate.
    pub trust: Option<String>,
}

/// How a mail connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpTls {
    /// TLS from the first byte (port 465, RFC 8314).
    Tls,
    /// STARTTLS, required (port 587, RFC 3207).
    Starttls,
    /// None: only towards loopback or by explicit choice.
    None,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSettings {
    /// Where the event is posted.
    pub url: String,
    /// Key of the HMAC signature (Standard Webhooks).
    pub hmac: Option<SecretRef>,
    /// File with extra trust anchors (PEM) for the server's certificate.
    pub trust: Option<String>,
}

/// Names a secret in the vault; its value is never shown.
///
/// In an inventory file it is written `env:NAME` or `file:PATH`; applying the file reads the value into the vault under
/// this name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretRef(pub String);
