//! The flattened JWS (RFC 7515 section 7.2.2): what is signed, and what is sent.

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Jwk, base64url, from_base64url};

/// JWS algorithms (RFC 7518 section 3.1) that ACME requests are signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA on P-384 with SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// HMAC with SHA-256: external account binding only.
    #[serde(rename = "HS256")]
    Hs256,
}

impl Algorithm {
    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }
}

/// Who signs: the key itself, or the account's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRef {
    /// The public key, before the account exists and for revocation with a certificate's key.
    Jwk(Jwk),
    /// The account's URL, or a CA's key identifier in an external account binding.
    Kid(String),
}

/// A protected header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The signature's algorithm.
    pub algorithm: Algorithm,
    /// Who signs.
    pub key: KeyRef,
    /// The anti-replay nonce (RFC 8555 section 6.5); inner JWS have none.
    pub nonce: Option<String>,
    /// The URL that the request is sent to (RFC 8555 section 6.4).
    pub url: String,
}

impl Header {
    fn to_json(&self) -> Value {
        let mut header = json!({ "alg": self.algorithm.name(), "url": self.url });
        if let Some(nonce) = &self.nonce {
            header["nonce"] = json!(nonce);
        }
        match &self.key {
            KeyRef::Jwk(jwk) => header["jwk"] = jwk.to_json(),
            KeyRef::Kid(kid) => header["kid"] = json!(kid),
        }
        header
    }

    fn from_json(header: &Value) -> Option<Self> {
        let text = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        // Exactly one of the two (RFC 8555 section 6.2).
        let key = match (header.get("jwk"), text("kid")) {
            (Some(jwk), None) => KeyRef::Jwk(Jwk::from_json(jwk).ok()?),
            (None, Some(kid)) => KeyRef::Kid(kid),
            _ => return None,
        };
        let algorithm = Algorithm::deserialize(header.get("alg")?).ok()?;
        Some(Self { algorithm, key, nonce: text("nonce"), url: text("url")? })
    }
}

/// The two halves that are signed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningInput {
    protected: String,
    payload: String,
}

impl SigningInput {
    /// The bytes to sign: `BASE64URL(header) '.' BASE64URL(payload)`.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        format!("{}.{}", self.protected, self.payload).into_bytes()
    }

    /// The finished JWS as a JSON value; `signature` in the JWS form (ECDSA: fixed-length `r || s`).
    #[must_use]
    pub fn assemble(&self, signature: &[u8]) -> Value {
        json!({ "protected": self.protected, "payload": self.payload, "signature": base64url(signature) })
    }
}

/// What to sign for this header and payload; an empty payload is a POST-as-GET (RFC 8555 section 6.3).
#[must_use]
pub fn signing_input(header: &Header, payload: &[u8]) -> SigningInput {
    SigningInput {
        protected: base64url(header.to_json().to_string().as_bytes()),
        payload: base64url(payload),
    }
}

/// The inner JWS of an external account binding (RFC 8555 section 7.3.4), to be signed with HMAC-SHA-256 and the key
/// that the CA gave out beside `kid`.
#[must_use]
pub fn external_account_input(kid: &str, account_key: &Jwk, new_account_url: &str) -> SigningInput {
    let header = Header {
        algorithm: Algorithm::Hs256,
        key: KeyRef::Kid(kid.to_owned()),
        nonce: None,
        url: new_account_url.to_owned(),
    };
    signing_input(&header, account_key.to_json().to_string().as_bytes())
}

/// The inner JWS of a key change (RFC 8555 section 7.3.5), to be signed with the *new* account key.
#[must_use]
pub fn key_change_input(new: &Jwk, old: &Jwk, account_url: &str, key_change_url: &str) -> SigningInput {
    let header = Header {
        algorithm: new.algorithm(),
        key: KeyRef::Jwk(new.clone()),
        nonce: None,
        url: key_change_url.to_owned(),
    };
    let payload = json!({ "account": account_url, "oldKey": old.to_json() });
    signing_input(&header, payload.to_string().as_bytes())
}

/// A received JWS whose signature has not been checked yet.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// What the protected header says.
    pub header: Header,
    /// The payload's bytes; empty for a POST-as-GET.
    pub payload: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Sealed {
    /// Reads a flattened JWS; `None` where it is none, or carries an unprotected header (RFC 8555 section 6.2).
    #[must_use]
    pub fn parse(jws: &Value) -> Option<Self> {
        let text = |name: &str| jws.get(name).and_then(Value::as_str);
        if jws.get("header").is_some() || jws.get("signatures").is_some() {
            return None;
        }
        let (protected, payload) = (text("protected")?, text("payload")?);
        let header: Value = serde_json::from_slice(&from_base64url(protected)?).ok()?;
        Some(Self {
            header: Header::from_json(&header)?,
            payload: from_base64url(payload)?,
            signed: format!("{protected}.{payload}").into_bytes(),
            signature: from_base64url(text("signature")?)?,
        })
    }

    /// Whether `key` made the signature, with the algorithm the header names.
    #[must_use]
    pub fn signed_by(&self, key: &Jwk) -> bool {
        self.header.algorithm == key.algorithm() && key.verifies(&self.signed, &self.signature)
    }

    /// Whether the holder of this MAC key made the signature.
    #[must_use]
    pub fn signed_with_mac(&self, mac_key: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, mac_key);
        self.header.algorithm == Algorithm::Hs256 && hmac::verify(&key, &self.signed, &self.signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

    use super::*;

    fn pair() -> (EcdsaKeyPair, Jwk) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref().to_vec();
        let jwk = Jwk::P256 { x: point[1..33].to_vec(), y: point[33..].to_vec() };
        (pair, jwk)
    }

    fn sign(pair: &EcdsaKeyPair, input: &SigningInput) -> Value {
        input.assemble(pair.sign(&SystemRandom::new(), &input.bytes()).unwrap().as_ref())
    }

    #[test]
    fn what_was_signed_is_read_back_and_verified_and_a_changed_byte_is_not() {
        let (pair, jwk) = pair();
        let header = Header {
            algorithm: Algorithm::Es256,
            key: KeyRef::Jwk(jwk.clone()),
            nonce: Some("n".to_owned()),
            url: "https://ca.example/new-acct".to_owned(),
        };
        let mut jws = sign(&pair, &signing_input(&header, b"{}"));
        let read = Sealed::parse(&jws).unwrap();
        assert_eq!(read.header, header);
        assert_eq!(read.payload, b"{}");
        assert!(read.signed_by(&jwk));

        jws["payload"] = json!(base64url(b"{ }"));
        assert!(!Sealed::parse(&jws).unwrap().signed_by(&jwk));
        jws["header"] = json!({});
        assert!(Sealed::parse(&jws).is_none());
    }

    #[test]
    fn an_external_account_binding_carries_the_account_key_under_the_mac() {
        let (_, jwk) = pair();
        let input = external_account_input("kid-1", &jwk, "https://ca.example/new-acct");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), &input.bytes());
        let read = Sealed::parse(&input.assemble(tag.as_ref())).unwrap();
        assert!(read.signed_with_mac(b"secret"));
        assert!(!read.signed_with_mac(b"other"));
        assert_eq!(read.header.nonce, None);
        assert_eq!(serde_json::from_slice::<Jwk>(&read.payload).unwrap(), jwk);
    }

    #[test]
    fn a_header_names_either_a_key_or_an_account_never_both_or_none() {
        let (_, jwk) = pair();
        for header in [
            json!({ "alg": "ES256", "url": "u" }),
            json!({ "alg": "ES256", "url": "u", "kid": "k", "jwk": jwk.to_json() }),
            json!({ "alg": "none", "url": "u", "kid": "k" }),
            json!({ "alg": "ES256", "kid": "k" }),
        ] {
            let jws = json!({ "protected": base64url(header.to_string().as_bytes()), "payload": "", "signature": "" });
            assert!(Sealed::parse(&jws).is_none(), "{header}");
        }
    }
}
