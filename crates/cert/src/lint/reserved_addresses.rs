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

/// Whether an address with its mask, as name constraints have them, has an address in common with a reserved network;
/// `None` where the octets are neither of IPv4 nor of IPv6.
pub(super) fn overlap(octets: &[u8]) -> Option<bool> {
    let (address, mask) = octets.split_at(octets.len() / 2);
    let bits = |octets: &[u8]| octets.iter().fold(0_u128, |sum, octet| sum << 8 | u128::from(*octet));
    let (address, mask) = (bits(address), bits(mask));
    // Two networks overlap where they agree in the bits that both fix.
    let agrees = |base: u128, prefix: u128| (address ^ base) & mask & prefix == 0;
    match octets.len() {
        8 => Some(V4.iter().any(|(base, length)| {
            agrees(base.to_bits().into(), u128::from(u32::MAX.checked_shl(32 - length).unwrap_or(0)))
        })),
        32 => {
            Some(V6.iter().any(|(base, length)| {
                agrees(base.to_bits(), u128::MAX.checked_shl(128 - length).unwrap_or(0))
            }))
        }
        _ => None,
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
    fn networks_overlap_from_both_sides() {
        for (octets, expected) in [
            (vec![8, 8, 8, 0, 255, 255, 255, 0], Some(false)),
            (vec![10, 1, 0, 0, 255, 255, 0, 0], Some(true)),
            (vec![8, 0, 0, 0, 248, 0, 0, 0], Some(true)),
            (vec![0; 8], Some(true)),
            (vec![0; 32], Some(true)),
            ([&[0x26, 6, 0x47, 0][..], &[0; 12], &[255; 4], &[0; 12]].concat(), Some(false)),
            ([&[0x20][..], &[0; 15], &[0xe0], &[0; 15]].concat(), Some(true)),
            (vec![0; 7], None),
        ] {
            assert_eq!(overlap(&octets), expected, "{octets:?}");
        }
    }

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
