//! Names of Tor services of version 2 come with hashes of their keys.

use std::collections::BTreeSet;

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, HostName, Lint, Meta, Severity, Source, Subject, Verdict, reading, uri};
use crate::x509::extension::{TorServiceDescriptor, TorServiceDescriptors};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-tor-service-descriptor-hash-invalid",
        title: "Each Tor service of version 2 in the names has its descriptor, with a hash of the right length.",
        why: "Such a name holds only 80 bits of the service's key: without the hash another key can be found for it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 appendix C (ballots 201 and SC-27)",
        severity: Severity::Error,
        effective: Effective::from(2017, 7, 28),
        affects_path: false,
        alias: Some("zlint:e_ext_tor_service_descriptor_hash_invalid"),
        hint: "use a service of version 3, whose name is its key",
    },
    applies: |subject| {
        let is_extended = subject.is_subscriber() && ask::claims_extended_validation(subject);
        subject.anatomy.extension(oid::TOR_SERVICE_DESCRIPTOR).is_some()
            || (is_extended && subject.onion_names().any(|name| is_of_version_2(name)))
    },
    judge: |subject| {
        reading::extension(subject, |descriptors: Option<TorServiceDescriptors<'_>>| {
            let all = descriptors.map_or(Vec::new(), |descriptors| descriptors.0);
            Verdict::of(oddity(subject, &all))
        })
    },
};

/// The services, without what stands left of their own label.
fn services(subject: &Subject<'_>) -> BTreeSet<String> {
    let service = |name: &HostName<'_>| {
        let mut labels = name.rsplit('.').skip(1);
        labels.next().map(|label| format!("{label}.onion"))
    };
    subject.onion_names().filter_map(service).collect()
}

/// Sixteen letters of base32, which are 80 bits.
fn is_of_version_2(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    let is_base32 = |letter: u8| letter.is_ascii_lowercase() || (b'2'..=b'7').contains(&letter);
    name.ends_with(".onion") && first.len() == 16 && first.bytes().all(is_base32)
}

fn oddity(subject: &Subject<'_>, descriptors: &[TorServiceDescriptor<'_>]) -> Option<String> {
    let services = services(subject);
    let mut described: BTreeSet<String> = BTreeSet::new();
    for descriptor in descriptors {
        let uri = String::from_utf8_lossy(descriptor.onion);
        let Some(host) = host(&uri) else { return Some(format!("{uri:?} is no https URL of a host")) };
        if let Some(odd) = odd_hash(descriptor) {
            return Some(odd);
        }
        if !described.insert(host.to_owned()) {
            return Some(format!("{host} is described twice"));
        }
        if !services.contains(host) {
            return Some(format!("{host} is described, and not among the names"));
        }
    }
    if described.is_empty() {
        return Some("there is no descriptor".to_owned());
    }
    let missing = services.iter().find(|service| !described.contains(*service));
    missing
        .filter(|_| ask::claims_extended_validation(subject))
        .map(|service| format!("{service} is not described"))
}

/// The host of an https URL.
fn host(uri: &str) -> Option<&str> {
    let is_https = ask::scheme(uri.as_bytes()).as_deref() == Some("https");
    uri::host(uri).filter(|_| is_https)
}

fn odd_hash(descriptor: &TorServiceDescriptor<'_>) -> Option<String> {
    let bits = match descriptor.algorithm.oid {
        oid::SHA256 => 256,
        oid::SHA384 => 384,
        oid::SHA512 => 512,
        other => return Some(format!("{} is not allowed for a hash", other.shown())),
    };
    let found = descriptor.hash.len();
    (found != bits).then(|| format!("a hash has {found} bits instead of {bits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_of_https_urls() {
        for (uri, expected) in [
            ("https://facebookcorewwwi.onion", Some("facebookcorewwwi.onion")),
            ("https://me@facebookcorewwwi.onion:443/a?b#c", Some("facebookcorewwwi.onion")),
            ("http://facebookcorewwwi.onion", None),
            ("facebookcorewwwi.onion", None),
            ("https:///a", None),
        ] {
            assert_eq!(host(uri), expected, "{uri}");
        }
    }

    #[test]
    fn services_of_version_2_have_sixteen_letters_of_base32() {
        assert!(is_of_version_2("facebookcorewwwi.onion"));
        for name in ["facebookcorewww.onion", "facebookcorewww1.onion", "facebookcorewwwi.com", "onion", ""] {
            assert!(!is_of_version_2(name), "{name}");
        }
    }
}
