//! The names that a certificate can speak for.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A DNS name or an IP address, as in a subjectAltName (RFC 5280 section 4.2.1.6) and in an ACME order (RFC 8555
/// section 9.7.7, RFC 8738).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Identifier {
    /// A host name in its A-label form, lower case, without a trailing dot; may start with `*.`.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// A text that is neither a host name nor an address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a host name or an IP address: {0:?}")]
pub struct ParseIdentifierError(pub String);

impl Identifier {
    /// Whether it is a wildcard name (`*.example`).
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Dns(name) if name.starts_with("*."))
    }

    /// Whether a certificate that carries this identifier may be served for `wanted` (RFC 9525 section 6.3: the
    /// wildcard is the whole left-most label and stands for exactly one).
    #[must_use]
    pub fn covers(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Ip(mine), Self::Ip(theirs)) => mine == theirs,
            (Self::Dns(mine), Self::Dns(theirs)) => match mine.strip_prefix("*.") {
                Some(parent) => {
                    theirs.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
                }
                None => mine == theirs,
            },
            _ => false,
        }
    }
}

impl FromStr for Identifier {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseIdentifierError(text.to_owned());
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::Ip(address));
        }
        let (wildcard, host) = match text.strip_prefix("*.") {
            Some(rest) => ("*.", rest),
            None => ("", text),
        };
        let host = host.strip_suffix('.').unwrap_or(host);
        let ascii = idna::domain_to_ascii(host).map_err(|_| wrong())?;
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let all_numeric =
            ascii.rsplit('.').next().is_some_and(|top| top.bytes().all(|byte| byte.is_ascii_digit()));
        if ascii.len() > 253 || all_numeric || !ascii.split('.').all(label_ok) {
            return Err(wrong());
        }
        Ok(Self::Dns(format!("{wildcard}{ascii}")))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

impl Serialize for Identifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(text: &str) -> Identifier {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_normalised() {
        assert_eq!(identifier("Shop.Example.").to_string(), "shop.example");
        assert_eq!(identifier("bücher.example").to_string(), "xn--bcher-kva.example");
        assert_eq!(identifier("[2001:DB8::1]"), Identifier::Ip("2001:db8::1".parse().unwrap()));
        assert_eq!(identifier("*.shop.example").to_string(), "*.shop.example");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in ["", ".", "a..b", "*", "*.", "a b", "300.1.1.1", "-\u{0}", "a/b", "x:443"] {
            assert!(wrong.parse::<Identifier>().is_err(), "{wrong:?}");
        }
        assert!("a.".repeat(130).parse::<Identifier>().is_err());
    }

    #[test]
    fn a_wildcard_covers_exactly_one_label() {
        let table = [
            ("*.shop.example", "www.shop.example", true),
            ("*.shop.example", "shop.example", false),
            ("*.shop.example", "a.b.shop.example", false),
            ("shop.example", "shop.example", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("*.0.0.example", "127.0.0.1", false),
        ];
        for (held, wanted, covered) in table {
            assert_eq!(identifier(held).covers(&identifier(wanted)), covered, "{held} for {wanted}");
        }
    }
}
