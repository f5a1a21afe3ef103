//! How much each owner answers for, as of one state of the inventory: counting the critical endpoints among a hundred thousand
//! reads all of them, and each turn of the alerts asks for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use notafter_inventory::model::OwnerId;
use notafter_store::{Revision, StoreError};
use tokio::sync::Mutex;

use crate::context::Context;

/// How much each owner answers for.
#[derive(Debug, Default)]
pub struct Weights {
    /// Lineages.
    pub lineages: BTreeMap<OwnerId, u64>,
    /// Endpoints of high and of critical criticality.
    pub endpoints: BTreeMap<OwnerId, u64>,
}

/// What was counted last, of the whole organisation.
#[derive(Debug, Default)]
pub struct KeptWeights(Mutex<Option<(Revision, Arc<Weights>)>>);

impl KeptWeights {
    /// As it is now: counted again only where the inventory was written since.
    ///
    /// # Errors
    /// The store failed.
    pub async fn read(&self, context: &Context) -> Result<Arc<Weights>, StoreError> {
        let (store, scope) = (&context.store, &context.scope);
        if scope.kept_to().is_some() {
            return counted(context).await.map(Arc::new);
        }
        let mut kept = self.0.lock().await;
        let revision = store.inventory_revision(scope).await?;
        if let Some((as_of, weights)) = &*kept
            && *as_of == revision
        {
            return Ok(Arc::clone(weights));
        }
        let weights = Arc::new(counted(context).await?);
        *kept = Some((revision, Arc::clone(&weights)));
        Ok(weights)
    }
}

async fn counted(context: &Context) -> Result<Weights, StoreError> {
    let (store, scope) = (&context.store, &context.scope);
    Ok(Weights {
        lineages: store.lineages_by_owner(scope).await?,
        endpoints: store.critical_endpoints_by_owner(scope).await?,
    })
}
