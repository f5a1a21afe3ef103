//! Channels.

use notafter_inventory::model::{Channel, ChannelId};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, channel: &Channel) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO channels (id, scope, name, document) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document",
        values![channel.id, scope.organisation, channel.name.as_str(), json("channel", channel)?],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: ChannelId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM channels WHERE id = $1 AND scope = $2", values![id, scope.organisation]).await?;
    Ok(())
}

impl Store {
    /// Every channel, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn channels(&self, scope: &Scope) -> Result<Vec<Channel>, StoreError> {
        self.documents(
            "channel",
            "SELECT document FROM channels WHERE scope = $1 ORDER BY name",
            values![scope.organisation],
        )
        .await
    }

    /// A channel by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn channel(&self, scope: &Scope, id: ChannelId) -> Result<Option<Channel>, StoreError> {
        self.document(
            "channel",
            "SELECT document FROM channels WHERE id = $1 AND scope = $2",
            values![id, scope.organisation],
        )
        .await
    }

    /// A channel by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn channel_named(&self, scope: &Scope, name: &str) -> Result<Option<Channel>, StoreError> {
        self.document(
            "channel",
            "SELECT document FROM channels WHERE scope = $1 AND name = $2",
            values![scope.organisation, name],
        )
        .await
    }
}
