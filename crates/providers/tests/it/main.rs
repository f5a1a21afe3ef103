//! The providers against real peers on loopback.

#![expect(clippy::unwrap_used, reason = "a test stops where something is not as staged")]

mod channels;
mod deploy;
mod docs;
mod hands;
mod hostile;
#[path = "../../../lab/tests/it/left_out.rs"]
mod left_out;
mod notify;
mod solve;
mod stage;
