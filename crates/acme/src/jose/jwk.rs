//! Public keys as JSON (RFC 7517, RFC 7518 section 6) and their thumbprints (RFC 7638).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::spki::{self, KeyBits};
use super::{Algorithm, base64url, from_base64url};

/// A public key of a kind that signs ACME requests.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Jwk {
    /// ECDSA on P-256.
    P256 {
        /// The point's first coordinate, 32 bytes.
        x: Vec<u8>,
        /// The point's second coordinate, 32 bytes.
        y: Vec<u8>,
    },
    /// ECDSA on P-384.
    P384 {
        /// The point's first coordinate, 48 bytes.
        x: Vec<u8>,
        /// The point's second coordinate, 48 bytes.
        y: Vec<u8>,
    },
    /// RSA.
    Rsa {
        /// The modulus, big-endian, without leading zeros.
        n: Vec<u8>,
        /// The public exponent, big-endian, without leading zeros.
        e: Vec<u8>,
    },
}

/// Why a public key cannot be a JWK here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// The DER is no SubjectPublicKeyInfo.
    #[error("the public key is not a SubjectPublicKeyInfo")]
    NotSpki,
    /// An algorithm that signs no ACME request here.
    #[error("the public key is neither ECDSA on P-256 or P-384 nor RSA")]
    Algorithm,
    /// A JSON member is missing or is not base64url.
    #[error("the JWK's member {0:?} is missing or malformed")]
    Member(&'static str),
}

impl Jwk {
    /// From the DER of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
    ///
    /// # Errors
    /// When the DER is something else, or a key that signs no ACME request.
    pub fn from_spki(der: &[u8]) -> Result<Self, JwkError> {
        match spki::read(der)? {
            KeyBits::P256(point) => {
                split_point(point, 32).map(|(x, y)| Self::P256 { x, y }).ok_or(JwkError::NotSpki)
            }
            KeyBits::P384(point) => {
                split_point(point, 48).map(|(x, y)| Self::P384 { x, y }).ok_or(JwkError::NotSpki)
            }
            KeyBits::Rsa { n, e } => Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() }),
        }
    }

    /// From JSON, as a client sends it in a protected header.
    ///
    /// # Errors
    /// When a member is missing or malformed, or the kind is unknown.
    pub fn from_json(value: &Value) -> Result<Self, JwkError> {
        let text = |name: &'static str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &'static str, length: Option<usize>| {
            from_base64url(text(name))
                .filter(|bytes| !bytes.is_empty() && length.is_none_or(|length| bytes.len() == length))
                .ok_or(JwkError::Member(name))
        };
        match (text("kty"), text("crv")) {
            ("EC", "P-256") => Ok(Self::P256 { x: number("x", Some(32))?, y: number("y", Some(32))? }),
            ("EC", "P-384") => Ok(Self::P384 { x: number("x", Some(48))?, y: number("y", Some(48))? }),
            ("RSA", _) => Ok(Self::Rsa { n: number("n", None)?, e: number("e", None)? }),
            _ => Err(JwkError::Algorithm),
        }
    }

    /// The JSON object with the required members only.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::P256 { x, y } => {
                json!({ "crv": "P-256", "kty": "EC", "x": base64url(x), "y": base64url(y) })
            }
            Self::P384 { x, y } => {
                json!({ "crv": "P-384", "kty": "EC", "x": base64url(x), "y": base64url(y) })
            }
            Self::Rsa { n, e } => json!({ "e": base64url(e), "kty": "RSA", "n": base64url(n) }),
        }
    }

    /// SHA-256 over the required members in lexicographic order (RFC 7638 section 3), base64url: the second half of
    /// every key authorization.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let canonical = match self {
            Self::P256 { x, y } => canonical_ec("P-256", x, y),
            Self::P384 { x, y } => canonical_ec("P-384", x, y),
            Self::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url(e), base64url(n))
            }
        };
        base64url(digest(&SHA256, canonical.as_bytes()).as_ref())
    }

    /// The one JWS algorithm that this kind of key is used with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256 { .. } => Algorithm::Es256,
            Self::P384 { .. } => Algorithm::Es384,
            Self::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// Whether `signature` (the JWS form: fixed-length `r || s` for ECDSA) is this key's over `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256 { x, y } => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, join_point(x, y))
                .verify(message, signature)
                .is_ok(),
            Self::P384 { x, y } => UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, join_point(x, y))
                .verify(message, signature)
                .is_ok(),
            Self::Rsa { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn canonical_ec(curve: &str, x: &[u8], y: &[u8]) -> String {
    format!(r#"{{"crv":"{curve}","kty":"EC","x":"{}","y":"{}"}}"#, base64url(x), base64url(y))
}

/// Only the uncompressed form is met in practice (RFC 5480 section 2.2).
fn split_point(point: &[u8], length: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let coordinates = point.strip_prefix(&[4])?;
    (coordinates.len() == 2 * length)
        .then(|| (coordinates[..length].to_vec(), coordinates[length..].to_vec()))
}

fn join_point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[4], x, y].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7638 section 3.1.
    const RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

    #[test]
    fn the_thumbprint_of_the_rfc_example() {
        let jwk = Jwk::from_json(&serde_json::from_str(RSA).unwrap()).unwrap();
        assert_eq!(jwk.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(jwk.algorithm(), Algorithm::Rs256);
        assert_eq!(serde_json::from_value::<Jwk>(jwk.to_json()).unwrap(), jwk);
    }

    #[test]
    fn members_that_are_missing_or_of_the_wrong_length_are_named() {
        let short = json!({ "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA" });
        assert_eq!(Jwk::from_json(&short), Err(JwkError::Member("x")));
        assert_eq!(Jwk::from_json(&json!({ "kty": "RSA", "n": "AQAB" })), Err(JwkError::Member("e")));
        assert_eq!(Jwk::from_json(&json!({ "kty": "oct", "k": "AQAB" })), Err(JwkError::Algorithm));
        assert_eq!(Jwk::from_json(&json!("text")), Err(JwkError::Algorithm));
    }
}
