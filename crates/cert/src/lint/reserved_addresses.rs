//! Addresses that nobody can be given: those of IANA's registries of special-purpose addresses (RFC 6890), multicast, and
//! what has not been allotted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The reserved network that an address lies in, in the form `10.0.0.0/8`.
pub(super) fn network_of(address: IpAddr) -> Option<String> {
    match address {
        IpAddr::V4(address) => V4
            .iter()
            .find(|(base, bits)| (address.to_bits() ^ base.to_bits()).leading_zeros() >= *bits)
            .map(|(base, bits)| format!("{base}/{bits}")),
        IpAddr::V6(address) => V6
            .iter()
            .find(|(base, bits)| (address.to_bits() ^ base.to_bits()).leading_zeros() >= *bits)
            .map(|(base, bits)| format!("{base}/{bits}")),
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u32) -> (Ipv4Addr, u32) {
    (Ipv4Addr::new(a, b, c, d), bits)
}

/// The first three groups; the others are zero.
const fn v6(a: u16, b: u16, c: u16, bits: u32) -> (Ipv6Addr, u32) {
    (Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), bits)
}

const V4: &[(Ipv4Addr, u32)] = &[
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 31, 196, 0, 24),
    v4(192, 52, 193, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(192, 175, 48, 0, 24),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    // Multicast (RFC 5771), and what is kept for later (RFC 1112 section 4).
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

const V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::UNSPECIFIED, 128),
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
    v6(0x64, 0xff9b, 0, 96),
    v6(0x64, 0xff9b, 1, 48),
    v6(0x100, 0, 0, 64),
    v6(0x2001, 0, 0, 23),
    v6(0x2001, 0xdb8, 0, 32),
    v6(0x2002, 0, 0, 16),
    v6(0x2620, 0x4f, 0x8000, 48),
    v6(0x3fff, 0, 0, 20),
    v6(0x2001, 4, 0x112, 48),
    // Not allotted to anybody (IANA's registry of IPv6 address space): all but 2000::/3.
    v6(0x400, 0, 0, 6),
    v6(0x800, 0, 0, 5),
    v6(0x1000, 0, 0, 4),
    v6(0x4000, 0, 0, 2),
    v6(0x8000, 0, 0, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_are_told_from_the_others() {
        let table = [
            ("10.255.0.1", Some("10.0.0.0/8")),
            ("172.31.255.255", Some("172.16.0.0/12")),
            ("172.32.0.0", None),
            ("224.0.0.1", Some("224.0.0.0/4")),
            ("255.255.255.255", Some("240.0.0.0/4")),
            ("8.8.8.8", None),
            ("100.128.0.0", None),
            ("::1", Some("::1/128")),
            ("::ffff:8.8.8.8", Some("::ffff:0.0.0.0/96")),
            ("2001:1ff::1", Some("2001::/23")),
            ("2001:200::1", None),
            ("2001:db8::1", Some("2001:db8::/32")),
            ("2606:4700::1111", None),
            ("fe80::1", Some("8000::/1")),
            ("4000::", Some("4000::/2")),
        ];
        for (address, network) in table {
            assert_eq!(network_of(address.parse().unwrap()).as_deref(), network, "{address}");
        }
    }
}
