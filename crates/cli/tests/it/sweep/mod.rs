//! The binary, killed at every durable step and left without space at every write: nothing is lost, nothing is asked for
//! twice, and the old pair is served until the new one is.

mod full_disk;
mod hand_over;
mod kill;
mod order;
mod rotation;
pub(crate) mod stage;
mod upgrade;
