//! The only outgoing sockets.

pub mod acme;
pub mod beside;
mod clock;
mod config;
pub mod dial;
pub mod dns;
mod eye;
pub mod http;
pub mod limits;
pub mod observe;
pub mod revocation;
pub mod trust;

pub use clock::Clock;
pub use eye::Eye;
pub use notafter_tls::{Resolution, ResolveError};
