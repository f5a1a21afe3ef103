//! An OpenID Connect provider that says what it is told to, about itself and about people.

use std::net::{Ipv4Addr, SocketAddr};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use notafter_acme::jose::base64url;
use serde_json::{Value, json};

use crate::authority::StageError;
use crate::http_sink::{Asked, HttpSink, Reply};

/// A provider with one key.
pub struct OpenIdProvider {
    sink: HttpSink,
    pair: EcdsaKeyPair,
    /// What it calls its key.
    pub key_name: String,
}

impl OpenIdProvider {
    /// Starts one, which says nothing yet.
    ///
    /// # Errors
    /// No port can be bound, or no key made.
    pub async fn start() -> Result<Self, StageError> {
        let sink = HttpSink::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None).await?;
        #[expect(clippy::expect_used, reason = "the operating system's randomness does not fail after start")]
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let provider = Self { sink, pair, key_name: "first".to_owned() };
        provider.says("", &json!({}));
        Ok(provider)
    }

    /// Who it is.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.sink.address())
    }

    /// Answers everything from now on with this ID token, and this beside it: whoever asks reads what he asked for.
    pub fn says(&self, id_token: &str, beside: &Value) {
        let issuer = self.issuer();
        let point = self.pair.public_key().as_ref();
        let key = json!({
            "kty": "EC", "crv": "P-256", "kid": self.key_name, "use": "sig",
            "x": base64url(&point[1..33]), "y": base64url(&point[33..]),
        });
        let mut said = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/me"),
            "response_types_supported": ["code"],
            "keys": [key],
            "id_token": id_token,
            "access_token": "a token",
        });
        if let (Some(said), Some(beside)) = (said.as_object_mut(), beside.as_object()) {
            said.extend(beside.clone());
        }
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        self.sink.reply(Reply::Answer { status: 200, headers, body: said.to_string() });
    }

    /// A token that it signed under the name of its key.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "kid": self.key_name });
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes());
        format!("{signed}.{}", signature.map(|made| base64url(made.as_ref())).unwrap_or_default())
    }

    /// What came at this path, oldest first.
    #[must_use]
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.sink.asked().into_iter().filter(|asked| asked.path == path).collect()
    }
}
