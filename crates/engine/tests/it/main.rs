//! The engine against staged peers: real CAs and servers on loopback, real sockets, a real store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alert;
mod alert_answers;
mod ca_faults;
mod certificate_files;
mod clock;
mod critical;
mod deploy;
mod files;
mod forget;
mod installation;
mod issue;
#[path = "../../../lab/tests/it/left_out.rs"]
mod left_out;
mod lost_account;
mod mailing;
mod meanwhile;
mod named;
mod own_certificate;
mod ownership;
mod pings;
#[path = "../../../store/tests/it/postgres.rs"]
mod postgres;
mod private_ca;
mod retention;
mod rollback;
mod run_book;
mod scale;
mod scan;
mod shed;
mod stage;
mod story;
mod story_dead_name;
mod story_dns_fails;
mod story_failing_renewal;
mod story_healthy;
mod story_intermediate;
mod story_never_reloaded;
mod story_new_machine;
mod story_silent_mail;
mod story_years;
mod two_servers;
mod undo;
mod watch;
mod weights;
