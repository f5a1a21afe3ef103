//! What the inventory says already of what `issue` is about.

use notafter_engine::open;
use notafter_engine::operate::inventory::{Get, Printed};
use toml::{Table, Value};

use crate::failure::Failure;
use crate::session::Session;

/// The issuers there are, and the lineage with its places where it is there: each as a file describes it.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) issuers: Vec<Table>,
    /// The names of those at which no account was made yet.
    pub(super) without_account: Vec<String>,
    pub(super) lineage: Option<Table>,
    pub(super) places: Vec<Table>,
}

impl Known {
    /// Reads it, at once; nothing is known before an installation has begun.
    pub(super) async fn of(lineage: &str, session: &Session) -> Result<Self, Failure> {
        if open::has_begun(&session.settings).is_err() {
            return Ok(Self::default());
        }
        let printed: Printed = session.operate("inventory.get", Get { kind: None, name: None }).await?;
        let known = Self::read(&printed.text, lineage)?;
        Ok(Self { without_account: printed.without_account, ..known })
    }

    pub(super) fn read(text: &str, lineage: &str) -> Result<Self, Failure> {
        let file: Table = text.parse().map_err(|error: toml::de::Error| {
            let hint = "look at it: notafter get; nothing was changed";
            Failure::new("the inventory cannot be read back", hint).because(error)
        })?;
        let mut lineage =
            tables(&file, "lineage").into_iter().find(|one| said(one, "name") == Some(lineage));
        let places = lineage.as_ref().map(|lineage| tables(lineage, "place")).unwrap_or_default();
        lineage.iter_mut().for_each(|lineage| drop(lineage.remove("place")));
        Ok(Self { issuers: tables(&file, "issuer"), without_account: Vec::new(), lineage, places })
    }
}

/// The text at a key.
pub(super) fn said<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Value::as_str)
}

fn tables(table: &Table, key: &str) -> Vec<Table> {
    let values = table.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(Value::as_table).cloned().collect()
}
