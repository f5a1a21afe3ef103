//! Keys in JOSE form (RFC 7517, RFC 7518 section 6, RFC 7638).

use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_cert::Fingerprint;
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::key::Signer;
use crate::{KeyError, PrivateKey, der};

impl PrivateKey {
    /// The `alg` of a JWS made by [`PrivateKey::sign_jws`].
    #[must_use]
    pub fn jws_algorithm(&self) -> &'static str {
        match self.signer() {
            Signer::P256(_) => "ES256",
            Signer::P384(_) => "ES384",
            Signer::Rsa(_) => "RS256",
        }
    }

    /// The public key as a JWK: only the required members, in the order of RFC 7638 section 3.2.
    #[must_use]
    pub fn jwk_text(&self) -> String {
        let bits = self.public_bits();
        let point = |curve: &str, size: usize| {
            let (x, y) = bits.get(1..).unwrap_or_default().split_at(size);
            let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
            format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        };
        match self.signer() {
            Signer::P256(_) => point("P-256", 32),
            Signer::P384(_) => point("P-384", 48),
            Signer::Rsa(_) => {
                let (n, e) = der::two_unsigned(bits).unwrap_or_default();
                let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
                format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
            }
        }
    }

    /// The public key as a JWK.
    #[must_use]
    pub fn jwk(&self) -> serde_json::Value {
        serde_json::from_str(&self.jwk_text()).unwrap_or_default()
    }

    /// The JWK's thumbprint (RFC 7638) in base64url: the second half of a key authorization (RFC 8555 section 8.1).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Fingerprint::of(self.jwk_text().as_bytes()).as_bytes())
    }

    /// From a private JWK, as certbot keeps its account key.
    ///
    /// # Errors
    /// When it is broken or of an unsupported kind.
    pub fn from_jwk(json: &[u8]) -> Result<Self, KeyError> {
        let unparsable = |why: &str| KeyError::Unparsable(format!("JWK: {why}"));
        let jwk: PrivateJwk = serde_json::from_slice(json).map_err(|error| unparsable(&error.to_string()))?;
        let member = |text: &Option<String>| {
            let text = text.as_deref().ok_or_else(|| unparsable("a member is missing"))?;
            URL_SAFE_NO_PAD
                .decode(text)
                .map(Zeroizing::new)
                .map_err(|_| unparsable("a member is not base64url"))
        };
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("EC", Some(curve)) => {
                let (d, x, y) = (member(&jwk.d)?, member(&jwk.x)?, member(&jwk.y)?);
                let public = [&[4], &x[..], &y[..]].concat();
                let pair = |algorithm| {
                    EcdsaKeyPair::from_private_key_and_public_key(algorithm, &d, &public)
                        .map_err(|_| unparsable("its numbers do not fit together"))
                };
                match curve {
                    "P-256" => Self::of(Signer::P256(pair(&ECDSA_P256_SHA256_FIXED_SIGNING)?)),
                    "P-384" => Self::of(Signer::P384(pair(&ECDSA_P384_SHA384_FIXED_SIGNING)?)),
                    other => Err(KeyError::Unsupported(format!("ECDSA on {other}"))),
                }
            }
            ("RSA", _) => {
                let parts = [&jwk.n, &jwk.e, &jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi];
                let parts = parts.into_iter().map(member).collect::<Result<Vec<_>, _>>()?;
                let mut numbers: Vec<&[u8]> = vec![&[]];
                numbers.extend(parts.iter().map(|part| &part[..]));
                let pair = rsa::KeyPair::from_der(&der::unsigned_sequence(&numbers))
                    .map_err(|_| unparsable("its numbers do not fit together"))?;
                Self::of(Signer::Rsa(pair))
            }
            (kind, _) => Err(KeyError::Unsupported(format!("JWK of type {kind}"))),
        }
    }
}

/// RFC 7518 sections 6.2.2 and 6.3.2.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    crv: Option<String>,
    d: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

impl Drop for PrivateJwk {
    fn drop(&mut self) {
        for secret in [&mut self.d, &mut self.p, &mut self.q, &mut self.dp, &mut self.dq, &mut self.qi] {
            secret.zeroize();
        }
    }
}
