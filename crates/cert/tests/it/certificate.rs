//! Facts, read from certificates of other makers.

use notafter_cert::{KeyWeakness, Span};

use crate::fixture;

#[test]
fn the_example_of_rfc_9773_has_the_name_that_the_rfc_gives() {
    let example = fixture("rfc9773");
    assert_eq!(example.ari_id().unwrap(), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    assert_eq!(example.serial_hex(), "0087654321");
    assert_eq!(example.not_before().to_string(), "0001-01-01T00:00:00Z");
    assert_eq!(example.lifetime(), Span::seconds(1));
}

#[test]
fn everything_a_certificate_says_is_read() {
    let all = fixture("everything");
    let names: Vec<String> = all.names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["shop.example", "*.shop.example", "under_score.example", "192.0.2.1", "2001:db8::1"]);
    assert_eq!(all.other_names().len(), 3, "{:?}", all.other_names());
    assert!(all.other_names().iter().any(|name| name.contains("bad name")));
    assert_eq!(all.ca_issuers(), ["http://ca.example/ca.crt"]);
    assert!(all.must_staple());
    assert!(!all.is_ca() && !all.is_self_issued());
    assert_eq!(all.common_name(), Some("everything.example"));
    assert_eq!(all.issuer_name(), "Fixture CA");
    assert_eq!(all.subject_key_id().map(<[u8]>::len), Some(20));
    assert_eq!(all.authority_key_id(), fixture("ca").subject_key_id());
    assert_eq!(all.lifetime(), Span::days(90) + Span::seconds(1));
    assert_eq!(all.key().algorithm.to_string(), "ECDSA P-256");
    assert_eq!(all.signature_algorithm().to_string(), "RSA with SHA-256");
}

#[test]
fn a_common_name_is_no_name() {
    let old = fixture("version-1");
    assert!(old.names().is_empty());
    assert!(!old.covers(&"rsa-1024.example".parse().unwrap()));
    assert!(old.ari_id().is_none() && !old.is_ca());
}

#[test]
fn keys_that_clients_refuse_are_weak_and_others_are_not() {
    let table = [
        ("rsa-1024", Some(KeyWeakness::ShortModulus(1024))),
        ("rsa-2050", Some(KeyWeakness::OddLength(2050))),
        ("secp256k1", Some(KeyWeakness::Curve("1.3.132.0.10".to_owned()))),
        ("dsa", Some(KeyWeakness::Algorithm("1.2.840.10040.4.1".to_owned()))),
        ("rsa-e3", None),
        ("p521", None),
        ("ed25519", None),
        ("ca", None),
    ];
    for (name, weakness) in table {
        assert_eq!(fixture(name).key().weakness(), weakness, "{name}");
    }
}

#[test]
fn signatures_with_broken_hashes_are_weak() {
    for (name, weak) in [("md5", true), ("sha1", true), ("rsa-e3", false), ("rfc9773", false)] {
        assert_eq!(fixture(name).signature_algorithm().weak, weak, "{name}");
    }
}
