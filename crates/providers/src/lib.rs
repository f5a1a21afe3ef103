//! Other people's APIs: solve, deploy, discover, notify.

pub mod command;
pub mod nginx;
pub mod swap;
