//! Lints that ZLint's suite has no certificate for: what section 7 asks for beyond it.

use crate::der::{Oid, oid};
use crate::lint::draft::{self, Case, Draft, NULL, id, name, tlv};

fn check(cases: &[Case]) {
    draft::check("br", cases);
}

/// A root's: its issuer is itself, and its signature cannot be checked.
fn root(draft: &mut Draft) {
    draft.subject = draft.issuer.clone();
    draft.ca();
}

fn policies(draft: &mut Draft, policies: &[Oid<'static>]) {
    let list: Vec<u8> = policies.iter().flat_map(|policy| tlv(0x30, &id(*policy))).collect();
    draft.extend(oid::CERTIFICATE_POLICIES, false, &tlv(0x30, &list));
}

fn responder(draft: &mut Draft) {
    draft.purposes(false, &[oid::OCSP_SIGNING]);
}

/// A distribution point with these names, each with its tag.
fn points(draft: &mut Draft, points: &[&[(u8, &[u8])]]) {
    let point = |names: &&[(u8, &[u8])]| {
        let names: Vec<u8> = names.iter().flat_map(|(tag, value)| tlv(*tag, value)).collect();
        tlv(0x30, &tlv(0xa0, &tlv(0xa0, &names)))
    };
    let list: Vec<u8> = points.iter().flat_map(point).collect();
    draft.extend(oid::CRL_DISTRIBUTION_POINTS, false, &tlv(0x30, &list));
}

fn access(draft: &mut Draft, method: Oid<'static>, tag: u8, value: &[u8]) {
    let description = tlv(0x30, &[id(method), tlv(tag, value)].concat());
    draft.extend(oid::AUTHORITY_INFO_ACCESS, false, &tlv(0x30, &description));
}

fn constraints(draft: &mut Draft, list: u8, tag: u8, value: &[u8]) {
    draft.extend(oid::NAME_CONSTRAINTS, true, &tlv(0x30, &tlv(list, &tlv(0x30, &tlv(tag, value)))));
}

fn validity(draft: &mut Draft, from: &[u8], until: &[u8]) {
    draft.not_before = tlv(24, from);
    draft.not_after = tlv(24, until);
}

#[test]
fn roots() {
    check(&[
        ("root-ca-validity-out-of-range", "does not apply", |_| {}),
        ("root-ca-validity-out-of-range", "violated", root),
        ("root-ca-validity-out-of-range", "pass", |draft| {
            root(draft);
            validity(draft, b"20250101000000Z", b"20491231235959Z");
        }),
        ("root-ca-validity-out-of-range", "violated", |draft| {
            root(draft);
            validity(draft, b"20250101000000Z", b"20500102000000Z");
        }),
        ("root-ca-validity-out-of-range", "pass", |draft| {
            root(draft);
            // 2922 days of 86,400 seconds, the last second among them.
            validity(draft, b"20250101000000Z", b"20321231235959Z");
        }),
        ("root-ca-authority-key-identifier-missing", "violated", root),
        ("root-ca-crl-distribution-points-present", "pass", root),
        ("root-ca-crl-distribution-points-present", "violated", |draft| {
            root(draft);
            points(draft, &[&[(0x86, b"http://a.example/crl")]]);
        }),
        ("root-ca-extension-not-recommended", "pass", root),
        ("root-ca-extension-not-recommended", "violated", |draft| {
            root(draft);
            access(draft, oid::AD_OCSP, 0x86, b"http://a.example");
        }),
    ]);
}

#[test]
fn authorities() {
    check(&[
        ("ca-key-usage-not-permitted", "does not apply", |draft| draft.usage(&[5, 0xa0])),
        ("ca-key-usage-not-permitted", "violated", |draft| {
            draft.ca();
            draft.usage(&[2, 0x24]);
        }),
        ("ca-key-usage-not-permitted", "pass", |draft| {
            draft.ca();
            draft.usage(&[1, 0x86]);
        }),
        ("ca-subject-attribute-not-recommended", "pass", |draft| draft.ca()),
        ("ca-subject-attribute-not-recommended", "violated", |draft| {
            draft.ca();
            draft.attribute(oid::EMAIL_ADDRESS, 22, b"ca@a.example");
        }),
        ("sub-ca-extension-not-recommended", "pass", |draft| draft.ca()),
        ("sub-ca-extension-not-recommended", "violated", |draft| {
            draft.ca();
            draft.dns(b"a.example");
        }),
        ("sub-ca-eku-not-recommended", "does not apply", |draft| draft.ca()),
        ("sub-ca-eku-not-recommended", "violated", |draft| {
            draft.ca();
            draft.purposes(false, &[oid::SERVER_AUTH, oid::SMART_CARD_LOGON]);
        }),
    ]);
}

#[test]
fn authorities_that_speak_for_others() {
    check(&[
        ("ca-eku-precertificate-signing", "violated", |draft| {
            draft.ca();
            draft.purposes(false, &[oid::SERVER_AUTH, oid::PRECERTIFICATE_SIGNING]);
        }),
        ("ca-eku-precertificate-signing", "pass", |draft| {
            draft.ca();
            draft.purposes(false, &[oid::SERVER_AUTH]);
        }),
        ("precertificate-signing-ca-other-purposes", "pass", |draft| {
            draft.ca();
            draft.purposes(false, &[oid::PRECERTIFICATE_SIGNING]);
        }),
        ("precertificate-signing-ca-other-purposes", "violated", |draft| {
            draft.ca();
            draft.purposes(false, &[oid::PRECERTIFICATE_SIGNING, oid::TIME_STAMPING]);
        }),
        ("precertificate-signing-ca-prohibited", "not in force", |draft| {
            draft.ca();
            draft.purposes(false, &[oid::PRECERTIFICATE_SIGNING]);
        }),
        ("precertificate-signing-ca-prohibited", "violated", |draft| {
            draft.ca();
            draft.purposes(false, &[oid::PRECERTIFICATE_SIGNING]);
            validity(draft, b"20260315000000Z", b"20270315000000Z");
        }),
        ("ca-aia-must-contain-permitted-access-method", "does not apply", |draft| draft.ca()),
        ("ca-aia-must-contain-permitted-access-method", "violated", |draft| {
            draft.ca();
            access(draft, oid::AD_CA_REPOSITORY, 0x86, b"http://a.example");
        }),
        ("ca-aia-must-contain-permitted-access-method", "violated", |draft| {
            draft.ca();
            access(draft, oid::AD_OCSP, 0x82, b"a.example");
        }),
        ("ca-aia-must-contain-permitted-access-method", "pass", |draft| {
            draft.ca();
            access(draft, oid::AD_CA_ISSUERS, 0x86, b"http://a.example");
        }),
    ]);
}

#[test]
fn name_constraints() {
    check(&[
        ("sub-ca-name-constraints-form-not-recommended", "pass", |draft| draft.ca()),
        ("sub-ca-name-constraints-form-not-recommended", "pass", |draft| {
            draft.ca();
            constraints(draft, 0xa0, 0x82, b"a.example");
        }),
        ("sub-ca-name-constraints-form-not-recommended", "violated", |draft| {
            draft.ca();
            constraints(draft, 0xa0, 0x81, b"a.example");
        }),
        ("sub-ca-name-constraints-form-not-recommended", "pass", |draft| {
            draft.ca();
            constraints(draft, 0xa0, 0xa4, &name(&[(oid::COUNTRY, 19, b"DE")]));
        }),
        ("sub-ca-name-constraints-form-not-recommended", "violated", |draft| {
            draft.ca();
            constraints(draft, 0xa1, 0xa4, &name(&[(oid::COUNTRY, 19, b"DE")]));
        }),
    ]);
}

#[test]
fn common_fields() {
    let long = |draft: &mut Draft| draft.attribute(oid::JURISDICTION_COUNTRY, 19, b"DEU");
    check(&[
        ("authority-key-identifier-not-by-key-alone", "pass", |_| {}),
        ("authority-key-identifier-not-by-key-alone", "violated", |draft| {
            draft.extend(oid::AUTHORITY_KEY_IDENTIFIER, false, &tlv(0x30, &tlv(0x82, &[7])));
        }),
        ("crl-distribution-points-several", "pass", |draft| points(draft, &[&[(0x86, b"http://a.example")]])),
        ("crl-distribution-points-several", "violated", |draft| {
            points(draft, &[&[(0x86, b"http://a.example")], &[(0x86, b"http://b.example")]]);
        }),
        ("crl-distribution-point-not-full-name", "pass", |draft| {
            points(draft, &[&[(0x86, b"http://a.example")]]);
        }),
        ("crl-distribution-point-not-full-name", "violated", |draft| {
            points(draft, &[&[(0x86, b"http://a.example"), (0x82, b"a.example")]]);
        }),
        ("crl-distribution-point-not-full-name", "violated", |draft| {
            draft.extend(oid::CRL_DISTRIBUTION_POINTS, false, &tlv(0x30, &tlv(0x30, &tlv(0x81, &[1, 2]))));
        }),
        ("policy-qualifiers-not-recommended", "pass", |draft| policies(draft, &[oid::CABF_DV])),
        ("policy-qualifiers-not-recommended", "violated", |draft| {
            let cps = tlv(0x30, &[id(oid::CPS_QUALIFIER), tlv(22, b"http://a.example")].concat());
            let policy = tlv(0x30, &[id(oid::CABF_DV), tlv(0x30, &cps)].concat());
            draft.extend(oid::CERTIFICATE_POLICIES, false, &tlv(0x30, &policy));
        }),
        ("reserved-policy-not-first", "does not apply", |draft| policies(draft, &[oid::QCP_N])),
        ("reserved-policy-not-first", "pass", |draft| policies(draft, &[oid::CABF_DV, oid::QCP_N])),
        ("reserved-policy-not-first", "violated", |draft| policies(draft, &[oid::QCP_N, oid::CABF_DV])),
        ("rdn-with-several-attributes", "pass", |_| {}),
        ("rdn-with-several-attributes", "violated", |draft| {
            let one = tlv(0x30, &[id(oid::COUNTRY), tlv(19, b"DE")].concat());
            draft.subject = tlv(0x30, &tlv(0x31, &[one.clone(), one].concat()));
        }),
        ("subject-attribute-too-long", "pass", |_| {}),
        ("subject-attribute-too-long", "violated", long),
        ("serial-number-short", "violated", |_| {}),
        ("serial-number-short", "pass", |draft| draft.serial = tlv(2, &[1; 8])),
        ("rsa-modulus-not-whole-octets", "pass", |draft| rsa(draft, &[0x80, 1])),
        ("rsa-modulus-not-whole-octets", "violated", |draft| rsa(draft, &[0x40, 1])),
        ("precertificate-poison-encoding", "does not apply", |_| {}),
        ("precertificate-poison-encoding", "pass", |draft| {
            draft.extend(oid::PRECERTIFICATE_POISON, true, &NULL);
        }),
        ("precertificate-poison-encoding", "violated", |draft| {
            draft.extend(oid::PRECERTIFICATE_POISON, false, &NULL);
        }),
        ("precertificate-poison-encoding", "violated", |draft| {
            draft.extend(oid::PRECERTIFICATE_POISON, true, &[4, 0]);
        }),
    ]);
}

/// An RSA key with this modulus.
fn rsa(draft: &mut Draft, modulus: &[u8]) {
    let modulus = if modulus[0] & 0x80 == 0 { modulus.to_vec() } else { [&[0], modulus].concat() };
    let numbers = tlv(0x30, &[tlv(2, &modulus), tlv(2, &[1, 0, 1])].concat());
    let algorithm = tlv(0x30, &[&id(oid::RSA_ENCRYPTION)[..], &NULL].concat());
    draft.key = tlv(0x30, &[algorithm, tlv(3, &[&[0], &numbers[..]].concat())].concat());
}

#[test]
fn servers() {
    check(&[
        ("sub-cert-not-one-reserved-policy", "violated", |_| {}),
        ("sub-cert-not-one-reserved-policy", "pass", |draft| policies(draft, &[oid::CABF_DV, oid::QCP_N])),
        ("sub-cert-not-one-reserved-policy", "violated", |draft| {
            policies(draft, &[oid::CABF_DV, oid::CABF_OV]);
        }),
        ("sub-cert-any-policy", "pass", |draft| policies(draft, &[oid::CABF_DV])),
        ("sub-cert-any-policy", "violated", |draft| policies(draft, &[oid::CABF_DV, oid::ANY_POLICY])),
        ("sub-cert-extension-not-recommended", "pass", |draft| draft.dns(b"a.example")),
        ("sub-cert-extension-not-recommended", "violated", |draft| {
            draft.extend(oid::TLS_FEATURE, false, &tlv(0x30, &[2, 1, 5]));
        }),
        ("sub-cert-key-usage-missing", "violated", |_| {}),
        ("sub-cert-key-usage-missing", "pass", |draft| draft.usage(&[7, 0x80])),
        ("rsa-key-usage-not-permitted", "pass", |draft| draft.usage(&[4, 0xb0])),
        ("rsa-key-usage-not-permitted", "violated", |draft| draft.usage(&[6, 0xc0])),
        ("rsa-key-usage-data-encipherment", "violated", |draft| draft.usage(&[4, 0xb0])),
        ("rsa-key-usage-data-encipherment", "pass", |draft| draft.usage(&[5, 0xa0])),
        ("rsa-key-usage-no-digital-signature", "pass", |draft| draft.usage(&[5, 0xa0])),
        ("rsa-key-usage-no-digital-signature", "violated", |draft| draft.usage(&[5, 0x20])),
        ("rsa-key-usage-no-digital-signature", "pass", |_| {}),
        ("ext-san-x400-address-present", "pass", |draft| draft.dns(b"a.example")),
        ("ext-san-x400-address-present", "violated", |draft| {
            draft.names(oid::SUBJECT_ALT_NAME, &[(0x82, b"a.example"), (0xa3, &[0x30, 0])]);
        }),
        ("server-cert-valid-time-longer-than-398-days", "pass", |_| {}),
        ("server-cert-valid-time-longer-than-398-days", "violated", |draft| {
            validity(draft, b"20250101000000Z", b"20260203000000Z");
        }),
        ("server-cert-valid-time-longer-than-398-days", "not in force", |draft| {
            validity(draft, b"20260315000000Z", b"20280315000000Z");
        }),
    ]);
}

#[test]
fn names_of_organisations_and_people() {
    fn of(draft: &mut Draft, policy: Oid<'static>, attributes: &[(Oid<'static>, u8, &[u8])]) {
        policies(draft, &[policy]);
        draft.subject = name(attributes);
    }
    check(&[
        ("subject-address-not-recommended", "does not apply", |draft| of(draft, oid::CABF_DV, &[])),
        ("subject-address-not-recommended", "violated", |draft| {
            of(draft, oid::CABF_OV, &[(oid::STREET, 12, b"High Street 1")]);
        }),
        ("subject-address-not-recommended", "pass", |draft| {
            of(draft, oid::CABF_IV, &[(oid::LOCALITY, 12, b"Bonn")]);
        }),
        ("iv-organization-not-recommended", "violated", |draft| {
            of(draft, oid::CABF_IV, &[(oid::ORGANIZATION, 12, b"Firm")]);
        }),
        ("iv-organization-not-recommended", "pass", |draft| of(draft, oid::CABF_IV, &[])),
        ("subject-attribute-not-recommended", "pass", |draft| {
            of(draft, oid::CABF_OV, &[(oid::ORGANIZATION, 12, b"Firm")]);
        }),
        ("subject-attribute-not-recommended", "violated", |draft| {
            of(draft, oid::CABF_OV, &[(oid::TITLE, 12, b"Dr.")]);
        }),
        ("domain-component-order", "pass", |draft| {
            of(
                draft,
                oid::CABF_OV,
                &[(oid::DOMAIN_COMPONENT, 22, b"com"), (oid::DOMAIN_COMPONENT, 22, b"a")],
            );
        }),
        ("domain-component-order", "violated", |draft| {
            of(
                draft,
                oid::CABF_OV,
                &[(oid::DOMAIN_COMPONENT, 22, b"a"), (oid::DOMAIN_COMPONENT, 22, b"test")],
            );
        }),
        ("domain-component-order", "violated", |draft| {
            of(draft, oid::CABF_OV, &[(oid::DOMAIN_COMPONENT, 22, b"a.com")]);
        }),
    ]);
}

#[test]
fn responders() {
    check(&[
        ("ocsp-cert-eku-other-purposes", "does not apply", |_| {}),
        ("ocsp-cert-eku-other-purposes", "pass", responder),
        ("ocsp-cert-eku-other-purposes", "violated", |draft| {
            draft.purposes(false, &[oid::OCSP_SIGNING, oid::CLIENT_AUTH]);
        }),
        ("ocsp-cert-is-ca", "pass", responder),
        ("ocsp-cert-is-ca", "violated", |draft| {
            responder(draft);
            draft.ca();
        }),
        ("ocsp-cert-key-usage-missing", "violated", responder),
        ("ocsp-cert-key-usage-missing", "pass", |draft| {
            responder(draft);
            draft.usage(&[7, 0x80]);
        }),
        ("ocsp-cert-san-present", "pass", responder),
        ("ocsp-cert-san-present", "violated", |draft| {
            responder(draft);
            draft.dns(b"a.example");
        }),
        ("ocsp-cert-aia-present", "pass", responder),
        ("ocsp-cert-aia-present", "violated", |draft| {
            responder(draft);
            access(draft, oid::AD_OCSP, 0x86, b"http://a.example");
        }),
        ("ocsp-cert-aia-other-method", "violated", |draft| {
            responder(draft);
            access(draft, oid::AD_CA_ISSUERS, 0x86, b"http://a.example");
        }),
        ("ocsp-cert-no-check-encoding", "does not apply", responder),
        ("ocsp-cert-no-check-encoding", "pass", |draft| draft.extend(oid::OCSP_NO_CHECK, false, &NULL)),
        ("ocsp-cert-no-check-encoding", "violated", |draft| draft.extend(oid::OCSP_NO_CHECK, true, &NULL)),
        ("ocsp-cert-subject-incomplete", "violated", responder),
        ("ocsp-cert-subject-incomplete", "pass", |draft| {
            responder(draft);
            draft.subject = name(&[
                (oid::COUNTRY, 19, b"DE"),
                (oid::ORGANIZATION, 12, b"CA"),
                (oid::COMMON_NAME, 12, b"Responder 1"),
            ]);
        }),
        ("ocsp-cert-extension-not-recommended", "pass", responder),
        ("ocsp-cert-extension-not-recommended", "violated", |draft| {
            responder(draft);
            draft.extend(oid::QC_STATEMENTS, false, &[0x30, 0]);
        }),
    ]);
}

#[test]
fn a_serial_number_of_64_random_bits_is_long_enough_though_it_begins_with_zeros() {
    check(&[
        ("serial-number-short", "violated", |draft| draft.serial = tlv(2, &[1; 6])),
        ("serial-number-short", "pass", |draft| draft.serial = tlv(2, &[1; 7])),
    ]);
}

/// Ballot SC-095: what was forbidden is only advised against.
#[test]
fn a_responder_may_have_policies_since_march_2026() {
    fn on(draft: &mut Draft, day: &[u8]) {
        responder(draft);
        policies(draft, &[oid::CABF_DV]);
        validity(draft, day, b"20270101000000Z");
    }
    check(&[
        ("ocsp-cert-cp-forbidden", "violated", |draft| on(draft, b"20260330235959Z")),
        ("ocsp-cert-cp-not-recommended", "not in force", |draft| on(draft, b"20260330235959Z")),
        ("ocsp-cert-cp-forbidden", "not in force", |draft| on(draft, b"20260331000000Z")),
        ("ocsp-cert-cp-not-recommended", "violated", |draft| on(draft, b"20260331000000Z")),
    ]);
}

/// Ballot SC-079: a cross-certified CA that issues to CAs alone may have several reserved policies.
#[test]
fn a_ca_above_cas_may_have_several_reserved_policies_since_november_2024() {
    fn on(draft: &mut Draft, day: &[u8], constraints: &[u8]) {
        policies(draft, &[oid::CABF_DV, oid::CABF_OV]);
        draft.extend(oid::BASIC_CONSTRAINTS, true, constraints);
        validity(draft, day, b"20270101000000Z");
    }
    const ABOVE_CAS: [u8; 5] = [0x30, 3, 1, 1, 0xff];
    const ABOVE_SUBSCRIBERS: [u8; 8] = [0x30, 6, 1, 1, 0xff, 2, 1, 0];
    check(&[
        ("ca-multiple-reserved-policy-oids", "violated", |draft| on(draft, b"20241113000000Z", &ABOVE_CAS)),
        ("ca-multiple-reserved-policy-oids", "unknown", |draft| on(draft, b"20241114000000Z", &ABOVE_CAS)),
        ("ca-multiple-reserved-policy-oids", "violated", |draft| {
            on(draft, b"20241114000000Z", &ABOVE_SUBSCRIBERS);
        }),
        ("ca-multiple-reserved-policy-oids", "unknown", |draft| {
            draft.ca();
            draft.extend(oid::CERTIFICATE_POLICIES, false, &[4, 0]);
        }),
    ]);
}

#[test]
fn every_attribute_but_two_is_there_once() {
    fn twice(draft: &mut Draft, kind: Oid<'static>) {
        draft.subject = name(&[(kind, 12, b"a"), (oid::COMMON_NAME, 12, b"a.example"), (kind, 12, b"b")]);
    }
    check(&[
        ("duplicate-subject-attribs", "pass", |draft| twice(draft, oid::STREET)),
        ("duplicate-subject-attribs", "pass", |draft| twice(draft, oid::DOMAIN_COMPONENT)),
        ("duplicate-subject-attribs", "violated", |draft| twice(draft, oid::ORGANIZATION)),
        ("duplicate-subject-attribs", "violated", |draft| twice(draft, oid::ORGANIZATIONAL_UNIT)),
        ("duplicate-subject-attribs", "violated", |draft| twice(draft, oid::POSTAL_CODE)),
        ("duplicate-subject-attribs", "violated", |draft| twice(draft, oid::EMAIL_ADDRESS)),
    ]);
}

#[test]
fn a_server_that_has_a_subject_must_not_have_critical_names() {
    fn critical(draft: &mut Draft) {
        draft.extend(oid::SUBJECT_ALT_NAME, true, &tlv(0x30, &tlv(0x82, b"a.example")));
    }
    check(&[
        ("san-critical-with-subject", "pass", |draft| draft.dns(b"a.example")),
        ("san-critical-with-subject", "violated", critical),
        ("ext-san-critical-with-subject-dn", "not in force", critical),
        ("san-critical-with-subject", "pass", |draft| {
            critical(draft);
            draft.subject = name(&[]);
        }),
        ("ext-san-critical-with-subject-dn", "violated", |draft| {
            critical(draft);
            validity(draft, b"20230914000000Z", b"20240101000000Z");
        }),
        ("san-critical-with-subject", "not in force", |draft| {
            critical(draft);
            validity(draft, b"20230914000000Z", b"20240101000000Z");
        }),
    ]);
}

#[test]
fn a_root_older_than_the_requirements_is_not_held_to_them() {
    fn old(draft: &mut Draft) {
        root(draft);
        validity(draft, b"20120630000000Z", b"20300101000000Z");
    }
    check(&[
        ("root-ca-key-usage-present", "violated", root),
        ("root-ca-key-usage-present", "not in force", old),
        ("root-ca-key-usage-must-be-critical", "not in force", |draft| {
            old(draft);
            draft.extend(oid::KEY_USAGE, false, &tlv(3, &[1, 6]));
        }),
    ]);
}

#[test]
fn addresses_that_differ_in_the_case_of_their_paths_are_two() {
    fn both(draft: &mut Draft, one: &[u8], other: &[u8]) {
        let offer = |uri: &[u8]| tlv(0x30, &[id(oid::AD_OCSP), tlv(0x86, uri)].concat());
        draft.extend(oid::AUTHORITY_INFO_ACCESS, false, &tlv(0x30, &[offer(one), offer(other)].concat()));
    }
    check(&[
        ("aia-unique-access-locations", "violated", |draft| {
            both(draft, b"http://a.example/a", b"http://a.example/a");
        }),
        ("aia-unique-access-locations", "pass", |draft| {
            both(draft, b"http://a.example/a", b"http://a.example/A");
        }),
    ]);
}

#[test]
fn a_common_name_is_looked_for_among_names_of_its_form() {
    fn with(draft: &mut Draft, common: &[u8], names: &[(u8, &[u8])]) {
        draft.attribute(oid::COMMON_NAME, 12, common);
        draft.names(oid::SUBJECT_ALT_NAME, names);
    }
    check(&[
        ("common-name-of-another-host", "pass", |draft| with(draft, b"a.example", &[(0x82, b"a.example")])),
        ("common-name-of-another-host", "pass", |draft| with(draft, b"a.example", &[(0x82, b"*.a.example")])),
        ("common-name-of-another-host", "violated", |draft| {
            with(draft, b"b.example", &[(0x82, b"*.a.example")]);
        }),
        ("common-name-of-another-host", "pass", |draft| with(draft, b"A shop", &[(0x82, b"a.example")])),
        ("common-name-of-another-host", "pass", |draft| with(draft, b"192.0.2.1", &[(0x82, b"a.example")])),
        ("common-name-of-another-host", "violated", |draft| {
            with(draft, b"192.0.2.1", &[(0x87, &[192, 0, 2, 2])]);
        }),
        ("common-name-of-another-host", "pass", |draft| {
            with(draft, b"192.0.2.1", &[(0x87, &[192, 0, 2, 1])]);
        }),
        ("common-name-of-another-host", "pass", |_| {}),
        ("common-name-of-another-host", "unknown", |draft| {
            draft.extend(oid::SUBJECT_ALT_NAME, false, &[4, 0]);
        }),
    ]);
}

/// br.ext-san-missing is about every subscriber's certificate that is for servers.
#[test]
fn certificates_that_are_for_other_things_than_servers_are_let_be() {
    fn mailbox(draft: &mut Draft) {
        draft.names(oid::SUBJECT_ALT_NAME, &[(0x81, b"ada@example.com")]);
    }
    check(&[
        ("ext-san-missing", "violated", |_| {}),
        ("ext-san-missing", "does not apply", |draft| {
            responder(draft);
            policies(draft, &[oid::CABF_OV]);
        }),
        ("ext-san-missing", "violated", |draft| {
            draft.purposes(false, &[oid::CLIENT_AUTH]);
            policies(draft, &[oid::CABF_OV]);
        }),
        // contentCommitment alone, as for signatures of people.
        ("ext-san-missing", "does not apply", |draft| draft.usage(&[6, 0x40])),
        ("ext-san-missing", "violated", |draft| draft.usage(&[7, 0x80])),
        ("ext-san-missing", "does not apply", mailbox),
        ("ext-san-missing", "pass", |draft| draft.names(oid::SUBJECT_ALT_NAME, &[(0x87, &[192, 0, 2, 1])])),
        ("ext-san-rfc822-name-present", "does not apply", mailbox),
        ("ext-san-rfc822-name-present", "violated", |draft| {
            mailbox(draft);
            policies(draft, &[oid::CABF_DV]);
        }),
        ("ca-crl-sign-not-set", "violated", |draft| {
            draft.ca();
            draft.usage(&[2, 4]);
        }),
    ]);
}

/// The last second is one of the validity (section 1.6.1, Validity Period).
#[test]
fn a_week_is_short_lived_and_a_second_more_is_not() {
    check(&[
        ("missing-crl-distrib-point", "does not apply", |draft| {
            validity(draft, b"20260315000000Z", b"20260321235959Z");
        }),
        ("missing-crl-distrib-point", "violated", |draft| {
            validity(draft, b"20260315000000Z", b"20260322000000Z");
        }),
        ("missing-crl-distrib-point", "does not apply", |draft| {
            validity(draft, b"20260314235959Z", b"20260324235958Z");
        }),
        ("missing-crl-distrib-point", "violated", |draft| {
            validity(draft, b"20260314235959Z", b"20260324235959Z");
        }),
    ]);
}
