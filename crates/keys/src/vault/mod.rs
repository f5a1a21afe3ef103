//! Secrets at rest: envelope encryption.
//!
//! Every record has a data key of its own (AES-256-GCM), wrapped by the key-encryption key, which lies in a file outside
//! the data directory. Both layers are bound to the record's kind and row: a ciphertext that is moved to another row does
//! not open.

mod error;
mod kek;
mod keyring;
mod sealed;

pub use error::VaultError;
pub use kek::KeyEncryptionKey;
pub use keyring::Keyring;
pub use sealed::{Sealed, Slot};
