//! One file per protocol; the list is [`super::ALL`].

mod lines;

pub(super) mod imap;
pub(super) mod postgres;
pub(super) mod smtp;
