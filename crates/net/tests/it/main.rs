//! The network's hands against scripted and real peers on loopback.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the failure")]

mod dns;
mod http;
mod look;
mod openssl;
mod scripted;
