//! Other people's automation: examined, watched, and taken over.

mod examine;
mod remembered;

pub use examine::{Examined, examine};
pub(crate) use remembered::remembered;
