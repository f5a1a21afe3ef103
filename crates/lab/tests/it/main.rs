//! The client half of `acme` with real keys and sockets, against our CA, against Pebble, and our CA against other clients.

#![expect(clippy::unwrap_used, reason = "a test stops where its stage is not as set")]
#![expect(clippy::print_stdout, reason = "what was left out, and which peer was used, is said aloud")]

mod lab_ca;
mod outside;
mod pebble;
mod stage;
