//! The client half of `acme` with real keys and sockets, against our CA, against Pebble, and our CA against other clients.

#![expect(clippy::unwrap_used, reason = "a test stops where its stage is not as set")]

mod lab_ca;
mod left_out;
mod outside;
mod pebble;
mod revocation;
mod stage;
