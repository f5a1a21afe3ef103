//! Staged peers: for tests, demo and drills.

pub mod acme_ca;
pub mod authenticator;
pub mod authority;
pub mod fleet;
pub mod http_sink;
pub mod name_server;
pub mod nginx;
pub mod openid;
pub mod pebble;
pub mod port;
pub mod revocation;
pub mod smtp_sink;
pub mod tls_server;
