//! Other people's automation: examined, watched, and taken over.

mod examine;

pub use examine::{Examined, examine};
