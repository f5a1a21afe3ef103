//! The providers against real peers on loopback.

mod notify;
