//! Identifiers that fail the self-check: named, and by setting moved into a certificate of their own, so that one dead
//! name does not take the others with it.

use notafter_cert::Identifier;

pub use crate::model::SHED_FROM;
use crate::model::{LineageSpec, Shedding};

/// The name of the lineage that takes what is left out of `name`: one that nobody has.
#[must_use]
pub fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let first = format!("{name}-shed");
    if !taken(&first) {
        return first;
    }
    (2_u64..).map(|number| format!("{first}-{number}")).find(|name| !taken(name)).unwrap_or(first)
}

/// What is ordered, given the identifiers that fail the self-check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shed {
    /// Nothing fails: one order with everything.
    Whole,
    /// The order waits for these.
    Wait {
        /// The failing identifiers.
        failing: Vec<Identifier>,
    },
    /// Two orders: one goes ahead, the other waits in a lineage of its own.
    Split {
        /// What goes ahead.
        ahead: Vec<Identifier>,
        /// What gets a certificate of its own once it passes.
        own: Vec<Identifier>,
    },
}

/// Splits the order of a lineage. Every identifier of the specification is checked again at each renewal, so one that
/// passes again comes back with the next certificate.
#[must_use]
pub fn shed(spec: &LineageSpec, failing: &[Identifier]) -> Shed {
    let (own, ahead): (Vec<Identifier>, Vec<Identifier>) =
        spec.identifiers.iter().cloned().partition(|one| failing.contains(one));
    if own.is_empty() {
        return Shed::Whole;
    }
    match spec.shedding {
        Shedding::Split if !ahead.is_empty() => Shed::Split { ahead, own },
        _ => Shed::Wait { failing: own },
    }
}
