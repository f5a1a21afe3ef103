//! What must be shown to prove control over an identifier (RFC 8555 section 8).

use aws_lc_rs::digest::{SHA256, digest};
use notafter_cert::Identifier;
use serde::{Deserialize, Serialize};

use crate::jose::base64url;

/// The path that `http-01` is answered under (section 8.3).
pub const HTTP01_PREFIX: &str = "/.well-known/acme-challenge/";

/// Challenge types that we know by name; which of them can be answered, the caller says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A file over plain HTTP (section 8.3).
    #[serde(rename = "http-01")]
    Http01,
    /// A TXT record (section 8.4).
    #[serde(rename = "dns-01")]
    Dns01,
    /// A certificate in a TLS handshake (RFC 8737).
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
}

impl Kind {
    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http01 => "http-01",
            Self::Dns01 => "dns-01",
            Self::TlsAlpn01 => "tls-alpn-01",
        }
    }

    /// The kind of this registered name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Http01, Self::Dns01, Self::TlsAlpn01].into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it can prove control over this identifier (a wildcard needs DNS: section 8.3; an address has none: RFC 8738
    /// section 7).
    #[must_use]
    pub fn fits(self, identifier: &Identifier) -> bool {
        match self {
            Self::Dns01 => matches!(identifier, Identifier::Dns(_)),
            Self::Http01 | Self::TlsAlpn01 => !identifier.is_wildcard(),
        }
    }
}

/// One challenge that somebody has to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// What control is proved over.
    pub identifier: Identifier,
    /// How.
    pub kind: Kind,
    /// The CA's token; base64url, checked, so that it is safe in a path.
    pub token: String,
    /// `token '.' thumbprint` (section 8.1): the body of an `http-01` answer.
    pub key_authorization: String,
}

impl Challenge {
    /// The challenge; `None` when the token is not base64url of a reasonable length (section 8.3: a token that is not
    /// could name another file).
    #[must_use]
    pub fn new(identifier: Identifier, kind: Kind, token: &str, thumbprint: &str) -> Option<Self> {
        is_token(token).then(|| Self {
            identifier,
            kind,
            token: token.to_owned(),
            key_authorization: format!("{token}.{thumbprint}"),
        })
    }

    /// The path that `http-01` is answered at.
    #[must_use]
    pub fn http01_path(&self) -> String {
        format!("{HTTP01_PREFIX}{}", self.token)
    }

    /// The content of the TXT record at `_acme-challenge.` for `dns-01` (section 8.4).
    #[must_use]
    pub fn dns01_text(&self) -> String {
        base64url(digest(&SHA256, self.key_authorization.as_bytes()).as_ref())
    }
}

fn is_token(token: &str) -> bool {
    (1..=256).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8555 sections 8.3 and 8.4 use this token; the thumbprint is RFC 7638's.
    #[test]
    fn the_rfc_token_makes_path_body_and_record() {
        let challenge = Challenge::new(
            "www.example.org".parse().unwrap(),
            Kind::Http01,
            "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0",
            "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI",
        )
        .unwrap();
        assert_eq!(
            challenge.http01_path(),
            "/.well-known/acme-challenge/LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
        );
        assert_eq!(
            challenge.key_authorization,
            "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
        );
        assert_eq!(challenge.dns01_text().len(), 43);
    }

    #[test]
    fn a_token_that_could_name_another_file_is_none() {
        for token in ["", "../../etc/passwd", "a/b", "a.b", "a b", &"a".repeat(257)] {
            assert_eq!(
                Challenge::new("a.example".parse().unwrap(), Kind::Http01, token, "t"),
                None,
                "{token:?}"
            );
        }
    }

    #[test]
    fn each_kind_knows_what_it_can_prove() {
        let table = [
            (Kind::Http01, "a.example", true),
            (Kind::Http01, "*.a.example", false),
            (Kind::Http01, "192.0.2.1", true),
            (Kind::Dns01, "*.a.example", true),
            (Kind::Dns01, "192.0.2.1", false),
        ];
        for (kind, identifier, fits) in table {
            assert_eq!(kind.fits(&identifier.parse().unwrap()), fits, "{kind:?} {identifier}");
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
    }
}
