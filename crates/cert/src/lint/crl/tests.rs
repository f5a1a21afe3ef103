//! Each lint with a CRL that pleases it and one that does not.

use super::super::{Outcome, Verdict, of_crls};
use crate::der::{Tag, oid, write};
use crate::staged::{
    Authority, Draft, directory, entry, extension, generalized, integer, now, number, reason, sequence,
};
use crate::x509::CrlAnatomy;
use crate::{Span, Time};

/// `pass`, `-` where it does not apply or is not in force, `?`, or what was found.
fn said(crl: &[u8], id: &str) -> String {
    let crl = CrlAnatomy::of(crl);
    let lint = of_crls().find(|lint| lint.meta.id == id).unwrap_or_else(|| panic!("{id}"));
    match lint.run(&crl) {
        Outcome::NotApplicable | Outcome::NotEffective => "-".to_owned(),
        Outcome::Judged(Verdict::Pass) => "pass".to_owned(),
        Outcome::Judged(Verdict::Unknown(why)) => format!("? {why}"),
        Outcome::Judged(Verdict::Violated(found)) => found,
    }
}

fn key_id(more: &[&[u8]]) -> Vec<u8> {
    let id = write(Tag::context(0), &[&[1; 20]]);
    extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &sequence(&[&id, &more.concat()]))
}

fn good(entries: &[Vec<u8>]) -> Draft {
    Draft::new(entries).with(key_id(&[])).with(number(1))
}

#[test]
fn a_crl_as_it_should_be_pleases_every_lint() {
    let ca = Authority::new("CA");
    let crl = ca.crl(&good(&[entry(1, &[reason(1)]), entry(2, &[])]));
    for lint in of_crls() {
        let said = said(&crl, lint.meta.id);
        assert!(said == "pass" || said == "-", "{}: {said}", lint.meta.id);
    }
}

/// A draft, a lint, and what it says.
type Row = (Draft, &'static str, &'static str);

fn check(table: Vec<Row>) {
    let ca = Authority::new("CA");
    for (draft, id, expected) in table {
        let found = said(&ca.crl(&draft), id);
        let same = found == expected || (expected == "? " && found.starts_with("? "));
        assert!(same, "{id}: {found}, expected {expected}");
    }
}

#[test]
fn what_the_rfc_asks_is_found() {
    check(vec![
        (Draft { next_update: None, ..good(&[]) }, "crl.has-next-update", "it has no nextUpdate"),
        (
            Draft { entries: Some(Vec::new()), ..good(&[]) },
            "crl.empty-revoked-certificates",
            "its list of revoked certificates is empty",
        ),
        (
            Draft { entries: Some(Vec::new()), ..good(&[]) },
            "crl.revoked-certificates-field-must-be-empty",
            "revokedCertificates is there, without an entry",
        ),
        (good(&[entry(1, &[])]), "crl.revoked-certificates-field-must-be-empty", "-"),
        (
            Draft { this_update: now() - Span::days(11), ..good(&[entry(1, &[])]) },
            "crl.revocation-time-after-this-update",
            "1 was revoked at 2026-05-22T12:00:00Z",
        ),
        (Draft::new(&[]), "crl.has-authority-key-identifier", "it has no authorityKeyIdentifier"),
        (Draft::new(&[]), "crl.missing-crl-number", "it has no cRLNumber"),
        (good(&[entry(1, &[reason(7)])]), "crl.has-valid-reason-code", "1 has reason 7"),
        (good(&[entry(1, &[reason(0)])]), "crl.has-valid-reason-code", "pass"),
        (good(&[entry(1, &[reason(0)])]), "crl.has-valid-reason-code-warning", "1 has reason 0"),
        (good(&[entry(1, &[reason(2)])]), "crl.has-valid-reason-code", "pass"),
    ]);
}

#[test]
fn what_others_ask_is_found() {
    let twice = |extension: Vec<u8>| vec![extension.clone(), extension];
    let critical = extension(oid::REASON_CODE, true, &write(Tag::ENUMERATED, &[&[1]]));
    let negative = extension(oid::CRL_NUMBER, false, &write(Tag::INTEGER, &[&[0xff]]));
    let huge = extension(oid::CRL_NUMBER, false, &write(Tag::INTEGER, &[&[0, 0x80], &[0; 19]]));
    let serial = write(Tag::context(2), &[&[5]]);
    let issuer = write(Tag::context_constructed(1), &[&directory(&sequence(&[]))]);
    check(vec![
        (Draft::new(&[]), "crl.number-out-of-range", "it has no number"),
        (Draft::new(&[]).with(negative), "crl.number-out-of-range", "it is -1"),
        (
            Draft::new(&[]).with(huge),
            "crl.number-out-of-range",
            "it is 0x008000000000000000000000000000000000000000",
        ),
        (good(&[entry(1, &[reason(2)])]), "crl.cab-has-valid-reason-code", "1 has reason 2"),
        (good(&[entry(1, &[reason(0)])]), "crl.cab-has-valid-reason-code", "1 has reason 0"),
        (good(&[entry(1, &[critical])]), "crl.cab-reason-code-not-critical", "that of 1 is"),
        (
            Draft::new(&[]).with(key_id(&[&issuer, &serial])),
            "crl.auth-key-id-only-contains-keyid",
            "it has authorityCertIssuer or authorityCertSerialNumber",
        ),
        (
            Draft::new(&[]).with(extension(oid::CRL_NUMBER, true, &integer(1))),
            "crl.extensions-validity",
            "cRLNumber is critical",
        ),
        (
            Draft::new(&[]).with(extension(oid::FRESHEST_CRL, false, &sequence(&[]))),
            "crl.extensions-validity-warning",
            "it has freshestCRL",
        ),
        (good(&[]).with(number(1)), "crl.no-duplicate-extensions", "it has cRLNumber twice"),
        (
            good(&[entry(1, &twice(reason(1)))]),
            "crl.revoked-certificate-crl-entry-has-no-duplicate-extensions",
            "1 has reasonCode twice",
        ),
        (good(&[entry(1, &[]), entry(1, &[])]), "crl.unique-revoked-certificate", "1 is on it twice"),
        (
            good(&[sequence(&[&integer(1), &generalized(Time::from_unix_seconds(0))])]),
            "crl.revocation-date-too-early",
            "1 was revoked at 1970-01-01T00:00:00Z",
        ),
        (good(&[sequence(&[&integer(1)])]), "crl.revocation-date-too-early", "? "),
    ]);
}

#[test]
fn how_long_a_crl_counts_depends_on_whom_it_is_for() {
    let ca = Authority::new("CA");
    let only = |number: u32| write(Tag::context(number), &[&[0xff]]);
    let of = |days: i64| Draft { next_update: Some(now() - Span::days(1) + Span::days(days)), ..good(&[]) };
    let table = [
        (of(10), "pass"),
        (of(11), "? the next comes 11 d later, and it does not say whether it is for CAs alone"),
        (of(11).at(&[&only(1)]), "the next comes 11 d later"),
        (of(365).at(&[&only(2)]), "pass"),
        (of(366).at(&[&only(2)]), "the next comes 366 d later"),
        (of(400), "the next comes 400 d later"),
        (Draft { next_update: None, ..good(&[]) }, "-"),
    ];
    for (draft, expected) in table {
        assert_eq!(said(&ca.crl(&draft), "crl.next-update-invalid"), expected);
    }
}
