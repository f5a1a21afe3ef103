//! A provider as it describes itself (OpenID Connect Discovery 1.0), its keys, and the address that a browser is sent to.

use notafter_acme::jose::Jwk;
use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};

/// More keys than any provider has at once.
const MOST_KEYS: usize = 100;

/// What a provider says of itself, as far as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    issuer: String,
    authorization: Url,
    token: String,
    keys: String,
    user_info: Option<String>,
    /// Whether it takes a client's secret in the form alone (RFC 6749 section 2.3.1).
    takes_secret_in_form: bool,
}

/// Why a provider cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderFault {
    /// Its document is none.
    #[error("what the provider says of itself cannot be read: {0}")]
    Unreadable(String),
    /// Its document is another one's (Discovery section 4.3).
    #[error("the provider says that it is {said:?}, and {wanted:?} was asked")]
    OtherIssuer {
        /// What it says.
        said: String,
        /// What the setting says.
        wanted: String,
    },
    /// It would be asked where others read along.
    #[error("the provider's {0} is not an https address")]
    Plain(&'static str),
    /// It does not know what is needed of it.
    #[error("the provider does not know {0}")]
    Unable(&'static str),
}

/// What a browser is sent to a provider with.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who asks.
    pub client: &'a str,
    /// Where the browser comes back to.
    pub redirect: &'a str,
    /// Comes back with the browser (RFC 6749 section 10.12).
    pub state: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    /// The SHA-256 of what the code is redeemed with (RFC 7636 section 4.2).
    pub code_challenge: &'a str,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    response_types_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Provider {
    /// Where a provider describes itself (Discovery section 4).
    #[must_use]
    pub fn discovery_url(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Reads the description of the provider that was asked.
    ///
    /// # Errors
    /// It is none, another one's, or says that it cannot do what is needed.
    pub fn read(issuer: &str, document: &[u8]) -> Result<Self, ProviderFault> {
        let unreadable = |error: serde_json::Error| ProviderFault::Unreadable(error.to_string());
        let said: Document = serde_json::from_slice(document).map_err(unreadable)?;
        if said.issuer != issuer {
            return Err(ProviderFault::OtherIssuer { said: said.issuer, wanted: issuer.to_owned() });
        }
        if !said.response_types_supported.iter().any(|kind| kind == "code") {
            return Err(ProviderFault::Unable("the authorization code flow"));
        }
        if said.code_challenge_methods_supported.is_some_and(|known| !known.iter().any(|one| one == "S256")) {
            return Err(ProviderFault::Unable("PKCE with S256"));
        }
        let takes = |method: &str| {
            let known = said.token_endpoint_auth_methods_supported.as_ref();
            known.is_none_or(|known| known.iter().any(|one| one == method))
        };
        let takes_secret_in_form = !takes("client_secret_basic") && takes("client_secret_post");
        // A provider on this machine may be asked in the clear, and then only there.
        let is_local = Url::parse(issuer).is_ok_and(|issuer| is_plain_here(&issuer));
        let address = |what, text: String| match Url::parse(&text) {
            Ok(url) if url.scheme() == "https" || is_local && is_plain_here(&url) => Ok(url),
            _ => Err(ProviderFault::Plain(what)),
        };
        Ok(Self {
            issuer: said.issuer,
            authorization: address("authorization endpoint", said.authorization_endpoint)?,
            token: address("token endpoint", said.token_endpoint)?.into(),
            keys: address("set of keys", said.jwks_uri)?.into(),
            user_info: match said.userinfo_endpoint {
                Some(text) => Some(address("user info endpoint", text)?.into()),
                None => None,
            },
            takes_secret_in_form,
        })
    }

    /// Who it is.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where a code is redeemed.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Where its keys are.
    #[must_use]
    pub fn keys(&self) -> &str {
        &self.keys
    }

    /// Where it says more of somebody, if it does.
    #[must_use]
    pub fn user_info(&self) -> Option<&str> {
        self.user_info.as_deref()
    }

    /// Whether a client's secret goes into the form, because the provider takes it nowhere else.
    #[must_use]
    pub const fn takes_secret_in_form(&self) -> bool {
        self.takes_secret_in_form
    }

    /// Where a browser is sent (Core section 3.1.2.1).
    #[must_use]
    pub fn authorization_url(&self, asked: Asked<'_>) -> String {
        let mut url = self.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", asked.client)
            .append_pair("redirect_uri", asked.redirect)
            .append_pair("scope", "openid email profile")
            .append_pair("state", asked.state)
            .append_pair("nonce", asked.nonce)
            .append_pair("code_challenge", asked.code_challenge)
            .append_pair("code_challenge_method", "S256");
        url.into()
    }
}

/// Whether a provider may be asked in the clear at this address: at a loopback address, or at `localhost`, where nobody reads along.
#[must_use]
pub fn is_plain_here(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "http" && is_here
}

/// A provider's public keys for signatures, of the kinds that are known here (RFC 7517 section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<(Option<String>, Jwk)>);

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Keys {
    /// Reads a set. Keys of other kinds and for other uses are passed over, as the section says.
    ///
    /// # Errors
    /// It is none.
    pub fn read(document: &[u8]) -> Result<Self, ProviderFault> {
        let unreadable = |error: serde_json::Error| ProviderFault::Unreadable(error.to_string());
        let set: KeySet = serde_json::from_slice(document).map_err(unreadable)?;
        let signs = |key: &&Value| key.get("use").is_none_or(|used| used == "sig");
        let read = |key: &Value| {
            let name = key.get("kid").and_then(Value::as_str).map(str::to_owned);
            Some((name, Jwk::from_json(key).ok()?))
        };
        Ok(Self(set.keys.iter().take(MOST_KEYS).filter(signs).filter_map(read).collect()))
    }

    /// Those that a token may be signed with that names its key, or does not.
    pub(super) fn named<'a>(&'a self, name: Option<&'a str>) -> impl Iterator<Item = &'a Jwk> {
        let fits = move |known: &Option<String>| name.is_none() || known.as_deref() == name;
        self.0.iter().filter(move |(known, _)| fits(known)).map(|(_, key)| key)
    }

    /// How many.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }
}
