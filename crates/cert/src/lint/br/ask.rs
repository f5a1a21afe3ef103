//! What several lints of the baseline requirements ask.

use std::net::IpAddr;

use crate::der::{Integer, Oid, oid};
use crate::lint::dns::{HostName, Registered};
use crate::lint::{Effective, Subject, Verdict, ev, reading, uri};
use crate::x509::extension::{
    AccessDescription, AuthorityInfoAccess, CertificatePolicies, CrlDistributionPoints, DistributionPoint,
};
use crate::x509::{DistinguishedName, DsaDomain, DsaKey, GeneralName, GeneralNames, SubjectPublicKeyInfo};
use crate::{Time, hex};

/// In force since version 2.0.0, which has a profile for each kind of certificate (ballot SC-62).
pub(super) const SINCE_PROFILES: Effective = Effective::from(2023, 9, 15);

pub(super) use crate::lint::subject::RESERVED_POLICIES;

/// The attributes of names that the requirements know, in the order in which they stand (section 7.1.4.2).
pub(super) const NAME_ATTRIBUTES: [Oid<'static>; 11] = [
    oid::DOMAIN_COMPONENT,
    oid::COUNTRY,
    oid::STATE,
    oid::LOCALITY,
    oid::POSTAL_CODE,
    oid::STREET,
    oid::ORGANIZATION,
    oid::SURNAME,
    oid::GIVEN_NAME,
    oid::ORGANIZATIONAL_UNIT,
    oid::COMMON_NAME,
];

/// Whether it claims to follow this policy.
pub(super) fn has_policy(subject: &Subject<'_>, policy: Oid<'static>) -> bool {
    subject.readable::<CertificatePolicies<'_>>().is_some_and(|policies| policies.has(policy))
}

/// Whether it claims extended validation.
pub(super) fn claims_extended_validation(subject: &Subject<'_>) -> bool {
    ev::ask::claims_extended_validation(subject)
}

/// How many of the reserved policies it claims to follow (section 7.1.6.1).
pub(super) fn reserved_policies(subject: &Subject<'_>) -> usize {
    let policies = subject.readable::<CertificatePolicies<'_>>();
    policies
        .iter()
        .flat_map(CertificatePolicies::oids)
        .filter(|policy| RESERVED_POLICIES.contains(policy))
        .count()
}

/// Whether its subject has an attribute of this kind.
pub(super) fn subject_has(subject: &Subject<'_>, kind: Oid<'static>) -> bool {
    subject.anatomy.subject.as_ref().is_ok_and(|name| name.all(kind).next().is_some())
}

/// That its subject has an attribute of one of these kinds.
pub(super) fn subject_must_have(subject: &Subject<'_>, kinds: &[Oid<'static>]) -> Verdict {
    reading::name(subject, |name| {
        Verdict::holds(name.attributes().any(|attribute| kinds.contains(&attribute.kind)), || {
            let kinds: Vec<String> = kinds.iter().map(Oid::shown).collect();
            format!("the subject has no {}", kinds.join(" and no "))
        })
    })
}

/// That its subject has no attribute of this kind.
pub(super) fn subject_must_lack(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    reading::name(subject, |name| {
        Verdict::of(name.all(kind).next().map(|attribute| format!("there is {attribute}")))
    })
}

/// The texts of the attributes of a kind of its subject, those that can be read.
pub(super) fn texts(subject: &Subject<'_>, kind: Oid<'static>) -> Vec<String> {
    let name = subject.anatomy.subject.as_ref().ok();
    let attributes = name.into_iter().flat_map(|name| name.all(kind));
    attributes.filter_map(|attribute| attribute.value.text().ok().map(String::from)).collect()
}

/// What it names hosts by: its common name, where that is no address, and its DNS names.
pub(super) fn hosts<'s, 'a>(subject: &'s Subject<'a>) -> impl Iterator<Item = &'s HostName<'a>> {
    let common = subject.common_name().filter(|name| name.parse::<std::net::IpAddr>().is_err());
    common.into_iter().chain(subject.dns_names())
}

/// Whether it is a subscriber's that has a common name or a DNS name.
pub(super) fn is_of_a_host(subject: &Subject<'_>) -> bool {
    subject.is_subscriber() && (subject.common_name().is_some() || !subject.dns_names().is_empty())
}

/// That this holds of none of these names, in these words.
pub(super) fn none_is<'n, 'a: 'n>(
    names: impl IntoIterator<Item = &'n HostName<'a>>,
    what: &str,
    is_such: impl Fn(&HostName<'_>) -> bool,
) -> Verdict {
    let found = names.into_iter().find(|name| is_such(name));
    Verdict::of(found.map(|name| format!("{name:?} {what}")))
}

/// What is said of the parts of a host's name.
pub(super) type Odd = fn(Registered<'_>) -> bool;

/// Whether it is of hosts whose names can be taken apart: each stands below a public suffix, or one that does is odd already.
pub(super) fn has_parts(subject: &Subject<'_>, is_odd: Odd) -> bool {
    let parts = || hosts(subject).map(HostName::registered);
    is_of_a_host(subject) && (parts().all(|parts| parts.is_some()) || parts().flatten().any(is_odd))
}

/// That no host's name has such parts, in these words.
pub(super) fn no_host_is(subject: &Subject<'_>, is_odd: Odd, what: &str) -> Verdict {
    none_is(hosts(subject), what, |name| name.registered().is_some_and(is_odd))
}

/// The URIs at which this method is offered for its issuer; none where that cannot be read.
pub(super) fn access_uris<'a>(subject: &Subject<'a>, method: Oid<'static>) -> Vec<&'a [u8]> {
    subject.access_uris(method).unwrap_or_default()
}

/// The URIs of its CRLs; none where they cannot be read.
pub(super) fn crl_uris<'a>(subject: &Subject<'a>) -> Vec<&'a [u8]> {
    subject.crl_uris().unwrap_or_default()
}

/// That it offers this for its issuer at an address of HTTP.
pub(super) fn must_offer_by_http(subject: &Subject<'_>, method: Oid<'static>, what: &str) -> Verdict {
    reading::extension(subject, |access: Option<AuthorityInfoAccess<'_>>| {
        let there = access.is_some_and(|access| access.uris(method).any(uri::is_http));
        Verdict::holds(there, || format!("there is no HTTP address of {what}"))
    })
}

/// That one of its distribution points of CRLs, where they are there, has an address of HTTP.
pub(super) fn must_have_http_crl(subject: &Subject<'_>) -> Verdict {
    reading::extension(subject, |points: Option<CrlDistributionPoints<'_>>| {
        let mut uris = points.iter().flat_map(|points| &points.0).flat_map(DistributionPoint::uris);
        Verdict::holds(uris.any(uri::is_http), || "no distribution point has an HTTP address".to_owned())
    })
}

/// The scheme of a URI in small letters (RFC 3986 section 3.1); `None` where it has none, or holds control characters.
///
/// Spaces and the like are let pass: what a URI may hold is another lint's question.
pub(super) fn scheme(uri: &[u8]) -> Option<String> {
    let (scheme, _) = std::str::from_utf8(uri).ok()?.split_once(':')?;
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"+-.".contains(&letter));
    (is_scheme && !uri.iter().any(u8::is_ascii_control)).then(|| scheme.to_ascii_lowercase())
}

/// That all of these are URIs of HTTP without TLS, which alone cannot depend on what it serves.
pub(super) fn must_be_http(uris: &[&[u8]]) -> Verdict {
    let other = uris.iter().find(|uri| scheme(uri).as_deref() != Some("http"));
    Verdict::of(other.map(|uri| format!("{:?} is no http URL", String::from_utf8_lossy(uri))))
}

/// Whether it ends after this instant.
pub(super) fn ends_after(subject: &Subject<'_>, at: Time) -> bool {
    subject.anatomy.not_after.as_ref().is_ok_and(|moment| moment.time > at)
}

/// Whether it ends before this instant.
pub(super) fn ends_before(subject: &Subject<'_>, at: Time) -> bool {
    subject.anatomy.not_after.as_ref().is_ok_and(|moment| moment.time < at)
}

/// Whether it begins before this instant.
pub(super) fn begins_before(subject: &Subject<'_>, at: Time) -> bool {
    subject.anatomy.not_before.as_ref().is_ok_and(|moment| moment.time < at)
}

/// That its subjectAltName holds no name of this form.
pub(super) fn must_lack_form(subject: &Subject<'_>, is_of_it: fn(&GeneralName<'_>) -> bool) -> Verdict {
    reading::extension(subject, |names: Option<GeneralNames<'_>>| {
        let found = names.iter().flat_map(GeneralNames::iter).find(|name| is_of_it(name));
        Verdict::of(found.map(|name| format!("there is the {} {name}", name.form())))
    })
}

/// Whether it is that of a responder to which an issuer has delegated OCSP (RFC 6960 section 4.2.2.2).
pub(super) fn is_of_a_responder(subject: &Subject<'_>) -> bool {
    subject.purposes().is_some_and(|purposes| purposes.has(oid::OCSP_SIGNING))
}

/// That the modulus of its RSA key has at least so many bits.
pub(super) fn rsa_has_at_least(subject: &Subject<'_>, least: u32) -> Verdict {
    reading::rsa(subject, |modulus, _| {
        let bits = modulus.bit_length();
        Verdict::holds(bits >= least, || format!("it has {bits} bits"))
    })
}

/// Judges the domain and the public value of its DSA key.
pub(super) fn dsa(
    subject: &Subject<'_>,
    judge: impl FnOnce(Option<DsaDomain<'_>>, Integer<'_>) -> Verdict,
) -> Verdict {
    match subject.anatomy.key.as_ref().map(SubjectPublicKeyInfo::dsa) {
        Ok(Some(Ok(DsaKey { domain, y }))) => judge(domain, y),
        Ok(Some(Err(fault))) => reading::unreadable("the key", fault),
        Ok(None) => Verdict::Unknown("not a DSA key".to_owned()),
        Err(fault) => reading::unreadable("the key", *fault),
    }
}

/// The same, where the domain is written with it.
pub(super) fn dsa_domain(
    subject: &Subject<'_>,
    judge: impl FnOnce(DsaDomain<'_>, Integer<'_>) -> Verdict,
) -> Verdict {
    dsa(subject, |domain, y| match domain {
        Some(domain) => judge(domain, y),
        None => Verdict::Unknown("there are no domain parameters".to_owned()),
    })
}

/// Whether it has a DSA key.
pub(super) fn is_dsa(subject: &Subject<'_>) -> bool {
    subject.anatomy.key.as_ref().is_ok_and(|key| key.algorithm.oid == oid::DSA)
}

/// Whether it has an elliptic key.
pub(super) fn is_elliptic(subject: &Subject<'_>) -> bool {
    subject.anatomy.key.as_ref().is_ok_and(|key| key.algorithm.oid == oid::EC_PUBLIC_KEY)
}

/// That an extension that is there holds the octets of NULL, and is critical or not as its profile has it.
pub(super) fn must_be_null(subject: &Subject<'_>, kind: Oid<'static>, critical: bool) -> Verdict {
    let Some(extension) = subject.anatomy.extension(kind) else { return Verdict::Pass };
    if extension.octets != [5, 0] {
        return Verdict::Violated(format!("it holds {}", hex(extension.octets)));
    }
    let is = if extension.critical { "it is critical" } else { "it is not critical" };
    Verdict::holds(extension.critical == critical, || is.to_owned())
}

/// That it has no extension but these.
pub(super) fn only_extensions(subject: &Subject<'_>, profile: &[Oid<'static>]) -> Verdict {
    let other = subject.anatomy.extensions().find(|extension| !profile.contains(&extension.kind));
    Verdict::of(other.map(|extension| format!("there is {}", extension.kind.shown())))
}

/// That its subject has no attribute but these.
pub(super) fn only_attributes(subject: &Subject<'_>, profile: &[Oid<'static>]) -> Verdict {
    reading::name(subject, |name| {
        let other = name.attributes().find(|attribute| !profile.contains(&attribute.kind));
        Verdict::of(other.map(|attribute| format!("there is {attribute}")))
    })
}

/// Whether its key is for signing precertificates in the name of another (RFC 6962 section 3.1).
pub(super) fn is_for_precertificates(subject: &Subject<'_>) -> bool {
    subject.purposes().is_some_and(|purposes| purposes.has(oid::PRECERTIFICATE_SIGNING))
}

/// What is odd about something that is offered for an issuer: it is neither OCSP nor a certificate, or not at a URI.
pub(super) fn access_oddity(access: &AccessDescription<'_>) -> Option<String> {
    if !matches!(access.method, oid::AD_OCSP | oid::AD_CA_ISSUERS) {
        return Some(format!("it offers {}", access.method.shown()));
    }
    match &access.location {
        Ok(GeneralName::Uri(_)) => None,
        Ok(other) => Some(format!("{} is at a {}", access.method.shown(), other.form())),
        Err(fault) => Some(format!("{} is at no name: {fault}", access.method.shown())),
    }
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
        subject.host_names().any(|name| Self::of(name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_told_in_small_letters() {
        for (uri, expected) in [
            ("http://a.example/x", Some("http")),
            ("HTTP://a.example", Some("http")),
            ("ldap:///cn=x", Some("ldap")),
            ("a.example/x", None),
            ("://x", None),
            ("1http://x", None),
            ("http://a/b c", Some("http")),
            ("http://a\u{0}b", None),
            ("", None),
        ] {
            assert_eq!(scheme(uri.as_bytes()).as_deref(), expected, "{uri}");
        }
    }

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
