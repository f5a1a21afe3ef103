//! Base64 as JSON evidence carries it (RFC 4648 section 4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// With padding, without line breaks.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes, or `None` where the text is not base64.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
