//! The JSON API, one file for each resource. It holds no judgement: what it shows and does comes from `engine::operate`, by the
//! same names as on the command line and on pages. What the document says of a call follows from the table of routes and
//! from the types of the function behind it.

pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod alerts;
pub(crate) mod answer;
pub(crate) mod calendar;
mod call;
pub(crate) mod codes;
pub(crate) mod document;
pub(crate) mod drills;
pub(crate) mod endpoints;
pub(crate) mod events;
pub(crate) mod findings;
pub(crate) mod incidents;
pub(crate) mod inventory;
pub(crate) mod lifecycle;
pub(crate) mod lifetimes;
pub(crate) mod lineages;
mod list;
pub(crate) mod maintenances;
mod number;
pub(crate) mod overview;
pub(crate) mod owners;
pub(crate) mod pings;
pub(crate) mod problem;
pub(crate) mod repeat;
mod request;
pub(crate) mod silences;
mod view;
pub(crate) mod why;

pub(crate) use call::Call;
