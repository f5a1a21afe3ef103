//! Lints of the baseline requirements, on certificates made here.

use notafter_cert::Time;
use notafter_cert::der::{Oid, oid};
use notafter_cert::lint::{self, Outcome, Subject, Verdict};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CrlDistributionPoint, CustomExtension,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};

type Change = fn(&mut CertificateParams);

/// Of a certificate for a week of January 2025.
fn params(names: &[&str], purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = DistinguishedName::new();
    (params.not_before, params.not_after) = (date_time_ymd(2025, 1, 1), date_time_ymd(2025, 1, 8));
    params.extended_key_usages = vec![purpose];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

fn of_server(name: &str) -> CertificateParams {
    params(&[name], ExtendedKeyUsagePurpose::ServerAuth)
}

fn of_responder() -> CertificateParams {
    params(&[], ExtendedKeyUsagePurpose::OcspSigning)
}

fn of_ca() -> CertificateParams {
    let mut params = params(&[], ExtendedKeyUsagePurpose::ServerAuth);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Changed in this way, and signed by a CA of another name.
fn issued(mut params: CertificateParams, change: Change) -> Vec<u8> {
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    change(&mut params);
    let ca = Issuer::new(CertificateParams::default(), ca_key);
    params.signed_by(&key, &ca).unwrap().der().to_vec()
}

/// What becomes of each lint, without the `br.` of its name, for a certificate that is changed in this way.
fn judge(params: impl Fn() -> CertificateParams, table: &[(&str, Change, &str)]) {
    for (id, change, expected) in table {
        assert_eq!(word(&format!("br.{id}"), &issued(params(), *change)), *expected, "{id}");
    }
}

fn word(id: &str, der: &[u8]) -> &'static str {
    let at: Time = "2025-01-02T00:00:00Z".parse().unwrap();
    match lint::find(id).unwrap().run(&Subject::of(der, at)) {
        Outcome::NotApplicable => "not applicable",
        Outcome::NotEffective => "not effective",
        Outcome::Judged(Verdict::Pass) => "pass",
        Outcome::Judged(Verdict::Violated(_)) => "violated",
        Outcome::Judged(Verdict::Unknown(_)) => "unknown",
    }
}

fn extension(params: &mut CertificateParams, kind: &[u64], value: &[u8]) {
    params.custom_extensions.push(CustomExtension::from_oid_content(kind, value.to_vec()));
}

/// DER of one element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
}

/// authorityInfoAccess with one URI of this method: 1 is OCSP, 2 caIssuers.
fn access(params: &mut CertificateParams, method: u8, uri: &str) {
    let method = element(6, &[0x2b, 6, 1, 5, 5, 7, 0x30, method]);
    let description = element(0x30, &[method, element(0x86, uri.as_bytes())].concat());
    extension(params, &[1, 3, 6, 1, 5, 5, 7, 1, 1], &element(0x30, &description));
}

fn policies(params: &mut CertificateParams, all: &[Oid<'_>], cps: Option<&str>) {
    let qualifier = cps.map(|uri| {
        let kind = element(6, oid::CPS_QUALIFIER.content());
        element(0x30, &element(0x30, &[kind, element(0x16, uri.as_bytes())].concat()))
    });
    let one = |policy: &Oid<'_>| {
        element(0x30, &[element(6, policy.content()), qualifier.clone().unwrap_or_default()].concat())
    };
    let all: Vec<u8> = all.iter().flat_map(one).collect();
    extension(params, &[2, 5, 29, 32], &element(0x30, &all));
}

fn revoked_at(params: &mut CertificateParams, uri: &str) {
    params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![uri.to_owned()] }];
}

#[test]
fn names_of_hosts_are_judged() {
    let table = [
        ("shop.example.com", "br.dnsname-not-valid-tld", "pass"),
        ("shop.internal", "br.dnsname-not-valid-tld", "violated"),
        ("com", "br.dnsname-contains-bare-iana-suffix", "violated"),
        ("example.com", "br.dnsname-contains-bare-iana-suffix", "pass"),
        ("ab--c.example.com", "br.dnsname-contains-prohibited-reserved-label", "violated"),
        ("xn--bcher-kva.example.com", "br.dnsname-contains-prohibited-reserved-label", "pass"),
        ("-example.co.uk", "br.dnsname-hyphen-in-sld", "violated"),
        ("-a.example.co.uk", "br.dnsname-hyphen-in-sld", "pass"),
        ("co.uk", "br.dnsname-hyphen-in-sld", "not applicable"),
        ("ex_ample.com", "br.dnsname-underscore-in-sld", "violated"),
        ("a_b.example.com", "br.dnsname-underscore-in-sld", "pass"),
        ("a_b.example.com", "br.dnsname-underscore-in-trd", "violated"),
        ("a.*.example.com", "br.dnsname-wildcard-only-in-left-label", "violated"),
        ("*.example.com", "br.dnsname-wildcard-only-in-left-label", "pass"),
        ("*.co.uk", "br.dnsname-wildcard-left-of-public-suffix", "violated"),
        ("*.github.io", "br.dnsname-wildcard-left-of-public-suffix", "pass"),
        ("a..example.com", "br.dnsname-empty-label", "violated"),
        ("a b.example.com", "br.dnsname-bad-character-in-label", "violated"),
        ("?.example.com", "br.dnsname-bad-character-in-label", "pass"),
        ("www*.example.com", "br.dnsname-left-label-wildcard-correct", "violated"),
    ];
    for (name, id, expected) in table {
        assert_eq!(word(id, &issued(of_server(name), |_| ())), expected, "{id} {name}");
    }
}

#[test]
fn certificates_of_servers_are_judged() {
    let table: [(&str, Change, &str); 19] = [
        ("aia-ca-issuers-must-have-http-only", |it| access(it, 2, "http://a.example/a"), "pass"),
        ("aia-ca-issuers-must-have-http-only", |it| access(it, 2, "ldap:///a"), "violated"),
        ("aia-must-contain-permitted-access-method", |it| access(it, 3, "http://a.example/a"), "violated"),
        ("crl-distrib-points-not-http", |it| revoked_at(it, "http://a.example/a"), "pass"),
        ("crl-distrib-points-not-http", |it| revoked_at(it, "https://a.example/a"), "violated"),
        ("crlissuer-must-not-be-present-in-cdp", |it| revoked_at(it, "http://a.example/a"), "pass"),
        ("missing-crl-distrib-point", |_| (), "not applicable"),
        ("missing-crl-distrib-point", |it| it.not_after = date_time_ymd(2025, 1, 12), "violated"),
        (
            "missing-crl-distrib-point",
            |it| {
                it.not_after = date_time_ymd(2025, 1, 12);
                access(it, 1, "http://a.example/a");
            },
            "pass",
        ),
        ("invalid-cps-uri", |it| policies(it, &[oid::CABF_DV], Some("https://a.example")), "pass"),
        ("invalid-cps-uri", |it| policies(it, &[oid::CABF_DV], Some("a.example")), "violated"),
        ("ec-improper-curves", |_| (), "pass"),
        ("cabf-ecc-allowed-key-usages", |_| (), "pass"),
        (
            "cabf-ecc-allowed-key-usages",
            |it| it.key_usages.push(KeyUsagePurpose::KeyEncipherment),
            "violated",
        ),
        (
            "cabf-ecc-ku-keyagreement-present",
            |it| it.key_usages.push(KeyUsagePurpose::KeyAgreement),
            "violated",
        ),
        (
            "ext-san-uniform-resource-identifier-present",
            |it| it.subject_alt_names.push(SanType::URI("https://a.example".try_into().unwrap())),
            "violated",
        ),
        ("invalid-certificate-version", |_| (), "pass"),
        (
            "ext-san-contains-reserved-ip",
            |it| it.subject_alt_names = vec![address("192.168.0.1")],
            "violated",
        ),
        ("ext-san-contains-reserved-ip", |it| it.subject_alt_names = vec![address("9.9.9.9")], "pass"),
    ];
    judge(|| of_server("example.com"), &table);
}

fn address(text: &str) -> SanType {
    SanType::IpAddress(text.parse().unwrap())
}

#[test]
fn what_was_validated_is_what_the_subject_says() {
    let table: [(&str, Change, &str); 6] = [
        ("cab-dv-subject-invalid-values", |it| policies(it, &[oid::CABF_DV], None), "pass"),
        (
            "cab-dv-subject-invalid-values",
            |it| {
                policies(it, &[oid::CABF_DV], None);
                it.distinguished_name.push(DnType::LocalityName, "Here");
            },
            "violated",
        ),
        ("cert-policy-iv-requires-country", |it| policies(it, &[oid::CABF_IV], None), "violated"),
        ("cab-ov-requires-org", |it| policies(it, &[oid::CABF_OV], None), "violated"),
        (
            "cert-policy-ov-requires-province-or-locality",
            |it| {
                policies(it, &[oid::CABF_OV], None);
                it.distinguished_name.push(DnType::StateOrProvinceName, "Here");
            },
            "pass",
        ),
        (
            "cab-dv-conflicts-with-locality",
            |it| {
                policies(it, &[oid::CABF_DV], None);
                it.not_before = date_time_ymd(2020, 1, 1);
                it.distinguished_name.push(DnType::LocalityName, "Here");
            },
            "violated",
        ),
    ];
    judge(|| of_server("example.com"), &table);
}

#[test]
fn the_longest_lifetimes_are_those_of_the_day() {
    let from = |year, month, day| date_time_ymd(year, month, day);
    for (days, begins, lasts, expected) in [
        (200, from(2026, 3, 15), 200, "violated"),
        (200, from(2026, 3, 15), 199, "pass"),
        (200, from(2026, 3, 14), 200, "not effective"),
        (100, from(2027, 3, 15), 100, "violated"),
        (100, from(2029, 3, 15), 100, "not effective"),
        (47, from(2029, 3, 15), 47, "violated"),
        (47, from(2029, 3, 15), 46, "pass"),
    ] {
        let mut params = of_server("example.com");
        (params.not_before, params.not_after) = (begins, begins + time::Duration::days(lasts));
        let id = format!("br.server-cert-valid-time-longer-than-{days}-days");
        assert_eq!(word(&id, &issued(params, |_| ())), expected, "{days} {begins} {lasts}");
    }
}

#[test]
fn certificates_of_cas_are_judged() {
    let any: fn(&mut CertificateParams) = |it| policies(it, &[oid::ANY_POLICY], None);
    let table: [(&str, Change, &str); 16] = [
        ("ca-country-name-invalid", |it| it.distinguished_name.push(DnType::CountryName, "DE"), "pass"),
        ("ca-country-name-invalid", |it| it.distinguished_name.push(DnType::CountryName, "UK"), "violated"),
        ("ca-country-name-missing", |_| (), "violated"),
        ("ca-digital-signature-not-set", |_| (), "violated"),
        ("ca-crl-sign-not-set", |_| (), "pass"),
        ("ca-key-usage-not-critical", |_| (), "pass"),
        ("ca-invalid-eku", |_| (), "pass"),
        (
            "ca-invalid-eku",
            |it| it.extended_key_usages.push(ExtendedKeyUsagePurpose::EmailProtection),
            "violated",
        ),
        ("ca-invalid-eku", |it| it.extended_key_usages.push(ExtendedKeyUsagePurpose::Any), "violated"),
        (
            "ca-multiple-reserved-policy-oids",
            |it| policies(it, &[oid::CABF_DV, oid::CABF_OV], None),
            "unknown",
        ),
        ("ca-multiple-reserved-policy-oids", any, "not applicable"),
        ("invalid-ca-certificate-policies", any, "pass"),
        (
            "invalid-ca-certificate-policies",
            |it| policies(it, &[oid::ANY_POLICY, oid::CABF_DV], None),
            "violated",
        ),
        ("invalid-ca-certificate-policies", |_| (), "violated"),
        ("sub-ca-aia-missing", |it| it.not_before = date_time_ymd(2019, 1, 1), "violated"),
        ("ext-nc-intersects-reserved-ip", permits_everything, "violated"),
    ];
    judge(of_ca, &table);
}

fn permits_everything(params: &mut CertificateParams) {
    let everywhere = CidrSubnet::from_addr_prefix("0.0.0.0".parse().unwrap(), 0);
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::IpAddress(everywhere)],
        excluded_subtrees: Vec::new(),
    });
}

#[test]
fn certificates_of_responders_are_judged_although_they_are_not_for_servers() {
    let table: [(&str, Change, &str); 6] = [
        ("ocsp-cert-cdp-forbidden", |_| (), "pass"),
        ("ocsp-cert-cdp-forbidden", |it| revoked_at(it, "http://a.example/a"), "violated"),
        ("ocsp-cert-cp-forbidden", |it| policies(it, &[oid::CABF_DV], None), "violated"),
        ("ocsp-cert-invalid-ku", |it| it.key_usages.push(KeyUsagePurpose::KeyAgreement), "violated"),
        ("ocsp-id-pkix-ocsp-nocheck-ext-not-included-server-auth", |_| (), "violated"),
        ("ext-san-missing", |_| (), "not applicable"),
    ];
    judge(of_responder, &table);
}

/// An SCT of this many milliseconds since 1970, in the list of an extension.
fn promise(params: &mut CertificateParams, millis: u64) {
    let sct = [&[0; 33][..], &millis.to_be_bytes(), &[0; 6]].concat();
    let framed = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    extension(params, &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], &element(4, &framed(&framed(&sct))));
}

#[test]
fn a_log_tells_how_far_a_certificate_is_backdated() {
    // 2025-01-01 is 1,735,689,600 seconds after 1970.
    let table: [(Change, &str); 3] = [
        (|it| promise(it, 1_735_689_600_000 + 48 * 3_600_000), "pass"),
        (|it| promise(it, 1_735_689_600_001 + 48 * 3_600_000), "violated"),
        (|_| (), "not applicable"),
    ];
    for (change, expected) in table {
        assert_eq!(word("br.excessively-backdated", &issued(of_server("example.com"), change)), expected);
    }
}
