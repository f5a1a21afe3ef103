//! What all lints tell of whole certificates as CAs issue them. No lint may cry at what is as it must be.

use std::net::IpAddr;

use notafter_cert::der::{Oid, oid};
use notafter_cert::lint::{self, Outcome, Subject, Verdict};
use notafter_cert::{Span, Time};
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName, DnType,
    DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_RSA_SHA256, RsaKeySize,
};

use KeyUsagePurpose::{CrlSign, DigitalSignature, KeyCertSign, KeyEncipherment};

/// DER of one element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match content.len() {
        0..=0x7f => vec![tag, length[1]],
        0x80..=0xff => vec![tag, 0x81, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    [header, content.to_vec()].concat()
}

fn id(kind: Oid<'_>) -> Vec<u8> {
    element(6, kind.content())
}

fn of_arcs(kind: Oid<'_>) -> Vec<u64> {
    kind.to_string().split('.').map(|arc| arc.parse().unwrap()).collect()
}

/// A certificate before it is signed.
struct Draft(CertificateParams);

impl Draft {
    /// Of this subject, from a day of 2026 on.
    fn new(subject: &[(DnType, &str)], begins: &str, lifetime: Span) -> Self {
        let begins: Time = begins.parse().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = name(subject);
        params.serial_number = Some([&[4][..], &[0x5a; 17]].concat().into());
        params.not_before = begins.calendar().unwrap();
        params.not_after = (begins + lifetime - Span::seconds(1)).calendar().unwrap();
        params.use_authority_key_identifier_extension = true;
        Self(params)
    }

    fn extend(mut self, kind: Oid<'_>, critical: bool, value: Vec<u8>) -> Self {
        let mut extension = CustomExtension::from_oid_content(&of_arcs(kind), value);
        extension.set_criticality(critical);
        self.0.custom_extensions.push(extension);
        self
    }

    fn usage(mut self, usages: &[KeyUsagePurpose]) -> Self {
        self.0.key_usages = usages.to_vec();
        self
    }

    fn purposes(mut self, purposes: &[ExtendedKeyUsagePurpose]) -> Self {
        self.0.extended_key_usages = purposes.to_vec();
        self
    }

    /// rcgen would write a subjectKeyIdentifier beside it.
    fn leaf(self) -> Self {
        self.extend(oid::BASIC_CONSTRAINTS, true, vec![0x30, 0])
    }

    fn ca(mut self, constraint: BasicConstraints) -> Self {
        self.0.is_ca = IsCa::Ca(constraint);
        self.usage(&[KeyCertSign, CrlSign])
    }

    /// A subjectAltName of names with their tags, critical where the subject is empty (RFC 5280 section 4.2.1.6).
    fn names(self, names: &[(u8, &[u8])]) -> Self {
        let critical = self.0.distinguished_name.iter().next().is_none();
        let names: Vec<u8> = names.iter().flat_map(|(tag, value)| element(*tag, value)).collect();
        self.extend(oid::SUBJECT_ALT_NAME, critical, element(0x30, &names))
    }

    fn policies(self, policies: &[Oid<'_>]) -> Self {
        let policies: Vec<u8> = policies.iter().flat_map(|policy| element(0x30, &id(*policy))).collect();
        self.extend(oid::CERTIFICATE_POLICIES, false, element(0x30, &policies))
    }

    fn access(self, offers: &[(Oid<'_>, &str)]) -> Self {
        let offer = |(method, uri): &(Oid<'_>, &str)| {
            element(0x30, &[id(*method), element(0x86, uri.as_bytes())].concat())
        };
        let offers: Vec<u8> = offers.iter().flat_map(offer).collect();
        self.extend(oid::AUTHORITY_INFO_ACCESS, false, element(0x30, &offers))
    }

    fn revoked_at(mut self, uri: &str) -> Self {
        self.0.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![uri.to_owned()] }];
        self
    }

    fn key_identifier(self) -> Self {
        self.extend(oid::SUBJECT_KEY_IDENTIFIER, false, element(4, &[7; 20]))
    }

    /// Promises of so many logs, made when it begins (RFC 6962 section 3.3).
    fn promises(self, logs: u8) -> Self {
        let millis = u64::try_from(self.0.not_before.unix_timestamp()).unwrap() * 1000;
        let sct = |log| [&[0][..], &[log; 32], &millis.to_be_bytes(), &[0, 0, 4, 3, 0, 2, 0x30, 0]].concat();
        let framed =
            |bytes: Vec<u8>| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), &bytes[..]].concat();
        let list = framed((0..logs).flat_map(|log| framed(sct(log))).collect());
        self.extend(oid::SCT_LIST, false, element(4, &list))
    }

    fn issued_to(self, key: &KeyPair, by: &Issuer<'_, KeyPair>) -> Vec<u8> {
        self.0.signed_by(key, by).unwrap().der().to_vec()
    }
}

fn name(attributes: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, text) in attributes {
        let value = match kind {
            DnType::CountryName => DnValue::PrintableString((*text).try_into().unwrap()),
            _ => DnValue::Utf8String((*text).to_owned()),
        };
        name.push(kind.clone(), value);
    }
    name
}

fn elliptic() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

fn rsa(size: RsaKeySize) -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap()
}

const ORGANIZATION: [(DnType, &str); 5] = [
    (DnType::CountryName, "US"),
    (DnType::StateOrProvinceName, "California"),
    (DnType::LocalityName, "San Francisco"),
    (DnType::OrganizationName, "Shop, Inc."),
    (DnType::CommonName, "www.shop.com"),
];
const OF_CA: [(DnType, &str); 3] =
    [(DnType::CountryName, "US"), (DnType::OrganizationName, "Trust Inc"), (DnType::CommonName, "Trust R1")];
const BOTH_NAMES: [(u8, &[u8]); 2] = [(0x82, b"www.shop.com"), (0x82, b"shop.com")];
const ISSUER: (Oid<'static>, &str) = (oid::AD_CA_ISSUERS, "http://i.trust.com/r1.crt");
const RESPONDER: (Oid<'static>, &str) = (oid::AD_OCSP, "http://o.trust.com");
const CRL: &str = "http://c.trust.com/1.crl";

fn days(days: i64) -> Span {
    Span::days(days)
}

/// Of a server, but for its names.
fn server(subject: &[(DnType, &str)], policy: Oid<'_>) -> Draft {
    server_for(Draft::new(subject, "2026-11-10T08:01:02Z", days(90)), policy)
}

fn server_for(draft: Draft, policy: Oid<'_>) -> Draft {
    draft
        .leaf()
        .purposes(&[ExtendedKeyUsagePurpose::ServerAuth])
        .policies(&[policy])
        .access(&[ISSUER])
        .promises(2)
}

fn brief(names: &[(u8, &[u8])]) -> Draft {
    let draft = Draft::new(&[], "2026-11-29T08:01:02Z", Span::hours(160));
    server_for(draft, oid::CABF_DV).usage(&[DigitalSignature]).names(names)
}

/// Extended validation; the kinds of section 7.1.4.2 of its guidelines that have no name in rcgen.
fn extended() -> Draft {
    let custom = |kind: Oid<'_>| DnType::CustomDnType(of_arcs(kind));
    let mut subject = vec![
        (custom(oid::JURISDICTION_STATE), "Delaware"),
        (custom(oid::BUSINESS_CATEGORY), "Private Organization"),
        (custom(oid::SERIAL_NUMBER), "5157550"),
    ];
    subject.extend(ORGANIZATION);
    let mut draft = server(&[], oid::CABF_EV).usage(&[DigitalSignature, KeyEncipherment]);
    let mut whole = DistinguishedName::new();
    let country = DnValue::PrintableString("US".try_into().unwrap());
    whole.push(custom(oid::JURISDICTION_COUNTRY), country);
    for (kind, value) in name(&subject).iter() {
        let value = match (kind, value) {
            (DnType::CustomDnType(arcs), DnValue::Utf8String(text))
                if *arcs == of_arcs(oid::SERIAL_NUMBER) =>
            {
                DnValue::PrintableString(text.as_str().try_into().unwrap())
            }
            (_, value) => value.clone(),
        };
        whole.push(kind.clone(), value);
    }
    draft.0.distinguished_name = whole;
    draft.names(&BOTH_NAMES).revoked_at(CRL)
}

fn mailbox() -> Draft {
    Draft::new(&[(DnType::CommonName, "anna@shop.com")], "2026-06-01T00:00:00Z", days(365))
        .usage(&[DigitalSignature, KeyEncipherment])
        .purposes(&[ExtendedKeyUsagePurpose::EmailProtection])
        .key_identifier()
        .access(&[RESPONDER, ISSUER])
        .names(&[(0x81, b"anna@shop.com")])
        .policies(&[oid::SMIME_MAILBOX_STRICT])
        .revoked_at(CRL)
}

fn code_signing() -> Draft {
    Draft::new(&ORGANIZATION, "2026-11-10T08:01:02Z", days(459))
        .leaf()
        .usage(&[DigitalSignature])
        .purposes(&[ExtendedKeyUsagePurpose::CodeSigning])
        .key_identifier()
        .policies(&[oid::CABF_CODE_SIGNING])
        .access(&[RESPONDER, ISSUER])
        .revoked_at(CRL)
}

fn responder() -> Draft {
    let subject = [
        (DnType::CountryName, "US"),
        (DnType::OrganizationName, "Trust Inc"),
        (DnType::CommonName, "OCSP 7"),
    ];
    Draft::new(&subject, "2026-11-10T08:01:02Z", days(30))
        .leaf()
        .usage(&[DigitalSignature])
        .purposes(&[ExtendedKeyUsagePurpose::OcspSigning])
        .key_identifier()
        .extend(oid::OCSP_NO_CHECK, false, vec![5, 0])
}

fn root() -> Draft {
    Draft::new(&OF_CA, "2025-09-03T00:00:00Z", days(7300)).ca(BasicConstraints::Unconstrained)
}

fn below_root(constraint: BasicConstraints, common_name: &'static str) -> Draft {
    let mut subject = OF_CA;
    subject[2].1 = common_name;
    Draft::new(&subject, "2025-09-03T00:00:00Z", days(1096))
        .ca(constraint)
        .purposes(&[ExtendedKeyUsagePurpose::ServerAuth])
        .policies(&[oid::CABF_DV])
        .access(&[ISSUER])
        .revoked_at(CRL)
}

/// What is found in it, and what could not be told.
fn told(what: &str, der: &[u8]) -> String {
    let subject = Subject::of(der, "2026-12-01T00:00:00Z".parse().unwrap());
    let found = lint::all().filter_map(|lint| match lint.run(&subject) {
        Outcome::Judged(Verdict::Violated(found)) => {
            Some(format!("  {} {}: {found}\n", lint.meta.severity.name(), lint.meta.id))
        }
        Outcome::Judged(Verdict::Unknown(why)) => Some(format!("  unknown {}: {why}\n", lint.meta.id)),
        _ => None,
    });
    format!("{what}\n{}", found.collect::<String>())
}

#[test]
fn servers() {
    let by = Issuer::new(root().0, elliptic());
    let classic = |usage: &[KeyUsagePurpose]| {
        let named = server(&[(DnType::CommonName, "shop.com")], oid::CABF_DV).usage(usage);
        named.names(&BOTH_NAMES).key_identifier().revoked_at(CRL)
    };
    let tls_server =
        |usage: &[KeyUsagePurpose]| server(&[], oid::CABF_DV).usage(usage).names(&BOTH_NAMES).revoked_at(CRL);
    let both = [DigitalSignature, KeyEncipherment];
    let address: IpAddr = "2600:1406:3a00:21::173e:2e65".parse().unwrap();
    let IpAddr::V6(address) = address else { unreachable!() };
    let addresses: [(u8, &[u8]); 2] = [(0x87, &[23, 215, 0, 136]), (0x87, &address.octets())];
    let mut mixed = BOTH_NAMES.to_vec();
    mixed.extend(addresses);
    let validated = || server(&ORGANIZATION, oid::CABF_OV).usage(&both).names(&BOTH_NAMES).revoked_at(CRL);
    let told = [
        told(
            "domain, with a common name, elliptic",
            &classic(&[DigitalSignature]).issued_to(&elliptic(), &by),
        ),
        told("domain, with a common name, RSA", &classic(&both).issued_to(&rsa(RsaKeySize::_2048), &by)),
        told("domain, names alone, elliptic", &tls_server(&[DigitalSignature]).issued_to(&elliptic(), &by)),
        told("domain, names alone, RSA", &tls_server(&both).issued_to(&rsa(RsaKeySize::_2048), &by)),
        told("six days, names and addresses", &brief(&mixed).issued_to(&elliptic(), &by)),
        told("six days, addresses", &brief(&addresses).issued_to(&elliptic(), &by)),
        told("organisation", &validated().issued_to(&rsa(RsaKeySize::_2048), &by)),
        told("extended", &extended().issued_to(&rsa(RsaKeySize::_2048), &by)),
    ];
    insta::assert_snapshot!(told.concat());
}

#[test]
fn people_programs_and_responders() {
    let by = Issuer::new(root().0, rsa(RsaKeySize::_2048));
    let with_policies = responder().policies(&[oid::CABF_OV]);
    let told = [
        told("mailbox, strict", &mailbox().issued_to(&rsa(RsaKeySize::_2048), &by)),
        told("code signing", &code_signing().issued_to(&rsa(RsaKeySize::_3072), &by)),
        told("responder", &responder().issued_to(&rsa(RsaKeySize::_2048), &by)),
        told("responder with policies", &with_policies.issued_to(&rsa(RsaKeySize::_2048), &by)),
    ];
    insta::assert_snapshot!(told.concat());
}

#[test]
fn authorities() {
    let key = elliptic();
    let by = Issuer::new(below_root(BasicConstraints::Unconstrained, "Trust R0").0, rsa(RsaKeySize::_2048));
    let told = [
        told("root", root().0.self_signed(&key).unwrap().der()),
        told(
            "cross-certificate",
            &below_root(BasicConstraints::Unconstrained, "Trust R1").issued_to(&key, &by),
        ),
        told(
            "subordinate",
            &below_root(BasicConstraints::Constrained(0), "Trust E1").issued_to(&elliptic(), &by),
        ),
    ];
    insta::assert_snapshot!(told.concat());
}
