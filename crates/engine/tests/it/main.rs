//! The engine against staged peers: a real CA on loopback, real sockets, a real store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alert;
mod issue;
mod stage;
//! The engine at work, on real peers and a staged clock.

#![expect(clippy::unwrap_used, reason = "a test stops where something is not as staged")]

mod deploy;
