//! What we have, what we want, what to do next. Pure (law 1).

pub mod finding;
pub mod model;
