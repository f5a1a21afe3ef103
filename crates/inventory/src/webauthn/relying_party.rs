//! Whose passkeys they are: a name that browsers bind them to, and the one origin that may ask for them.

use url::{Host, Url};

/// The pages as browsers know them (section 5.1.2, `rpId`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

/// Why no browser makes a passkey for these pages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A passkey is bound to a name; an address is none.
    #[error("passkeys are bound to a name, and the pages are at the address {0}")]
    Address(String),
    /// Scripts have no authenticators where others could read along (section 5, `SecureContext`).
    #[error("browsers use passkeys over https alone, and the pages are at {0}")]
    Plain(String),
}

impl Unusable {
    /// What to do about it.
    pub const HINT: &str =
        "set base_url to the https address with a name at which people reach these pages (docs/accounts.md)";
}

impl RelyingParty {
    /// Of the pages at this address: an `https` one with a name, or one of this machine, whose name is `localhost`.
    ///
    /// # Errors
    /// No browser would use a passkey there.
    pub fn of(site: &str) -> Result<Self, Unusable> {
        let plain = || Unusable::Plain(site.to_owned());
        let url = Url::parse(site).map_err(|_| plain())?;
        let is_https = url.scheme() == "https";
        match url.host() {
            Some(Host::Domain(name)) if is_https || is_localhost(name) => {
                Ok(Self { id: name.to_owned(), origin: url.origin().ascii_serialization() })
            }
            Some(Host::Ipv4(address)) if !is_https && address.is_loopback() => Ok(Self::local(&url)),
            Some(Host::Ipv6(address)) if !is_https && address.is_loopback() => Ok(Self::local(&url)),
            Some(host @ (Host::Ipv4(_) | Host::Ipv6(_))) if is_https => {
                Err(Unusable::Address(host.to_string()))
            }
            _ => Err(plain()),
        }
    }

    fn local(url: &Url) -> Self {
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        Self { id: "localhost".to_owned(), origin: format!("http://localhost{port}") }
    }

    /// The name that passkeys are bound to.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The origin whose pages may ask for them: scheme, name and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// RFC 6761 section 6.3.
fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
