//! Tests of the binary and of the house it stands in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod adopt;
mod alert;
mod api;
mod browser;
mod by_hand;
mod calendar;
mod check;
mod containers;
mod demo;
mod drill;
mod faults;
mod fuzz;
mod hands;
mod home;
mod house;
mod inspect;
mod inventory;
#[path = "../../../lab/tests/it/left_out.rs"]
mod left_out;
mod lint;
mod lists;
mod live;
mod look;
mod lost_account;
mod machine;
mod notafter;
mod openid;
mod outage;
mod own_certificate;
mod package;
mod pages;
mod passkeys;
mod peer;
mod pings;
mod processes;
mod prometheus;
mod readme;
mod schema;
mod secrets;
mod serve;
mod status_page;
mod sweep;
mod vault;
mod verify;
