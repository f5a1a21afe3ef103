//! Keys that notafter makes for itself, to sign addresses with that it gives away: they lie in the vault, under names that no
//! inventory file can have.

use notafter_inventory::model::Actor;
use notafter_keys::vault::Sealed;
use notafter_store::{Change, StoreError};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::operate::Fault;

/// The key of this name; nothing where nothing was signed with it yet.
///
/// # Errors
/// The store or the vault failed.
pub(crate) async fn known(context: &Context, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
    let Some(row) = context.store.secret(&context.scope, name).await? else { return Ok(None) };
    let sealed = Sealed::from_bytes(row.sealed)?;
    Ok(Some(context.keyring.read().await.open_secret(name, &sealed)?))
}

/// The key; made where there is none yet. Of two processes that make it, both have the one that was first.
///
/// # Errors
/// The store or the vault failed.
pub(crate) async fn made(context: &Context, name: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    if let Some(key) = known(context, name).await? {
        return Ok(key);
    }
    let made = Zeroizing::new(context.random::<32>());
    let sealed = context.keyring.read().await.seal_secret(name, made.as_slice())?;
    let (kek_id, sealed) = (sealed.kek_id(), sealed.as_bytes().to_vec());
    let change = Change::MakeSecret { name: name.to_owned(), kek_id, sealed };
    match context.apply(None, &Actor::Engine, &[change]).await {
        Ok(()) | Err(StoreError::Overtaken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    known(context, name).await?.ok_or_else(|| {
        let what = format!("the key {name} was removed while it was made");
        Fault::new("vault.no-such-secret", what, "try again: another one is made")
    })
}
