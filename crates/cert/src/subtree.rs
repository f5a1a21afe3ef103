//! Which names a CA may certify.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Identifier;

/// A subtree of names as name constraints have it (RFC 5280 section 4.2.1.10).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subtree {
    /// A domain with every name below it, as [`Identifier::Dns`] is written.
    Domain(String),
    /// A range of addresses.
    Range {
        /// Its first address.
        network: IpAddr,
        /// How many bits of it are the same in every address.
        prefix: u8,
    },
}

/// A text that is neither a domain nor a range of addresses.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a domain such as internal.example, or a range of addresses such as 10.0.0.0/8: {0:?}")]
pub struct ParseSubtreeError(pub String);

impl Subtree {
    /// Whether the identifier lies in it. A wildcard does where every name that it covers does.
    #[must_use]
    pub fn holds(&self, identifier: &Identifier) -> bool {
        match (self, identifier) {
            (Self::Domain(domain), Identifier::Dns(name)) => {
                let name = name.strip_prefix("*.").unwrap_or(name);
                name.strip_suffix(domain.as_str())
                    .is_some_and(|below| below.is_empty() || below.ends_with('.'))
            }
            (Self::Range { network, prefix }, Identifier::Ip(address)) => {
                network.is_ipv4() == address.is_ipv4() && masked(*address, *prefix) == *network
            }
            _ => false,
        }
    }
}

/// The address with everything after its first bits zero.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}

const fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// A domain may begin with a dot, which says nothing: names below it and itself are one subtree for a certificate. A range
/// that does not begin at its first address is a mistake.
impl FromStr for Subtree {
    type Err = ParseSubtreeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseSubtreeError(text.to_owned());
        if let Some((network, prefix)) = text.split_once('/') {
            let network: IpAddr = network.parse().map_err(|_| wrong())?;
            let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
            let fits = prefix <= bits(network) && masked(network, prefix) == network;
            return fits.then_some(Self::Range { network, prefix }).ok_or_else(wrong);
        }
        match text.strip_prefix('.').unwrap_or(text).parse() {
            Ok(Identifier::Ip(network)) => Ok(Self::Range { network, prefix: bits(network) }),
            Ok(name) if name.is_wildcard() => Err(wrong()),
            Ok(Identifier::Dns(domain)) => Ok(Self::Domain(domain)),
            Err(_) => Err(wrong()),
        }
    }
}

impl fmt::Display for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => f.write_str(domain),
            Self::Range { network, prefix } => write!(f, "{network}/{prefix}"),
        }
    }
}

impl Serialize for Subtree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subtree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subtree_holds_what_lies_in_it() {
        let table = [
            ("internal.example", "internal.example", true),
            (".internal.example", "a.b.internal.example", true),
            ("internal.example", "*.internal.example", true),
            ("internal.example", "notinternal.example", false),
            ("internal.example", "*.example", false),
            ("internal.example", "internal.example.org", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "11.0.0.1", true),
            ("0.0.0.0/0", "::1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("fd00::/8", "fd12:3456::1", true),
            ("fd00::/8", "2001:db8::1", false),
            ("internal.example", "10.0.0.1", false),
            ("10.0.0.0/8", "internal.example", false),
        ];
        for (subtree, name, held) in table {
            let subtree: Subtree = subtree.parse().unwrap();
            assert_eq!(subtree.holds(&name.parse().unwrap()), held, "{name} in {subtree}");
        }
    }

    #[test]
    fn subtrees_are_written_in_one_way() {
        let table = [
            (".Internal.Example.", "internal.example"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("::1", "::1/128"),
            ("10.0.0.0/8", "10.0.0.0/8"),
        ];
        for (text, written) in table {
            assert_eq!(text.parse::<Subtree>().unwrap().to_string(), written);
        }
        for wrong in
            ["", ".", "*.internal.example", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "fd00::/129", "a/8"]
        {
            assert!(wrong.parse::<Subtree>().is_err(), "{wrong:?}");
        }
    }
}
