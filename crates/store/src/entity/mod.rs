//! One file per entity: how it is put, and how it is read.

pub(crate) mod access;
pub(crate) mod alert;
pub(crate) mod answer;
pub(crate) mod channel;
pub(crate) mod charge;
pub(crate) mod criticality;
pub(crate) mod delivery;
pub(crate) mod deployment;
pub(crate) mod derivation;
pub(crate) mod drill;
pub(crate) mod endpoint;
pub(crate) mod finding;
pub(crate) mod incident;
pub(crate) mod issuer;
pub(crate) mod key;
pub(crate) mod lineage;
pub(crate) mod link;
pub(crate) mod maintenance;
pub(crate) mod manifest;
pub(crate) mod order;
pub(crate) mod owner;
pub(crate) mod ownership;
pub(crate) mod path;
pub(crate) mod ping;
pub(crate) mod place;
pub(crate) mod public;
pub(crate) mod silence;
pub(crate) mod subscriber;
pub(crate) mod trust;
pub(crate) mod version;

use serde::de::DeserializeOwned;

use crate::sql::Value;
use crate::{Store, StoreError};

/// How many updates there are, as it is stored.
fn updates<T>(updates: &[T]) -> i64 {
    i64::try_from(updates.len()).unwrap_or(i64::MAX)
}

impl Store {
    /// Every row's document, which is the first column.
    pub(crate) async fn documents<T: DeserializeOwned>(
        &self,
        what: &'static str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        self.pool.fetch(sql, values).await?.iter().map(|row| row.document(0, what)).collect()
    }

    /// The first row's document.
    pub(crate) async fn document<T: DeserializeOwned>(
        &self,
        what: &'static str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<T>, StoreError> {
        self.pool.fetch(sql, values).await?.first().map(|row| row.document(0, what)).transpose()
    }
}
