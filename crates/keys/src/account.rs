//! Account keys at a CA.

use notafter_cert::KeySpec;

use crate::{KeyError, PrivateKey};

/// The key of an ACME account (RFC 8555 section 6.2): ES256 when made here, any supported kind when taken over.
#[derive(Clone, Debug)]
pub struct AccountKey(PrivateKey);

impl AccountKey {
    /// A new ES256 key.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn generate() -> Result<Self, KeyError> {
        PrivateKey::generate(KeySpec::EcdsaP256).map(Self)
    }

    /// Takes over a key that another client made.
    #[must_use]
    pub const fn from_key(key: PrivateKey) -> Self {
        Self(key)
    }

    /// From a file of another client: PEM (lego, acme.sh) or a private JWK (certbot's `private_key.json`).
    ///
    /// # Errors
    /// When it is neither, or of an unsupported kind.
    pub fn from_file_content(content: &[u8]) -> Result<Self, KeyError> {
        let json = content.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        if json { PrivateKey::from_jwk(content) } else { PrivateKey::from_pem(content) }.map(Self)
    }

    /// From PKCS#8, as the vault keeps it.
    ///
    /// # Errors
    /// When it is broken.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        PrivateKey::from_pkcs8(der).map(Self)
    }

    /// The `alg` member of its JWS.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.0.jws_algorithm()
    }

    /// The public key as a JWK.
    #[must_use]
    pub fn jwk(&self) -> serde_json::Value {
        self.0.jwk()
    }

    /// The JWK's thumbprint in base64url (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        self.0.thumbprint()
    }

    /// Signs a JWS signing input (RFC 7515 section 5.1).
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn sign_jws(&self, signing_input: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.0.sign_jws(signing_input)
    }

    /// The key itself, for the vault.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.0
    }
}
