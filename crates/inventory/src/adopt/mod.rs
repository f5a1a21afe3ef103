//! The first minute on a real machine: what was found is put together with what is served.
//!
//! [`fact`] is what `providers::discover` found; [`cases`] joins it to one [`Case`] per certificate; [`questions`] says
//! where to look; [`remember`] and [`reunite`] know earlier certificates again; [`Case::tied`] recognises what notafter
//! itself renews; the rules `automation.*` judge a [`Watched`]
//! case, here and again whenever a watch-only lineage is looked after; [`row`] is what a person sees, and [`left_out`]
//! which ports are in no row.

mod case;
mod earlier;
pub mod fact;
mod habit;
mod ours;
mod port;
mod question;
pub mod row;
mod take_over;
mod watched;

pub use case::{Agreement, Blind, Case, Seen, cases, tell_servers_apart};
pub use earlier::{Remembered, remember, reunite};
pub use habit::{Due, due, habit_permille};
pub use ours::{Ours, Tie, Writes};
pub use port::{Port, left_out};
pub use question::{Question, questions};
pub use take_over::{Obstacle, Plan as TakeOver, Reload, plan as take_over};
pub use watched::Watched;

#[cfg(test)]
mod stage;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_rows;
