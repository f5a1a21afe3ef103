//! JSON Object Signing as ACME uses it (RFC 8555 section 6.2): flattened JWS whose protected header carries `alg`,
//! `nonce`, `url` and either `jwk` or `kid`.
//!
//! This module builds the bytes to be signed and puts the signature in its place; the crate `keys` signs.

mod envelope;
mod jwk;
mod spki;

pub use envelope::{
    Algorithm, Header, KeyRef, Sealed, SigningInput, external_account_input, key_change_input, signing_input,
};
pub use jwk::{Jwk, JwkError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Base64url without padding (RFC 4648 section 5), the only form that JOSE knows.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes, or `None` where the text is not base64url without padding.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
