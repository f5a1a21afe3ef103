//! What several of these lints ask.

use std::net::IpAddr;

use crate::der::{Oid, oid};
use crate::lint::{Subject, Verdict};
use crate::x509::{AlgorithmIdentifier, DistinguishedName};

/// Whether a URI is one of HTTP.
pub(super) fn is_http(uri: &[u8]) -> bool {
    uri.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"http://"))
}

/// That an extension that is there is critical.
pub(super) fn must_be_critical(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    let critical = subject.anatomy.extension(kind).is_none_or(|extension| extension.critical);
    Verdict::holds(critical, || format!("{} is not critical", kind.shown()))
}

/// That an extension that is there is not critical.
pub(super) fn must_not_be_critical(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    let critical = subject.anatomy.extension(kind).is_some_and(|extension| extension.critical);
    Verdict::holds(!critical, || format!("{} is critical", kind.shown()))
}

/// That an extension is there.
pub(super) fn must_be_there(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    let there = subject.anatomy.extension(kind).is_some();
    Verdict::holds(there, || format!("there is no {}", kind.shown()))
}

/// Whether a name has an attribute of this kind.
pub(super) fn has_attribute(name: &DistinguishedName<'_>, kind: Oid<'static>) -> bool {
    name.all(kind).next().is_some()
}

/// Whether a name is that of an organisation or of a person, and not only of a domain.
pub(super) fn tells_whose_it_is(name: &DistinguishedName<'_>) -> bool {
    [oid::ORGANIZATION, oid::GIVEN_NAME, oid::SURNAME].into_iter().any(|kind| has_attribute(name, kind))
}

/// That a name which tells neither organisation nor person does not have this attribute.
pub(super) fn only_with_identity(name: &DistinguishedName<'_>, kind: Oid<'static>) -> Verdict {
    Verdict::holds(tells_whose_it_is(name) || !has_attribute(name, kind), || {
        format!("{} is there without an organisation or a person", kind.shown())
    })
}

/// That a name which tells an organisation or a person has one of these attributes.
pub(super) fn identity_needs(name: &DistinguishedName<'_>, kinds: &[Oid<'static>]) -> Verdict {
    let there = kinds.iter().any(|kind| has_attribute(name, *kind));
    Verdict::holds(there || !tells_whose_it_is(name), || {
        let names: Vec<String> = kinds.iter().map(Oid::shown).collect();
        format!("there is no {} next to the organisation or person", names.join(" or "))
    })
}

/// Whether a signature is made over SHA-1.
pub(super) fn is_sha1(signature: &AlgorithmIdentifier<'_>) -> bool {
    [oid::RSA_SHA1, oid::RSA_SHA1_OIW, oid::DSA_SHA1, oid::ECDSA_SHA1].contains(&signature.oid)
}

/// A name of the zones in which addresses are looked up backwards (RFC 1035 section 3.5, RFC 3596 section 2.5).
pub(super) struct ReverseName {
    /// The address that it stands for; `None` where it is none.
    pub(super) address: Option<IpAddr>,
}

impl ReverseName {
    /// Of a DNS name; `None` where it is in neither zone.
    pub(super) fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let address = if let Some(labels) = name.strip_suffix(".in-addr.arpa") {
            let octets: Vec<&str> = labels.rsplit('.').collect();
            octets.join(".").parse().ok().map(IpAddr::V4)
        } else {
            let labels = name.strip_suffix(".ip6.arpa")?;
            let digits: Vec<&str> = labels.rsplit('.').collect();
            let whole = digits.len() == 32 && digits.iter().all(|digit| digit.len() == 1);
            let bits = whole.then(|| u128::from_str_radix(&digits.concat(), 16).ok()).flatten();
            bits.map(|bits| IpAddr::V6(bits.into()))
        };
        Some(Self { address })
    }

    /// Whether a certificate has one, be it as its common name.
    pub(super) fn is_in(subject: &Subject<'_>) -> bool {
        subject.host_names().iter().any(|name| Self::of(name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_backwards() {
        let address = |name: &str| ReverseName::of(name).map(|name| name.address.map(|it| it.to_string()));
        let ip6 = format!("1{}8.b.d.0.1.0.0.2.ip6.arpa", ".0".repeat(23) + ".");
        let table = [
            ("4.3.2.1.IN-ADDR.arpa", Some(Some("1.2.3.4"))),
            ("*.3.2.1.in-addr.arpa", Some(None)),
            ("3.2.1.in-addr.arpa", Some(None)),
            ("256.3.2.1.in-addr.arpa", Some(None)),
            (&ip6, Some(Some("2001:db8::1"))),
            ("1.0.0.2.ip6.arpa", Some(None)),
            ("in-addr.arpa", None),
            ("example.com", None),
        ];
        for (name, expected) in table {
            assert_eq!(address(name), expected.map(|it| it.map(str::to_owned)), "{name}");
        }
    }
}
