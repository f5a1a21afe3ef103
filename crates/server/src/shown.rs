//! What an endpoint shows, under blackbox_exporter's names: `/probe` and `/metrics` write it alike.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use notafter_cert::{Certificate, Fingerprint, Identifier, Time};
use notafter_inventory::check::{Ends, Judge};
use notafter_tls::name;
use notafter_tls::observation::{Observation, Outcome, Served};

use crate::exposition::labels;

/// What the addresses of an endpoint show together; what is not known is left out.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    address: Option<IpAddr>,
    earliest: Option<Time>,
    trusted_until: Option<Time>,
    /// The first address's leaf, as labels.
    leaf: Option<Arc<str>>,
    /// The first address's version and suite.
    handshake: Option<(u16, u16)>,
}

/// Labels of leaves, each made once however many endpoints serve it.
#[derive(Default)]
pub(crate) struct Leaves(HashMap<Fingerprint, Arc<str>>);

impl Shown {
    /// `address` is the first that the name resolves to.
    pub(crate) fn of<'a>(
        judge: &Judge,
        address: Option<IpAddr>,
        looks: impl Iterator<Item = &'a Observation>,
        at: Time,
        leaves: &mut Leaves,
    ) -> Self {
        let served: Vec<&Served> = looks
            .filter_map(|look| match &look.outcome {
                Outcome::Served(served) => Some(served),
                Outcome::Failed(_) => None,
            })
            .collect();
        let ends: Vec<Ends> = served.iter().map(|served| judge.ends(&served.chain, at)).collect();
        let first = served.first();
        Self {
            address,
            earliest: ends.iter().filter_map(|ends| ends.earliest).min(),
            // One that leads nowhere makes the whole unknown: `None` is less than every instant.
            trusted_until: ends.iter().map(|ends| ends.trusted_until).min().flatten(),
            leaf: first.and_then(|served| leaves.labels(served.chain.first()?)),
            handshake: first.map(|served| (served.version, served.suite)),
        }
    }
}

impl Leaves {
    fn labels(&mut self, der: &[u8]) -> Option<Arc<str>> {
        let fingerprint = Fingerprint::of(der);
        if let Some(known) = self.0.get(&fingerprint) {
            return Some(Arc::clone(known));
        }
        let leaf = Certificate::parse(der).ok()?;
        // Blackbox names DNS names alone here.
        let is_name = |name: &&Identifier| matches!(name, Identifier::Dns(_));
        let names: Vec<String> = leaf.names().iter().filter(is_name).map(ToString::to_string).collect();
        let labels: Arc<str> = Arc::from(labels(&[
            ("fingerprint_sha256", &fingerprint.to_string()),
            ("issuer", &closed_up(leaf.issuer())),
            ("serialnumber", &leaf.serial_hex()),
            ("subject", &closed_up(leaf.subject())),
            ("subjectalternative", &names.join(",")),
        ]));
        self.0.insert(fingerprint, Arc::clone(&labels));
        Some(labels)
    }
}

/// Labels and value of a sample, where it is known.
pub(crate) type Reading<'a> = Option<(Cow<'a, str>, f64)>;

/// One metric of an endpoint.
pub(crate) struct Metric {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is, in blackbox_exporter's words.
    pub(crate) help: &'static str,
    /// Its labels and its value, where it is known.
    pub(crate) read: fn(&Shown) -> Reading<'_>,
}

/// Every metric that follows from what was seen.
pub(crate) static METRICS: &[Metric] = &[
    Metric {
        name: "probe_ip_protocol",
        help: "Specifies whether probe ip protocol is IP4 or IP6",
        read: |shown| Some((Cow::Borrowed(""), if shown.address?.is_ipv4() { 4.0 } else { 6.0 })),
    },
    Metric {
        name: "probe_ip_addr_hash",
        help: "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
        read: |shown| Some((Cow::Borrowed(""), f64::from(address_hash(shown.address?)))),
    },
    Metric {
        name: "probe_ssl_earliest_cert_expiry",
        help: "Returns last SSL chain expiry in unixtime",
        read: |shown| Some((Cow::Borrowed(""), seconds(shown.earliest?))),
    },
    Metric {
        name: "probe_ssl_last_chain_expiry_timestamp_seconds",
        help: "Returns last SSL chain expiry in timestamp",
        read: |shown| Some((Cow::Borrowed(""), seconds(shown.trusted_until?))),
    },
    Metric {
        name: "probe_ssl_last_chain_info",
        help: "Contains SSL leaf certificate information",
        read: |shown| Some((Cow::Borrowed(shown.leaf.as_deref()?), 1.0)),
    },
    Metric {
        name: "probe_tls_version_info",
        help: "Returns the TLS version used or NaN when unknown",
        read: |shown| Some((Cow::Owned(labels(&[("version", &name::version(shown.handshake?.0))])), 1.0)),
    },
    Metric {
        name: "probe_tls_cipher_info",
        help: "Returns the TLS cipher negotiated during handshake",
        read: |shown| Some((Cow::Owned(labels(&[("cipher", &name::suite(shown.handshake?.1))])), 1.0)),
    },
];

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double exactly")]
pub(crate) const fn seconds(time: Time) -> f64 {
    time.unix_seconds() as f64
}

/// FNV-1a, 32 bits, over the address's bytes: the hash that blackbox_exporter uses here.
fn address_hash(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(ip) => fnv1a(&ip.octets()),
        IpAddr::V6(ip) => fnv1a(&ip.octets()),
    }
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// A distinguished name without the spaces between its parts, as Go writes it (RFC 2253 section 2.1).
fn closed_up(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let (mut escaped, mut after_comma) = (false, false);
    for letter in name.chars() {
        if !(after_comma && letter == ' ') {
            written.push(letter);
        }
        after_comma = letter == ',' && !escaped;
        escaped = letter == '\\' && !escaped;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_go_does() {
        assert_eq!(closed_up("CN=shop.example, O=Shop"), "CN=shop.example,O=Shop");
        assert_eq!(closed_up(r"CN=a, O=Shop\, Inc., C=DE"), r"CN=a,O=Shop\, Inc.,C=DE");
        assert_eq!(closed_up(r"O=back\\, C=DE"), r"O=back\\,C=DE");
    }

    #[test]
    fn addresses_hash_as_in_blackbox_exporter() {
        assert_eq!(fnv1a(b""), 0x811c_9dc5);
        assert_eq!(fnv1a(b"a"), 0xe40c_292c);
    }
}
