//! Where we may connect to (law 10), checked after resolution and on every redirect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressPolicy {
    /// The command line: the person at it may go anywhere.
    Anywhere,
    /// The server: never link-local, metadata or multicast addresses.
    Server {
        /// Whether private and loopback addresses may be reached: only for what an administrator wrote.
        private_allowed: bool,
    },
}

/// An address that the policy forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {why}: notafter does not connect there")]
pub struct Forbidden {
    /// The address.
    pub address: IpAddr,
    /// Which kind of address it is.
    pub why: Class,
}

/// Kinds of addresses, as far as the policy tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Anything on the public internet.
    Public,
    /// Inside an organisation or this machine.
    Private,
    /// On this link only.
    LinkLocal,
    /// Where clouds hand out credentials.
    Metadata,
    /// To many, to nobody, or reserved.
    Unusable,
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Private => "a private or loopback address that no administrator wrote",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "a cloud's metadata address",
            Self::Unusable => "a multicast, broadcast, unspecified or reserved address",
        })
    }
}

impl AddressPolicy {
    /// Whether this address may be reached.
    ///
    /// # Errors
    /// [`Forbidden`] names the address and its kind.
    pub fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        let Self::Server { private_allowed } = self else { return Ok(()) };
        match class(address) {
            Class::Public => Ok(()),
            Class::Private if private_allowed => Ok(()),
            why => Err(Forbidden { address, why }),
        }
    }
}

/// The kind of this address; an IPv6 address that carries an IPv4 address is judged by the inner one.
#[must_use]
pub fn class(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(address) => class_v4(address),
        IpAddr::V6(address) => embedded_v4(address).map_or_else(|| class_v6(address), class_v4),
    }
}

/// Instance metadata services: AWS, Azure, GCP and most others; Alibaba; Oracle.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(169, 254, 169, 254), Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
/// Instance metadata services over IPv6: AWS, GCP.
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// IANA's IPv4 special-purpose registry (RFC 6890), as far as connecting goes.
fn class_v4(address: Ipv4Addr) -> Class {
    let [first, second, third, _] = address.octets();
    match (first, second, third) {
        _ if METADATA_V4.contains(&address) => Class::Metadata,
        (169, 254, _) => Class::LinkLocal,
        (0, ..) | (224.., ..) => Class::Unusable,
        (10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) => Class::Private,
        (100, 64..=127, _) | (198, 18..=19, _) | (192, 0, 0) => Class::Private,
        _ => Class::Public,
    }
}

/// IANA's IPv6 special-purpose registry (RFC 6890), as far as connecting goes.
fn class_v6(address: Ipv6Addr) -> Class {
    let [first, ..] = address.segments();
    match first {
        _ if METADATA_V6.contains(&address) => Class::Metadata,
        _ if address.is_loopback() => Class::Private,
        _ if address.is_unspecified() => Class::Unusable,
        0xff00..=0xffff => Class::Unusable,
        0xfe80..=0xfebf => Class::LinkLocal,
        0xfc00..=0xfdff | 0xfec0..=0xfeff => Class::Private,
        0x0100 if address.segments()[1..4] == [0, 0, 0] => Class::Unusable,
        _ => Class::Public,
    }
}

/// The IPv4 address inside a mapped, translated (RFC 2765 section 2.1), compatible, NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056) or Teredo (RFC 4380)
/// address.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let from = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => from(high, low),
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0, high, low] => from(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => from(high, low),
        [0x2002, high, low, ..] => from(high, low),
        [0x2001, 0, _, _, _, _, high, low] => from(!high, !low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_address_is_told_apart() {
        let table = [
            ("93.184.216.34", Class::Public),
            ("2606:4700::1111", Class::Public),
            ("64:ff9b::5db8:d822", Class::Public),
            ("10.0.0.1", Class::Private),
            ("127.0.0.1", Class::Private),
            ("172.31.255.255", Class::Private),
            ("172.32.0.1", Class::Public),
            ("192.168.1.1", Class::Private),
            ("100.64.0.1", Class::Private),
            ("100.128.0.1", Class::Public),
            ("::1", Class::Private),
            ("fd00::1", Class::Private),
            ("169.254.1.1", Class::LinkLocal),
            ("fe80::1", Class::LinkLocal),
            ("169.254.169.254", Class::Metadata),
            ("fd00:ec2::254", Class::Metadata),
            ("100.100.100.200", Class::Metadata),
            ("0.0.0.0", Class::Unusable),
            ("::", Class::Unusable),
            ("224.0.0.1", Class::Unusable),
            ("255.255.255.255", Class::Unusable),
            ("ff02::1", Class::Unusable),
            ("::ffff:169.254.169.254", Class::Metadata),
            ("::ffff:127.0.0.1", Class::Private),
            ("::127.0.0.1", Class::Private),
            ("::ffff:0:127.0.0.1", Class::Private),
            ("::ffff:0:169.254.169.254", Class::Metadata),
            ("64:ff9b::a9fe:a9fe", Class::Metadata),
            ("64:ff9b:1::7f00:1", Class::Private),
            ("2002:7f00:1::", Class::Private),
            ("2001:0:0:0:0:0:5601:5601", Class::Metadata),
        ];
        for (address, wanted) in table {
            assert_eq!(class(address.parse().unwrap()), wanted, "{address}");
        }
    }

    #[test]
    fn the_server_reaches_private_addresses_only_for_an_administrators_inventory() {
        let strict = AddressPolicy::Server { private_allowed: false };
        let open = AddressPolicy::Server { private_allowed: true };
        let loopback = "127.0.0.1".parse().unwrap();
        let metadata = "169.254.169.254".parse().unwrap();
        assert!(strict.check(loopback).is_err());
        assert!(open.check(loopback).is_ok());
        assert!(open.check(metadata).is_err());
        assert!(AddressPolicy::Anywhere.check(metadata).is_ok());
        assert_eq!(
            open.check(metadata).unwrap_err().to_string(),
            "169.254.169.254 is a cloud's metadata address: notafter does not connect there"
        );
    }
}
