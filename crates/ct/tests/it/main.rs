//! Promises of logs of our own making, for certificates of our own making, and bytes of nobody's making.
#![expect(clippy::unwrap_used, reason = "a test stops where its stage is not as set")]

mod entry;
mod hostile;
mod judge;
mod stage;
