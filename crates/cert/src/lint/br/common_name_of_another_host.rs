//! The common name is no host of its own.

use std::net::IpAddr;

use crate::lint::{Effective, Lint, Meta, Severity, Source, Subject, Verdict};
use crate::x509::GeneralNames;

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
        let stray = subject.common_names().iter().find(|name| is_stray(name, subject));
        Verdict::of(stray.map(|name| format!("{name} is not in subjectAltName")))
    },
};

/// Whether a common name is of a form of which subjectAltName has names, and none of them.
fn is_stray(name: &str, subject: &Subject<'_>) -> bool {
    let names = subject.alt_names();
    let addresses = || names.into_iter().flat_map(GeneralNames::iter).filter_map(|name| name.address());
    if is_like_an_address(name) {
        return addresses().next().is_some() && !addresses().any(|address| address.to_string() == name);
    }
    let hosts = || names.into_iter().flat_map(GeneralNames::dns).map(String::from_utf8_lossy);
    let is_host = name.contains('.') && !name.contains(char::is_whitespace);
    let held = hosts().any(|host| host == name || host.strip_prefix("*.") == Some(name));
    is_host && hosts().next().is_some() && !held
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
