//! Both halves of the protocol against each other, without a socket: every fault, every place to crash.

mod account;
mod faults;
mod orders;
mod stage;
mod sweep;
