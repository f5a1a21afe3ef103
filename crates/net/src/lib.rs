//! The only outgoing sockets.

mod clock;
mod eye;
pub mod limits;

pub use clock::Clock;
pub use eye::Eye;
pub use notafter_tls::{Resolution, ResolveError};
