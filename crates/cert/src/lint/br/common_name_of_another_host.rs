//! The common name is no host of its own.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::lint::{Effective, HostName, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::{GeneralName, GeneralNames};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.common-name-of-another-host",
        title: "A common name that is a host or an address is written as one of subjectAltName is, or is what a wildcard there hangs from.",
        why: "Nobody has validated another name, and clients that still read common names would take the certificate for it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.3",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: None,
        hint: "leave the common name out, or copy a name of subjectAltName letter by letter",
    },
    applies: |subject| subject.is_subscriber() && !subject.common_names().is_empty(),
    judge: |subject| {
        reading::extension(subject, |names: Option<GeneralNames<'_>>| {
            let stray = names.and_then(|names| stray(subject.common_names(), &names));
            Verdict::of(stray.map(|name| format!("{name} is not in subjectAltName")))
        })
    },
};

/// The first common name of a form of which subjectAltName has names, and none of them.
fn stray<'s>(commons: &'s [HostName<'_>], names: &GeneralNames<'_>) -> Option<&'s HostName<'s>> {
    let (mut has_hosts, mut has_addresses) = (false, false);
    let mut sought: BTreeSet<&[u8]> = commons.iter().map(|name| name.as_bytes()).collect();
    for name in names.iter() {
        if let GeneralName::Dns(host) = name {
            has_hosts = true;
            sought.remove(host);
            sought.remove(host.strip_prefix(b"*.").unwrap_or(host));
        } else if let Some(address) = name.address() {
            has_addresses = true;
            sought.remove(address.to_string().as_bytes());
        }
    }
    let is_stray = |name: &HostName<'_>| {
        let is_host = name.contains('.') && !name.contains(char::is_whitespace);
        let concerns = if is_like_an_address(name) { has_addresses } else { has_hosts && is_host };
        concerns && sought.contains(name.as_bytes())
    };
    commons.iter().find(|name| is_stray(name))
}

/// Whether it is an address in some form: that of RFC 5952, or one that old resolvers take.
fn is_like_an_address(name: &str) -> bool {
    let is_number = |part: &str| {
        let digits = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
        match digits {
            Some(digits) => !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
            None => !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()),
        }
    };
    name.parse::<IpAddr>().is_ok() || name.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_any_form_are_told_from_hosts() {
        for address in
            ["192.0.2.1", "192.168.001.001", "0xC0A80101", "2001:db8::1", "2001:DB8::1", "3232235777"]
        {
            assert!(is_like_an_address(address), "{address}");
        }
        for host in ["example.com", "0x", "1.example", "", "a.1.b"] {
            assert!(!is_like_an_address(host), "{host}");
        }
    }
}
