//! Ways to tell somebody, one file each: `render` says what goes over the wire, `send` takes it there and answers with a
//! receipt.

mod alertmanager;
mod command;
mod discord;
mod error;
mod event;
mod letter;
mod news;
mod ntfy;
mod opsgenie;
mod pagerduty;
mod post;
mod slack;
mod smtp;
mod teams;
mod veil;
mod webhook;

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Channel, ChannelKind, Delivery, Form, Receipt, SecretRef, Setting, Usual};
use notafter_inventory::plan::prove;
use notafter_net::dns::Resolver;
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

pub use command::VARIABLES;
pub use error::NotifyError;
pub use letter::{Letter, LetterFault, carries, is_mailbox, send_letter};

/// Every notifier, in the order in which people read them.
pub static ALL: &[&dyn Notifier] = &[
    &smtp::Smtp,
    &ntfy::Ntfy,
    &slack::Slack,
    &teams::Teams,
    &discord::Discord,
    &pagerduty::PagerDuty,
    &opsgenie::Opsgenie,
    &alertmanager::Alertmanager,
    &webhook::Webhook,
    &command::Command,
];

/// How often a way to a program is proved by a test message, by itself.
const PROVE: Setting = Setting::optional(
    prove::PROVE,
    Form::OneOf(prove::PROVE_WORDS),
    "how often a test message proves the way by itself, in the owner's working hours: `daily`, `weekly`, `monthly` or `never`",
)
.or(Usual::Follows("`weekly`"));

/// The kinds of channels that there are.
#[must_use]
pub fn kinds() -> Vec<&'static ChannelKind> {
    ALL.iter().map(|notifier| notifier.kind()).collect()
}

/// The notifier of this kind of channel, if there is one.
#[must_use]
pub fn find(kind: &str) -> Option<&'static dyn Notifier> {
    ALL.iter().find(|notifier| notifier.kind().name == kind).copied()
}

/// Opened secrets of a channel by the keys of its settings.
pub type Secrets = BTreeMap<&'static str, Zeroizing<String>>;

/// One message, ready to be carried by one channel.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// The message.
    pub delivery: &'a Delivery,
    /// The secrets that [`secrets`] names, opened.
    pub secrets: &'a Secrets,
    /// When it is sent.
    pub at: Time,
    /// What this installation calls itself towards programs: a URI (CloudEvents `source`).
    pub source: &'a str,
}

impl<'a> Outgoing<'a> {
    const fn opened(&self) -> Opened<'a> {
        Opened { channel: self.channel, secrets: self.secrets, delivery: Some(self.delivery) }
    }

    /// The channel's settings as the notifier declared them.
    fn settings<T: DeserializeOwned>(&self) -> Result<T, NotifyError> {
        self.opened().settings()
    }

    /// A secret that the settings refer to, without the line's end that files have.
    fn secret(&self, key: &str) -> Result<&'a str, NotifyError> {
        self.opened().secret(key)
    }
}

/// A channel with its secrets.
#[derive(Clone, Copy)]
pub struct Opened<'a> {
    channel: &'a Channel,
    secrets: &'a Secrets,
    /// What it carries, where that is a message of ours to those inside: its links are secrets as well.
    delivery: Option<&'a Delivery>,
}

impl<'a> Opened<'a> {
    /// A channel with the secrets that [`secrets`] names, opened.
    #[must_use]
    pub const fn new(channel: &'a Channel, secrets: &'a Secrets) -> Self {
        Self { channel, secrets, delivery: None }
    }

    fn settings<T: DeserializeOwned>(&self) -> Result<T, NotifyError> {
        let settings = Value::Object(self.channel.settings.clone());
        serde_json::from_value(settings).map_err(|error| NotifyError::Settings(error.to_string()))
    }

    fn secret(&self, key: &str) -> Result<&'a str, NotifyError> {
        let secret = self.secrets.get(key).map(|secret| secret.trim_end());
        secret.ok_or_else(|| NotifyError::Settings(format!("`{key}` is a secret that is not stored")))
    }
}

/// The way out.
#[derive(Clone)]
pub struct Door {
    /// Finds addresses.
    pub resolver: Resolver,
    /// Where a webhook may go (law 10).
    pub policy: AddressPolicy,
    /// Whom to trust besides what a channel adds.
    pub trust: Trust,
    /// The limit on one message, from the first packet to the receipt.
    pub within: Span,
}

/// Carries messages.
///
/// Contract: `render` is pure and yields the same bytes for the same message, so that a message sent twice is one message
/// to the receiver (both carry the delivery's identity); `send` ends within the door's limit and reports acceptance only
/// when the other side said so.
pub trait Notifier: Send + Sync {
    /// What it declares about itself: name, settings, what its receipt shows.
    fn kind(&self) -> &'static ChannelKind;

    /// The bytes that go over the wire.
    ///
    /// # Errors
    /// The channel's settings or the address cannot be used.
    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError>;

    /// Sends rendered bytes.
    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>>;
}

/// Renders and sends through the notifier that serves the channel.
///
/// # Errors
/// [`NotifyError`] says whether trying again can help.
pub async fn deliver(outgoing: &Outgoing<'_>, door: &Door) -> Result<Receipt, NotifyError> {
    let Some(notifier) = find(&outgoing.channel.kind) else {
        let Channel { name, kind, .. } = outgoing.channel;
        return Err(NotifyError::Settings(format!("nothing serves channel {name} of kind {kind}")));
    };
    let rendered = notifier.render(outgoing)?;
    notifier.send(outgoing, rendered, door).await
}

/// The secrets that a channel needs, by the keys of its settings.
#[must_use]
pub fn secrets(channel: &Channel) -> Vec<(&'static str, SecretRef)> {
    find(&channel.kind).map_or_else(Vec::new, |notifier| notifier.kind().secrets(&channel.settings))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use notafter_inventory::model::{Form, Usual};

    use super::*;

    /// What several notifiers share.
    const SHARED: [&str; 7] = ["mod", "error", "event", "letter", "news", "post", "veil"];

    #[test]
    fn the_folder_and_the_list_are_the_same() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/notify");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name();
                name.to_str().and_then(|name| name.strip_suffix(".rs")).map(str::to_owned)
            })
            .filter(|name| !SHARED.contains(&name.as_str()))
            .collect();
        let listed: BTreeSet<String> = kinds().iter().map(|kind| kind.name.to_owned()).collect();
        assert_eq!(files, listed);
    }

    /// Settings lie beside the identity of their channel, and what a kind says of itself is what people read.
    #[test]
    fn what_is_declared_is_whole_and_takes_no_name_that_every_channel_has() {
        for kind in kinds() {
            let keys: BTreeSet<&str> = kind.settings.iter().map(|setting| setting.key).collect();
            assert_eq!(keys.len(), kind.settings.len(), "{}", kind.name);
            assert!(["id", "name", "kind"].iter().all(|key| !keys.contains(key)), "{}", kind.name);
            assert!(!kind.title.is_empty() && !kind.receipt.is_empty(), "{}", kind.name);
            for setting in kind.settings {
                assert!(!setting.meaning.is_empty(), "{}: {}", kind.name, setting.key);
                if let (Form::OneOf(words), Usual::Text(usual)) = (setting.form, setting.usual) {
                    assert!(words.contains(&usual), "{}: {usual}", kind.name);
                }
            }
        }
    }
}
