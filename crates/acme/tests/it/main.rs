//! Both halves of the protocol against each other, without a socket: every fault, every place to crash.
#![expect(clippy::unwrap_used, reason = "a test stops where its stage is not as set")]

mod account;
mod faults;
mod hostile;
mod orders;
mod stage;
mod sweep;
