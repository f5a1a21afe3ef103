//! Inventory as code: one TOML file says what shall be there.
//!
//! [`read`] reads a file and lays it over what is there; a [`Reading`] takes along the mistakes that others find in it, and
//! answers either every mistake at once or the differences, and the values that make them true, to be written in one
//! transaction. [`print()`] writes the inventory back as a file that changes nothing when it is applied.
//!
//! What a file never mentioned is left alone: things are removed only when an earlier file wrote them (the [`Manifest`]
//! remembers) or when the person asks for it.

mod build;
mod channel;
mod check;
mod describe;
mod diff;
mod duty;
mod entry;
mod issuer;
mod mistake;
mod ownership;
mod parse;
mod print;
mod reader;
mod reading;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_criticality;
#[cfg(test)]
mod tests_of_issuers;
#[cfg(test)]
mod tests_of_mistakes;
#[cfg(test)]
mod tests_of_owners;

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

pub use crate::model::is_reference;
pub use build::Write;
pub use diff::{Difference, FieldChange, Verb};
pub use entry::{Kind, endpoint_name, place_name};
pub use mistake::{Mistake, Mistakes};
pub use ownership::{owner_of, settled_owner};
pub use parse::{NAMES, can_be_a_name};
pub use print::{Aside, describe_one, endpoint_entry, print};
pub use reading::{PlaceRead, Reading, SecretRead, read, secrets};

use crate::model::{
    Channel, ChannelKind, CriticalityRule, Endpoint, Issuer, Lineage, Owner, Place, Random, SecretRef,
};

/// The inventory as it is.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// Owners.
    pub owners: Vec<Owner>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Issuers.
    pub issuers: Vec<Issuer>,
    /// Rules that say how much endpoints matter, by label.
    pub criticalities: Vec<CriticalityRule>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Lineages.
    pub lineages: Vec<Lineage>,
    /// Places.
    pub places: Vec<Place>,
    /// What files wrote before.
    pub manifest: Manifest,
}

/// What the last applied file wrote: kind and name of each thing, such as `endpoint shop.example:443`, and whose owner it
/// said, such as `the owner of endpoint shop.example:443`. Every other owner follows by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Manifest(pub BTreeSet<String>);

impl Manifest {
    /// Whether a file wrote this thing, by kind and name.
    fn wrote(&self, thing: &str) -> bool {
        self.0.contains(thing)
    }

    /// Whether a file said who owns this thing, by kind and name.
    fn said_owner_of(&self, thing: &str) -> bool {
        self.0.contains(&owner_said(thing))
    }
}

/// How a manifest remembers that a file said who owns a thing. No kind of thing is called `the`.
fn owner_said(thing: &str) -> String {
    format!("the owner of {thing}")
}

/// What applying a file would do.
#[derive(Clone, Debug)]
pub struct Changes {
    /// For people: what is added, changed and removed.
    pub differences: Vec<Difference>,
    /// What is there, is not in the file, and was not written by one: left alone.
    pub left_alone: Vec<String>,
    /// The values to store, in an order in which every reference leads to something stored before it.
    pub writes: Vec<Write>,
    /// Every secret that the file refers to: its value is read when the file is applied.
    pub secrets: Vec<SecretRef>,
    /// What this file wrote, to be stored with the values.
    pub manifest: Manifest,
    /// The line of each thing that the file describes, by kind and name as in the manifest.
    pub lines: BTreeMap<String, usize>,
}

/// Whether things that no file wrote are removed, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prune {
    /// They are left alone.
    #[default]
    Written,
    /// Whatever is not in the file is removed.
    Everything,
    /// Nothing is removed, and nothing counts as written by a file: the text is a piece that a command adds.
    Nothing,
}

/// Compares a file with the inventory. `kinds` are those of channels that there are; `random` gives the bytes of new identifiers.
///
/// # Errors
/// Every mistake in the file, with its line.
pub fn plan(
    text: &str,
    (present, kinds): (&Present, &[&'static ChannelKind]),
    prune: Prune,
    now: Time,
    random: &mut dyn FnMut() -> Random,
) -> Result<Changes, Mistakes> {
    read(text, (present, kinds), prune).changes(now, random)
}
