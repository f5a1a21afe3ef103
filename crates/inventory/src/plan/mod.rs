//! What to do next, decided before anything is done (law 2): pure functions from state and time to actions.

use notafter_cert::Time;
use serde::Serialize;

pub mod ahead;
pub mod alert;
pub mod deliver;
pub mod deploy;
pub mod digest;
pub mod forget;
pub mod ownership;
pub mod prove;
pub mod renew;
pub mod scan;
pub mod sign;

/// One thing to do: what, why, and not before which instant. The executor adds no judgement of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action<W> {
    /// What to do.
    pub what: W,
    /// Why, in words that a person reads.
    pub why: String,
    /// Not before this instant.
    pub not_before: Time,
}
