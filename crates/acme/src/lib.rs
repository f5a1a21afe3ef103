//! RFC 8555 for both sides, as resumable steps.
//!
//! Pure (law 1): what a CA answered, the time and randomness come in; requests, waits and results come out. Nothing here
//! opens a socket, holds a private key or looks at a clock. [`client`] says how to drive a renewal so that a crash at any
//! instruction loses nothing and asks for nothing twice.

mod answer;
pub mod ari;
pub mod challenge;
pub mod client;
mod failure;
pub mod http_date;
pub mod jose;
pub mod message;
mod origin;
pub mod problem;
pub mod server;

pub use answer::{Answer, MAX_BODY};
pub use failure::{Code, Failure};
pub use origin::Origin;
