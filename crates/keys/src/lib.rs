//! The only crate that makes, decrypts, uses or writes out a private key.
