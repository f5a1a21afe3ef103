//! Ways to tell somebody, one file each: `render` says what goes over the wire, `send` takes it there and answers with a
//! receipt.

mod error;
mod smtp;
mod webhook;

use futures_util::future::BoxFuture;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Channel, ChannelKind, Delivery, Receipt, SecretRef};
use notafter_net::dns::Resolver;
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;

pub use error::NotifyError;

/// Every notifier, in the order in which people read them.
pub static ALL: &[&dyn Notifier] = &[&smtp::Smtp, &webhook::Webhook];

/// What a notifier declares about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// As written in an inventory file (`kind = "smtp"`).
    pub name: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What an accepted message shows, and what it does not.
    pub receipt: &'static str,
}

/// One message, ready to be carried by one channel.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// The message.
    pub delivery: &'a Delivery,
    /// The secret that [`secret`] names, opened.
    pub secret: Option<&'a [u8]>,
    /// When it is sent.
    pub at: Time,
    /// What this installation calls itself towards programs: a URI (CloudEvents `source`).
    pub source: &'a str,
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
    /// What it is.
    fn meta(&self) -> &'static Meta;

    /// Whether it serves channels of this kind.
    fn serves(&self, kind: &ChannelKind) -> bool;

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
    let kind = &outgoing.channel.kind;
    let Some(notifier) = ALL.iter().find(|notifier| notifier.serves(kind)) else {
        return Err(NotifyError::Settings(format!("nothing serves channel {}", outgoing.channel.name)));
    };
    let rendered = notifier.render(outgoing)?;
    notifier.send(outgoing, rendered, door).await
}

/// The secret that a channel needs, if it needs one.
#[must_use]
pub const fn secret(kind: &ChannelKind) -> Option<&SecretRef> {
    match kind {
        ChannelKind::Smtp(settings) => settings.password.as_ref(),
        ChannelKind::Webhook(settings) => settings.hmac.as_ref(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_folder_and_the_list_are_the_same() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/notify");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name();
                name.to_str().and_then(|name| name.strip_suffix(".rs")).map(str::to_owned)
            })
            .filter(|name| !["mod", "error"].contains(&name.as_str()))
            .collect();
        let listed: BTreeSet<String> = ALL.iter().map(|notifier| notifier.meta().name.to_owned()).collect();
        assert_eq!(files, listed);
    }
}
