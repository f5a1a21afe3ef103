//! Runs what plans say: tasks under leases, and the operations that people ask for.

pub mod operate;
pub mod settings;
