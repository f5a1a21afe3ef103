//! Secrets at rest: envelope encryption.
//!
//! Every record has a data key of its own (AES-256-GCM), wrapped by the key-encryption key: from a file outside the data
//! directory, from systemd, or from a passphrase. Both layers are bound to the record's kind and row: a ciphertext that is
//! moved to another row does not open.

mod derivation;
mod error;
mod kek;
mod keyring;
mod sealed;
mod source;

pub use derivation::Derivation;
pub use error::VaultError;
pub use kek::KeyEncryptionKey;
pub use keyring::{Derived, Keyring};
pub use sealed::{Sealed, Slot};
pub use source::{Place, Source};
