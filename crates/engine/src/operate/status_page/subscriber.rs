//! Who is told by mail, for those who look after the list.

use notafter_inventory::model::{Actor, Subscriber, Subscribers};
use notafter_store::Subscription;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::operate::Fault;
use crate::subscription;

/// Nothing has to be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscribersArgs {}

/// Everybody who asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubscriberList {
    /// In the order in which they came.
    pub subscribers: Vec<Subscriber>,
}

/// Everybody who asked to be told by mail.
///
/// # Errors
/// The store failed.
pub(super) async fn list(context: &Context, _: &Actor, _: SubscribersArgs) -> Result<SubscriberList, Fault> {
    Ok(SubscriberList { subscribers: context.store.subscribers(&context.scope).await? })
}

/// Whose mails end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveArgs {
    /// The address.
    pub address: String,
}

/// Ends the mails to an address, and forgets it.
///
/// # Errors
/// Nobody asked for mails there; or the store failed.
pub(super) async fn remove(context: &Context, actor: &Actor, args: RemoveArgs) -> Result<(), Fault> {
    let known = context.store.subscriber_at(&context.scope, args.address.trim()).await?.ok_or_else(|| {
        let what = "nobody asked for mails at this address";
        Fault::new("status-page.no-subscriber", what, "see who did: notafter subscriber list")
    })?;
    let changes = [subscription::event("removed", known.id), Subscription::Remove(known.id).into()];
    Ok(context.apply(None, actor, &changes).await?)
}

/// How mails about what the page tells are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mails {
    /// The channel that the settings name.
    pub channel: String,
    /// It is there, and carries mail.
    pub is_carried: bool,
    /// How many are told.
    pub subscribers: Subscribers,
}

/// How mails are sent; nothing where no setting says so.
pub(super) async fn mails(context: &Context) -> Result<Option<Mails>, Fault> {
    let Some(channel) = context.settings.status_mail.clone() else { return Ok(None) };
    let is_carried = subscription::channel(context).await?.is_some();
    let subscribers = context.store.count_subscribers(&context.scope).await?;
    Ok(Some(Mails { channel, is_carried, subscribers }))
}
