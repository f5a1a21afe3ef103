use super::expectation;
use crate::der::{Oid, Tag, oid, write};
use crate::staged::{Authority, full_name, integer, now, sequence, uri};
use crate::x509::Anatomy;
use crate::{Span, Time};

fn access(letters: &str) -> (Oid<'static>, Vec<u8>) {
    let method = write(Tag::OID, &[oid::AD_OCSP.content()]);
    (oid::AUTHORITY_INFO_ACCESS, sequence(&[&sequence(&[&method, &uri(letters)])]))
}

fn points(letters: &str) -> (Oid<'static>, Vec<u8>) {
    (oid::CRL_DISTRIBUTION_POINTS, sequence(&[&sequence(&[&full_name(&[uri(letters)])])]))
}

#[test]
fn a_certificate_says_where_its_status_is_told() {
    let ca = Authority::new("CA");
    let staple = (oid::TLS_FEATURE, sequence(&[&integer(5)]));
    let der = ca.certificate(1, &[access("http://ocsp.example/"), points("http://crl.example/1"), staple]);
    let all = expectation(&Anatomy::of(&der), now());
    assert_eq!(
        (&all.crls[..], &all.ocsp[..]),
        (&["http://crl.example/1".to_owned()][..], &["http://ocsp.example/".to_owned()][..])
    );
    assert!(all.must_staple && all.is_missing_staple(false) && !all.is_missing_staple(true));
    assert!(all.needs_status() && !all.lacks_source());

    assert_eq!(all.exempt(), None);
    let (_, point) = points("http://crl.example/delta");
    let changes = ca.certificate(1, &[(oid::FRESHEST_CRL, point)]);
    assert_eq!(expectation(&Anatomy::of(&changes), now()).deltas, ["http://crl.example/delta"]);

    let only_crl = expectation(&Anatomy::of(&ca.certificate(1, &[points("http://crl.example/1")])), now());
    assert!(only_crl.ocsp.is_empty() && !only_crl.lacks_source(), "OCSP is optional");
    assert!(!only_crl.is_missing_staple(false), "nothing was promised");
    let bare = ca.certificate(1, &[]);
    assert!(expectation(&Anatomy::of(&bare), now()).lacks_source());
    assert!(!expectation(&Anatomy::of(&bare), now() + Span::days(101)).needs_status(), "it has ended");
    assert!(!expectation(&Anatomy::of(ca.der()), now()).needs_status(), "a root has nobody above it");
}

/// A server's certificate that says id-pkix-ocsp-nocheck was never asked about, revoked or not.
#[test]
fn of_a_responder_alone_nobody_asks() {
    let ca = Authority::new("CA");
    let needs = |purposes: &[Oid<'static>]| {
        let purposes: Vec<Vec<u8>> =
            purposes.iter().map(|purpose| write(Tag::OID, &[purpose.content()])).collect();
        let purposes = (oid::EXTENDED_KEY_USAGE, sequence(&[&purposes.concat()]));
        let der = ca.certificate(1, &[(oid::OCSP_NO_CHECK, write(Tag::NULL, &[])), purposes]);
        expectation(&Anatomy::of(&der), now()).needs_status()
    };
    assert!(!needs(&[oid::OCSP_SIGNING]));
    assert!(needs(&[oid::SERVER_AUTH]) && needs(&[oid::OCSP_SIGNING, oid::SERVER_AUTH]));
    let silent = ca.certificate(1, &[(oid::OCSP_NO_CHECK, write(Tag::NULL, &[]))]);
    assert!(expectation(&Anatomy::of(&silent), now()).needs_status());
}

#[test]
fn short_lives_are_those_of_their_day() {
    let table = [
        ("2024-03-14T00:00:00Z", 10, false),
        ("2024-03-15T00:00:00Z", 10, true),
        ("2026-03-14T23:59:59Z", 10, true),
        ("2026-03-15T00:00:00Z", 10, false),
        ("2026-03-15T00:00:00Z", 7, true),
    ];
    for (begins, days, is_short) in table {
        let begins: Time = begins.parse().unwrap();
        let ends = begins + Span::days(days) - Span::seconds(1);
        let mut parameters = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        let judged = |parameters: &rcgen::CertificateParams| {
            let key = rcgen::KeyPair::generate().unwrap();
            let der = parameters.clone().self_signed(&key).unwrap().der().to_vec();
            expectation(&Anatomy::of(&der), begins).is_short_lived
        };
        (parameters.not_before, parameters.not_after) =
            (begins.calendar().unwrap(), ends.calendar().unwrap());
        assert_eq!(judged(&parameters), is_short, "{begins}, {days} days");
        parameters.not_after = (ends + Span::seconds(1)).calendar().unwrap();
        assert!(!judged(&parameters) || (days == 7 && !is_short), "{begins}, a second more");
    }
}
