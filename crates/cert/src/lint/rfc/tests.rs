//! Lints that ZLint's suite has no certificate for.

use crate::der::{Oid, oid};
use crate::lint::draft::{self, Case, Draft, NULL, algorithm, id, key, name, tlv};

fn check(cases: &[Case]) {
    draft::check("rfc", cases);
}

#[test]
fn algorithms_and_numbers() {
    check(&[
        ("cert-sig-alg-not-match-tbs-sig-alg", "pass", |_| {}),
        ("cert-sig-alg-not-match-tbs-sig-alg", "violated", |draft| {
            draft.outer_algorithm = algorithm(oid::RSA_SHA384, &NULL);
        }),
        ("cert-sig-alg-not-match-tbs-sig-alg", "violated", |draft| {
            draft.outer_algorithm = algorithm(oid::RSA_SHA256, &[]);
        }),
        ("tbs-signature-rsa-encryption-parameter-not-null", "pass", |_| {}),
        ("tbs-signature-rsa-encryption-parameter-not-null", "violated", |draft| {
            draft.inner_algorithm = algorithm(oid::RSA_SHA256, &[]);
        }),
        ("tbs-signature-rsa-encryption-parameter-not-null", "does not apply", |draft| {
            draft.inner_algorithm = algorithm(oid::ECDSA_SHA256, &[]);
        }),
        ("serial-number-longer-than-20-octets", "pass", |draft| draft.serial = tlv(2, &[0x7f; 20])),
        ("serial-number-longer-than-20-octets", "violated", |draft| {
            draft.serial = tlv(2, &[&[0][..], &[0x80; 20]].concat());
        }),
        ("ext-duplicate-extension", "pass", |draft| draft.ca()),
        ("ext-duplicate-extension", "violated", |draft| {
            draft.ca();
            draft.ca();
        }),
        ("ext-duplicate-extension", "does not apply", |draft| draft.version.clear()),
    ]);
}

#[test]
fn times() {
    fn generalized(draft: &mut Draft, letters: &[u8]) {
        draft.not_after = tlv(24, letters);
    }
    check(&[
        ("generalized-time-does-not-include-seconds", "does not apply", |_| {}),
        ("generalized-time-does-not-include-seconds", "pass", |d| generalized(d, b"20500101000000Z")),
        ("generalized-time-does-not-include-seconds", "violated", |d| generalized(d, b"205001010000Z")),
        ("generalized-time-includes-fraction-seconds", "pass", |d| generalized(d, b"20500101000000Z")),
        ("generalized-time-includes-fraction-seconds", "violated", |d| generalized(d, b"20500101000000.5Z")),
        ("generalized-time-not-in-zulu", "pass", |d| generalized(d, b"20500101000000Z")),
        ("generalized-time-not-in-zulu", "violated", |d| generalized(d, b"20500101000000+0100")),
        ("generalized-time-not-in-zulu", "not in force", |d| {
            d.not_before = tlv(23, b"980101000000Z");
            generalized(d, b"20500101000000Z");
        }),
    ]);
}

#[test]
fn names() {
    check(&[
        ("issuer-dn-country-not-printable-string", "pass", |_| {}),
        ("issuer-dn-country-not-printable-string", "violated", |draft| {
            draft.issuer = name(&[(oid::COUNTRY, 12, b"DE")]);
        }),
        ("subject-dn-country-not-printable-string", "does not apply", |_| {}),
        ("subject-dn-country-not-printable-string", "pass", |d| d.attribute(oid::COUNTRY, 19, b"DE")),
        ("subject-dn-country-not-printable-string", "violated", |d| d.attribute(oid::COUNTRY, 12, b"DE")),
        ("subject-dn-serial-number-not-printable-string", "pass", |d| {
            d.attribute(oid::SERIAL_NUMBER, 19, b"1");
        }),
        ("subject-dn-serial-number-not-printable-string", "violated", |d| {
            d.attribute(oid::SERIAL_NUMBER, 12, b"1");
        }),
        ("subject-not-dn", "pass", |_| {}),
        ("subject-not-dn", "violated", |draft| draft.subject = vec![0x30, 2, 5, 0]),
        ("subject-empty-without-san", "pass", |_| {}),
        ("subject-empty-without-san", "violated", |draft| draft.subject = name(&[])),
        ("subject-empty-without-san", "pass", |draft| {
            draft.subject = name(&[]);
            draft.dns(b"example.com");
        }),
        ("subject-common-name-max-length", "pass", |d| {
            d.attribute(oid::COMMON_NAME, 12, "ü".repeat(64).as_bytes());
        }),
        ("subject-common-name-max-length", "violated", |d| d.attribute(oid::COMMON_NAME, 12, &[b'a'; 65])),
        ("subject-state-name-max-length", "pass", |d| d.attribute(oid::STATE, 12, &[b'a'; 128])),
        ("subject-state-name-max-length", "violated", |d| d.attribute(oid::STATE, 12, &[b'a'; 129])),
        ("subject-organizational-unit-name-max-length", "pass", |d| {
            d.attribute(oid::ORGANIZATIONAL_UNIT, 12, &[b'a'; 64]);
        }),
        ("subject-organizational-unit-name-max-length", "violated", |d| {
            d.attribute(oid::ORGANIZATIONAL_UNIT, 12, &[b'a'; 65]);
        }),
        ("subject-printable-string-badalpha", "pass", |d| {
            d.attribute(oid::COMMON_NAME, 19, b"O'Neill (1+1=2), a/b:?.-");
        }),
        ("subject-printable-string-badalpha", "violated", |d| {
            d.attribute(oid::COMMON_NAME, 19, b"*.example.com");
        }),
        ("subject-printable-string-badalpha", "pass", |d| {
            d.attribute(oid::COMMON_NAME, 12, b"*.example.com");
        }),
    ]);
}

#[test]
fn alternative_names() {
    const SAN: Oid<'static> = oid::SUBJECT_ALT_NAME;
    check(&[
        ("ext-san-empty-name", "pass", |d| d.dns(b"example.com")),
        ("ext-san-empty-name", "violated", |d| d.names(SAN, &[(0x82, b"example.com"), (0xa4, b"")])),
        ("ext-san-space-dns-name", "pass", |d| d.dns(b"example.com")),
        ("ext-san-space-dns-name", "violated", |d| d.dns(b" ")),
        ("ext-san-dns-name-too-long", "pass", |d| d.dns("a.".repeat(126).as_bytes())),
        ("ext-san-dns-name-too-long", "violated", |d| d.dns("a.".repeat(127).as_bytes())),
        ("ext-san-rfc822-format-invalid", "pass", |d| d.names(SAN, &[(0x81, b"a@example.com")])),
        ("ext-san-rfc822-format-invalid", "violated", |d| d.names(SAN, &[(0x81, b"<a@example.com>")])),
        ("ext-san-rfc822-format-invalid", "violated", |d| d.names(SAN, &[(0x81, b"A <a@example.com>")])),
        ("ext-san-rfc822-format-invalid", "violated", |d| d.names(SAN, &[(0x81, b"a@example.com(A)")])),
        ("ext-san-uri-format-invalid", "pass", |d| d.uri(SAN, b"http://example.com")),
        ("ext-san-uri-format-invalid", "violated", |d| d.uri(SAN, b"example.com/a")),
        ("ext-san-uri-format-invalid", "violated", |d| d.uri(SAN, b"http:")),
        ("ext-san-uri-format-invalid", "violated", |d| d.uri(SAN, b"http://")),
        ("ext-san-uri-host-not-fqdn-or-ip", "pass", |d| d.uri(SAN, b"http://a@*.example.com:80/a")),
        ("ext-san-uri-host-not-fqdn-or-ip", "pass", |d| d.uri(SAN, b"ldap://[2001:db8::1]/")),
        ("ext-san-uri-host-not-fqdn-or-ip", "pass", |d| d.uri(SAN, b"mailto:a@example.com")),
        ("ext-san-uri-host-not-fqdn-or-ip", "violated", |d| d.uri(SAN, b"http://example/")),
        ("ext-san-uri-host-not-fqdn-or-ip", "violated", |d| d.uri(SAN, b"http://*.com/")),
        ("ext-san-uri-host-not-fqdn-or-ip", "violated", |d| d.uri(SAN, b"http://*/")),
        ("ext-ian-uri-format-invalid", "pass", |d| d.uri(oid::ISSUER_ALT_NAME, b"http://example.com")),
        ("ext-ian-uri-format-invalid", "violated", |d| d.uri(oid::ISSUER_ALT_NAME, b"http:")),
        ("ext-ian-uri-relative", "pass", |d| d.uri(oid::ISSUER_ALT_NAME, b"http://example.com")),
        ("ext-ian-uri-relative", "violated", |d| d.uri(oid::ISSUER_ALT_NAME, b"//example.com")),
    ]);
}

#[test]
fn labels() {
    check(&[
        ("rfc-dnsname-label-too-long", "pass", |d| d.dns(&[&[b'a'; 63][..], b".example"].concat())),
        ("rfc-dnsname-label-too-long", "violated", |d| d.dns(&[&[b'a'; 64][..], b".example"].concat())),
        ("rfc-dnsname-hyphen-in-sld", "pass", |d| d.dns(b"-a.ex-ample.co.uk")),
        ("rfc-dnsname-hyphen-in-sld", "violated", |d| d.dns(b"a.-example.co.uk")),
        ("rfc-dnsname-hyphen-in-sld", "violated", |d| d.dns(b"*.example-.com")),
        ("rfc-dnsname-hyphen-in-sld", "pass", |d| d.dns(b"-example.github.io")),
        ("rfc-dnsname-hyphen-in-sld", "does not apply", |d| d.dns(b"localhost")),
        ("rfc-dnsname-underscore-in-sld", "pass", |d| d.dns(b"a_b.example.com")),
        ("rfc-dnsname-underscore-in-sld", "violated", |d| d.dns(b"a.exam_ple.com")),
        ("rfc-dnsname-underscore-in-sld", "does not apply", |d| {
            d.ca();
            d.dns(b"a.exam_ple.com");
        }),
    ]);
}

#[test]
fn usages() {
    fn ecdsa(draft: &mut Draft, usage: u8) {
        draft.key = key(oid::EC_PUBLIC_KEY, &id(oid::P256));
        draft.usage(&[0, usage]);
    }
    check(&[
        ("key-usage-incorrect-length", "pass", |d| d.usage(&[7, 0x80, 0x80])),
        ("key-usage-incorrect-length", "violated", |d| d.usage(&[4, 0xa0, 0x10])),
        ("key-usage-incorrect-length", "unknown", |d| d.usage(&[])),
        ("rsa-allowed-ku-no-encipherment-ca", "does not apply", |d| d.usage(&[1, 0x06])),
        ("rsa-allowed-ku-no-encipherment-ca", "pass", |d| {
            d.ca();
            d.usage(&[1, 0x86]);
        }),
        ("rsa-allowed-ku-no-encipherment-ca", "violated", |d| {
            d.ca();
            d.usage(&[1, 0x26]);
        }),
        ("ecdsa-ee-invalid-ku", "does not apply", |d| d.usage(&[0, 0x20])),
        ("ecdsa-ee-invalid-ku", "pass", |d| ecdsa(d, 0xc8)),
        ("ecdsa-ee-invalid-ku", "violated", |d| ecdsa(d, 0xa0)),
        ("eku-critical-improperly", "pass", |d| d.purposes(false, &[oid::ANY_EXTENDED_KEY_USAGE])),
        ("eku-critical-improperly", "pass", |d| d.purposes(true, &[oid::SERVER_AUTH])),
        ("eku-critical-improperly", "violated", |d| d.purposes(true, &[oid::ANY_EXTENDED_KEY_USAGE])),
    ]);
}

#[test]
fn uses_and_purposes() {
    fn both(draft: &mut Draft, usage: u8, purposes: &[Oid<'static>]) {
        draft.usage(&[0, usage]);
        draft.purposes(false, purposes);
    }
    const LINT: &str = "key-usage-and-extended-key-usage-inconsistent";
    check(&[
        (LINT, "does not apply", |d| d.usage(&[0, 0x80])),
        (LINT, "pass", |d| both(d, 0xa0, &[oid::SERVER_AUTH])),
        (LINT, "pass", |d| both(d, 0xa0, &[oid::SERVER_AUTH, oid::CLIENT_AUTH])),
        (LINT, "pass", |d| both(d, 0x04, &[oid::SMART_CARD_LOGON])),
        (LINT, "violated", |d| both(d, 0xa8, &[oid::SERVER_AUTH])),
        (LINT, "violated", |d| both(d, 0xa0, &[oid::CODE_SIGNING])),
        (LINT, "violated", |d| both(d, 0xc0, &[oid::SERVER_AUTH, oid::CLIENT_AUTH])),
        (LINT, "violated", |d| both(d, 0x00, &[oid::TIME_STAMPING])),
    ]);
}

/// A user notice with `noticeRef` and nothing else, of the policy 1.2.3.
const NOTICE: [u8; 35] = [
    0x30, 33, 0x30, 31, 6, 2, 0x2a, 3, 0x30, 25, 0x30, 23, 6, 8, 0x2b, 6, 1, 5, 5, 7, 2, 2, 0x30, 11, 0x30,
    9, 12, 2, b'C', b'A', 0x30, 3, 2, 1, 1,
];

#[test]
fn constraints_and_policies() {
    check(&[
        ("ext-name-constraints-not-critical", "violated", |d| {
            d.extend(oid::NAME_CONSTRAINTS, false, &[0x30, 0]);
        }),
        ("ext-name-constraints-not-critical", "pass", |d| d.extend(oid::NAME_CONSTRAINTS, true, &[0x30, 0])),
        ("ext-name-constraints-not-in-ca", "violated", |d| d.extend(oid::NAME_CONSTRAINTS, true, &[0x30, 0])),
        ("ext-name-constraints-not-in-ca", "pass", |d| {
            d.ca();
            d.extend(oid::NAME_CONSTRAINTS, true, &[0x30, 0]);
        }),
        ("name-constraint-on-edi-party-name", "violated", |d| {
            d.extend(oid::NAME_CONSTRAINTS, true, &[0x30, 6, 0xa1, 4, 0x30, 2, 0xa5, 0]);
        }),
        ("name-constraint-on-edi-party-name", "pass", |d| {
            d.extend(oid::NAME_CONSTRAINTS, true, &[0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'a']);
        }),
        ("ext-policy-constraints-not-critical", "violated", |d| {
            d.extend(oid::POLICY_CONSTRAINTS, false, &[0x30, 3, 0x80, 1, 0]);
        }),
        ("ext-policy-constraints-not-critical", "pass", |d| {
            d.extend(oid::POLICY_CONSTRAINTS, true, &[0x30, 3, 0x80, 1, 0]);
        }),
        ("ext-cert-policy-contains-noticeref", "violated", |d| {
            d.extend(oid::CERTIFICATE_POLICIES, false, &NOTICE);
        }),
        ("ext-cert-policy-contains-noticeref", "pass", |d| {
            d.extend(oid::CERTIFICATE_POLICIES, false, &[0x30, 6, 0x30, 4, 6, 2, 0x2a, 3]);
        }),
        ("ext-subject-directory-attr-critical", "violated", |d| {
            d.extend(oid::SUBJECT_DIRECTORY_ATTRIBUTES, true, &[0x30, 0]);
        }),
        ("ext-subject-directory-attr-critical", "pass", |d| {
            d.extend(oid::SUBJECT_DIRECTORY_ATTRIBUTES, false, &[0x30, 0]);
        }),
    ]);
}

#[test]
fn places_and_promises() {
    fn point(draft: &mut Draft, critical: bool, uri: &[u8]) {
        let name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, uri)));
        draft.extend(oid::CRL_DISTRIBUTION_POINTS, critical, &tlv(0x30, &tlv(0x30, &name)));
    }
    fn issuer(draft: &mut Draft, critical: bool, uri: &[u8]) {
        let access = [id(oid::AD_CA_ISSUERS), tlv(0x86, uri)].concat();
        draft.extend(oid::AUTHORITY_INFO_ACCESS, critical, &tlv(0x30, &tlv(0x30, &access)));
    }
    check(&[
        ("ext-crl-distribution-marked-critical", "pass", |d| point(d, false, b"http://a.example")),
        ("ext-crl-distribution-marked-critical", "violated", |d| point(d, true, b"http://a.example")),
        ("distribution-point-missing-ldap-or-uri", "pass", |d| point(d, false, b"LDAP://a.example")),
        ("distribution-point-missing-ldap-or-uri", "violated", |d| point(d, false, b"ftp://a.example")),
        ("ext-aia-marked-critical", "pass", |d| issuer(d, false, b"http://a.example")),
        ("ext-aia-marked-critical", "violated", |d| issuer(d, true, b"http://a.example")),
        ("ext-aia-access-location-missing", "does not apply", |_| {}),
        ("ext-aia-access-location-missing", "pass", |d| issuer(d, false, b"HTTP://a.example")),
        ("ext-aia-access-location-missing", "violated", |d| issuer(d, false, b"https://a.example")),
        ("precert-with-sct-list", "does not apply", |d| d.extend(oid::SCT_LIST, false, &[4, 2, 0, 0])),
        ("precert-with-sct-list", "pass", |d| d.extend(oid::PRECERTIFICATE_POISON, true, &NULL)),
        ("precert-with-sct-list", "violated", |d| {
            d.extend(oid::PRECERTIFICATE_POISON, true, &NULL);
            d.extend(oid::SCT_LIST, false, &[4, 2, 0, 0]);
        }),
    ]);
}

#[test]
fn what_cannot_be_read_is_told() {
    check(&[
        ("malformed", "pass", |draft| draft.ca()),
        ("malformed", "violated", |draft| draft.not_before = tlv(23, b"25")),
        ("malformed", "violated", |draft| draft.extend(oid::KEY_USAGE, true, &[4, 1, 0])),
        ("malformed", "pass", |draft| draft.extend(oid::MICROSOFT_SID, false, &[1])),
        ("wrong-time-format-pre2050", "unknown", |draft| draft.not_before = tlv(23, b"25")),
    ]);
}

#[test]
fn an_octet_of_zeros_is_no_number_of_bits_left_out() {
    check(&[
        ("incorrect-ku-encoding", "pass", |draft| draft.usage(&[5, 0xa0])),
        ("incorrect-ku-encoding", "violated", |draft| draft.usage(&[4, 0xa0])),
        ("incorrect-ku-encoding", "pass", |draft| draft.usage(&[7, 0xa0, 0])),
        ("superfluous-ku-encoding", "violated", |draft| draft.usage(&[7, 0xa0, 0])),
    ]);
}

#[test]
fn mail_addresses_are_compared_in_letters_of_either_case() {
    fn mail(draft: &mut Draft, address: &[u8]) {
        draft.attribute(oid::EMAIL_ADDRESS, 22, b"Ada@Example.com");
        draft.names(oid::SUBJECT_ALT_NAME, &[(0x81, address)]);
    }
    check(&[
        ("subj-email-not-in-san", "pass", |draft| mail(draft, b"ada@example.com")),
        ("subj-email-not-in-san", "violated", |draft| mail(draft, b"eve@example.com")),
    ]);
}

/// br.ext-subject-key-identifier-not-recommended-subscriber says the opposite of those.
#[test]
fn no_key_identifier_is_missed_where_the_baseline_requirements_advise_against_it() {
    fn validated(draft: &mut Draft) {
        draft.extend(oid::CERTIFICATE_POLICIES, false, &tlv(0x30, &tlv(0x30, &id(oid::CABF_DV))));
    }
    check(&[
        ("ext-subject-key-identifier-missing-sub-cert", "violated", |_| {}),
        ("ext-subject-key-identifier-missing-sub-cert", "does not apply", validated),
        ("ext-subject-key-identifier-missing-sub-cert", "violated", |draft| {
            validated(draft);
            draft.not_before = tlv(23, b"230914235959Z");
        }),
    ]);
}

#[test]
fn mappings_of_policies_that_cannot_be_read_are_unknown() {
    fn mapped(draft: &mut Draft) {
        let pair = tlv(0x30, &[id(oid::CABF_DV), id(oid::CABF_OV)].concat());
        draft.extend(oid::POLICY_MAPPINGS, true, &tlv(0x30, &pair));
    }
    check(&[
        ("ext-policy-map-not-in-cert-policy", "violated", mapped),
        ("ext-policy-map-not-in-cert-policy", "unknown", |draft| {
            mapped(draft);
            draft.extend(oid::CERTIFICATE_POLICIES, false, &[4, 0]);
        }),
    ]);
}
