//! What holds for the whole house, seen from the inventory.
#![expect(clippy::unwrap_used, reason = "a test may stop where what it stands on is missing")]
#![expect(clippy::disallowed_methods, reason = "the sources are what is tested")]

mod catalogue;
