//! Other people's APIs: solve, deploy, discover, notify.

pub mod command;
pub mod deploy;
pub mod discover;
pub mod hand_over;
pub mod hands;
pub mod installation;
pub mod nginx;
pub mod notify;
pub mod reload;
pub mod self_check;
pub mod settings;
pub mod solve;
pub mod swap;
