//! Real outages, told from the first look to the owner's mail: the real `serve` beside real nginx, certbot and Pebble.

pub(crate) mod duty;
mod ours;
mod postgres;
mod theirs;
