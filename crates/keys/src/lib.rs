//! The only crate that makes, decrypts, uses or writes out a private key.
//!
//! Small, so that it can be audited alone. Everything that holds key bytes is zeroized when dropped, and no `Debug`
//! output shows any. A deployer names [`write_out::Destination`]s and never holds the bytes itself.

pub mod account;
pub mod authority;

mod csr;
mod der;
mod error;
mod hmac;
mod java_keystore;
mod jwk;
mod key;
mod loose;
pub mod on_disk;
pub mod parcel;
mod password;
pub mod pkcs12;
pub mod serving;
mod subject;
pub mod unpack;
pub mod vault;
pub mod write_out;

pub use csr::{Wish, csr, wished_csr};
pub use error::KeyError;
pub use hmac::{hmac_sha256, hmac_sha256_128, hmac_sha256_128_is, hmac_sha256_is};
pub use key::PrivateKey;
pub use loose::{LooseKey, LooseKind, ParseLooseKindError};
pub use password::{Budget, PasswordError};
pub use subject::{ParseSubjectError, Subject};
