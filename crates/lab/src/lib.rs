//! Staged peers: for tests, demo and drills.

pub mod authority;
pub mod fleet;
pub mod tls_server;
