//! The router with everything behind it, asked in process.

mod access;
mod api;
mod ca;
mod calendar;
mod drills;
mod events;
mod inventory;
mod lifetimes;
mod lineages;
mod links;
mod live;
mod openid;
mod pages;
mod passkeys;
mod pings;
mod sessions;
mod silences;
mod stage;
mod status_page;
