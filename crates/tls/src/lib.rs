//! How TLS peers talk, what to ask, what the answers mean.
//!
//! Pure (law 1): this crate says what to send and judges what came back; `net` owns the sockets.

pub mod dialogue;
pub mod name;
pub mod observation;
mod offer;
mod resolution;
mod target;

pub use offer::Offer;
pub use resolution::{Family, FamilyFailure, Resolution, ResolveError, ResolveFailure};
pub use target::{ParseTargetError, Target, is_server_name};
