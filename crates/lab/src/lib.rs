//! Staged peers: for tests, demo and drills.

pub mod authority;
pub mod tls_server;
