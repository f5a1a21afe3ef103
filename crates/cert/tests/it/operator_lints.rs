//! What our own lints tell of certificates made here, and what lints of other sources leave alone.

use notafter_cert::lint::{self, Outcome, Source, Subject, Verdict};
use notafter_cert::{Span, Time};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, PKCS_RSA_SHA256,
};

fn now() -> Time {
    "2026-12-01T00:00:00Z".parse().unwrap()
}

/// The certificate of a server, good in every way, for 90 days; then changed.
fn issued(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    issued_for(&KeyPair::generate().unwrap(), change)
}

fn issued_for(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "R");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec!["shop.example.org".into()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.crl_distribution_points =
        vec![CrlDistributionPoint { uris: vec!["http://ca.example/1.crl".into()] }];
    last(&mut params, Span::days(90));
    change(&mut params);
    params.signed_by(key, &ca).unwrap().der().to_vec()
}

/// So long, both ends included.
fn last(params: &mut CertificateParams, lifetime: Span) {
    params.not_before = now().calendar().unwrap();
    params.not_after = (now() + lifetime - Span::seconds(1)).calendar().unwrap();
}

fn names(params: &mut CertificateParams, names: impl IntoIterator<Item = String>) {
    params.subject_alt_names =
        CertificateParams::new(names.into_iter().collect::<Vec<_>>()).unwrap().subject_alt_names;
}

fn extend(params: &mut CertificateParams, kind: &[u64], value: Vec<u8>) {
    params.custom_extensions.push(CustomExtension::from_oid_content(kind, value));
}

/// A list of promises of these logs (RFC 6962 section 3.3), each of 33 octets.
fn promise(params: &mut CertificateParams, logs: &[u8]) {
    let scts: Vec<u8> = logs.iter().flat_map(|log| [&[0, 33, 0][..], &[*log; 32]].concat()).collect();
    let length = u8::try_from(scts.len()).unwrap();
    let list = [&[4, 0x81, length + 2, 0, length][..], &scts].concat();
    extend(params, &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], list);
}

fn demand_stapling(params: &mut CertificateParams) {
    extend(params, &[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 3, 2, 1, 5]);
}

fn name_responder(params: &mut CertificateParams) {
    let uri = b"http://o.example";
    let method = [6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1];
    let value = [&[0x30, 30, 0x30, 28][..], &method, &[0x86, 16], uri].concat();
    extend(params, &[1, 3, 6, 1, 5, 5, 7, 1, 1], value);
}

/// What a lint of ours says: `-` where it does not apply, nothing where all is well.
fn told(name: &str, der: &[u8]) -> String {
    let lint = lint::find(&format!("operator.{name}")).unwrap();
    match lint.run(&Subject::of(der, now())) {
        Outcome::Judged(Verdict::Pass) => String::new(),
        Outcome::Judged(Verdict::Violated(found)) => found,
        Outcome::Judged(Verdict::Unknown(why)) => panic!("{name}: {why}"),
        Outcome::NotApplicable | Outcome::NotEffective => "-".to_owned(),
    }
}

#[test]
fn a_certificate_as_it_should_be_is_told_nothing() {
    let der = issued(|_| {});
    let subject = Subject::of(&der, now());
    for lint in lint::all().filter(|lint| lint.meta.source == Source::Operator) {
        let outcome = lint.run(&subject);
        let is_well = matches!(outcome, Outcome::NotApplicable | Outcome::Judged(Verdict::Pass));
        assert!(is_well, "{}: {outcome:?}", lint.meta.id);
    }
}

#[test]
fn purposes_and_the_bits_of_a_ca_are_told() {
    let both = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    assert_eq!(
        told("client-auth-sunset", &issued(|params| params.extended_key_usages = both)),
        "clientAuth is among its purposes: not after 2027-03-15"
    );
    let only = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_eq!(told("client-auth-sunset", &issued(|params| params.extended_key_usages = only)), "-");
    let ca = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(told("ca-as-server", &issued(ca)), "it is a CA's and names shop.example.org");
    let nameless = issued(|params| {
        ca(params);
        names(params, []);
    });
    assert_eq!(told("ca-as-server", &nameless), "");
}

#[test]
fn rsa_keys_of_2048_bits_are_told_where_they_last_beyond_2030() {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    assert_eq!(told("rsa-2048-beyond-2030", &issued_for(&key, |_| {})), "");
    let long = issued_for(&key, |params| last(params, Span::days(1493)));
    assert_eq!(
        told("rsa-2048-beyond-2030", &long),
        "the key has 2048 bits, and the certificate ends 2031-01-01T23:59:59Z"
    );
    assert_eq!(told("rsa-2048-beyond-2030", &issued_for(&key, |params| last(params, Span::days(1492)))), "");
}

#[test]
fn names_are_counted() {
    let many = |count: usize| {
        move |params: &mut CertificateParams| {
            names(params, (0..count).map(|number| format!("host{number}.example.org")));
        }
    };
    assert_eq!(told("too-many-names", &issued(many(100))), "");
    assert_eq!(told("too-many-names", &issued(many(101))), "it has 101");
}

#[test]
fn promises_of_logs_are_counted_by_log_and_only_where_there_are_any() {
    let with = |days: i64, extra: i64, logs: &'static [u8]| {
        issued(move |params| {
            last(params, Span::days(days) + Span::seconds(extra));
            promise(params, logs);
        })
    };
    let table = [
        (with(180, 1, &[1, 2]), ""),
        (with(180, 2, &[1, 2]), "2 of 3 logs"),
        (with(180, 2, &[1, 2, 2]), "2 of 3 logs"),
        (with(200, 0, &[1, 2, 3]), ""),
        (with(90, 0, &[1]), "1 of 2 logs"),
        (issued(|_| {}), "-"),
    ];
    for (der, expected) in table {
        assert_eq!(told("scts-for-lifetime", &der), expected);
    }
}

#[test]
fn revocation_that_nobody_tells_is_missed_unless_the_certificate_ends_soon() {
    let pointless = |lifetime: Span| {
        issued(move |params| {
            params.crl_distribution_points.clear();
            last(params, lifetime);
        })
    };
    assert_eq!(told("no-revocation-information", &pointless(Span::days(7))), "");
    assert_eq!(
        told("no-revocation-information", &pointless(Span::days(7) + Span::seconds(1))),
        "neither CRL nor OCSP, for 7 d"
    );
    let by_ocsp = issued(|params| {
        params.crl_distribution_points.clear();
        name_responder(params);
    });
    assert_eq!(told("no-revocation-information", &by_ocsp), "");
}

#[test]
fn stapling_needs_a_responder() {
    assert_eq!(
        told("must-staple-without-ocsp", &issued(demand_stapling)),
        "it demands stapling and names no responder"
    );
    let answered = issued(|params| {
        demand_stapling(params);
        name_responder(params);
    });
    assert_eq!(told("must-staple-without-ocsp", &answered), "");
    assert_eq!(told("must-staple-without-ocsp", &issued(|_| {})), "-");
}

#[test]
fn rules_for_mail_and_code_are_not_about_servers() {
    let der = issued(|_| {});
    let subject = Subject::of(&der, now());
    let others = [Source::Smime, Source::CodeSigning];
    for lint in lint::all().filter(|lint| others.contains(&lint.meta.source)) {
        assert_eq!(lint.run(&subject), Outcome::NotApplicable, "{}", lint.meta.id);
    }
}
