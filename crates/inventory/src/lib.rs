//! What we have, what we want, what to do next. Pure (law 1).

pub mod adopt;
pub mod calendar;
pub mod catalogue;
pub mod cause;
pub mod check;
pub mod code;
pub mod drill;
pub mod finding;
pub mod ledger;
pub mod lifetimes;
pub mod lists;
pub mod log;
pub mod model;
pub mod near;
pub mod openid;
pub mod password;
pub mod plan;
pub mod reply;
pub mod rule;
pub mod run_book;
pub mod status_page;
pub mod threshold;
pub mod webauthn;
pub mod why;
pub mod words;
