//! Runs what plans say: tasks under leases, and the operations that people ask for.

pub mod access;
pub mod adopt;
pub mod alert_link;
pub mod ca;
pub mod certificate_files;
pub mod clock_watch;
pub mod context;
mod draft;
pub mod drill;
pub mod driver;
pub mod findings;
pub mod news;
pub mod open;
pub mod operate;
pub mod own_certificate;
pub mod path_link;
pub mod ping;
pub mod progress;
pub mod rights;
pub mod settings;
pub mod settle;
mod signing_key;
pub mod socket;
pub mod status_page;
pub mod subscription;
pub mod tasks;
pub mod trust_watch;
