//! The router with everything behind it, asked in process.

mod access;
mod pages;
mod stage;
