//! What CRLs and answers say together, and how much work it is to hear them.

use rcgen::KeyPair;

use super::super::tests::{Ca, anchors, ca_params, dated, leaf_params, now as path_now, root};
use super::super::{Anchors, Budget, Question, RFC5280, validate};
use super::*;
use crate::der::{Oid, Tag, oid, write};
use crate::path::validate::validate_within;
use crate::revocation::ocsp::{CertificateIdentity, IdHash};
use crate::staged::{Authority, Draft, entry, generalized, now, reason, sequence, sign, tagged};
use crate::x509::Anatomy;
use crate::{Certificate, Span};

fn asked(leaf: &[u8], untrusted: &[Vec<u8>], anchors: Anchors, revocation: Evidence) -> Question {
    Question {
        purpose: Purpose::Any,
        partial_chain: false,
        revocation,
        ..Question::of_server(
            Certificate::parse(leaf).unwrap(),
            untrusted.iter().map(|der| Certificate::parse(der).unwrap()).collect(),
            anchors,
            now(),
        )
    }
}

/// The errors of the nearest path, in words.
fn told(question: &Question) -> String {
    let verification = validate(question);
    let errors = verification.paths[0].errors.iter();
    let errors: Vec<String> = errors.map(|error| format!("{} {}", error.certificate, error.text())).collect();
    format!("{}: {}", verification.verdict.name(), errors.join("; "))
}

const GOOD: &[u8] = &[0x80, 0];
const UNKNOWN: &[u8] = &[0x82, 0];

/// An answer about a certificate of a CA, until an instant, signed by the CA or by another whose certificate is sent along.
fn answer(
    ca: &Authority,
    about: &[u8],
    status: &[u8],
    until: crate::Time,
    by: Option<(&[u8], &KeyPair)>,
) -> Vec<u8> {
    let key = Anatomy::of(ca.der()).key.unwrap();
    let id = CertificateIdentity::of(&Anatomy::of(about), &key).unwrap().der(IdHash::Sha1);
    let next = tagged(0, &[&generalized(until)]);
    let begins = generalized(now() - Span::hours(2));
    let single = sequence(&[&id, status, &begins, &next]);
    let name = by.map_or_else(|| ca.name(), |(der, _)| Anatomy::of(der).subject.unwrap().der().to_vec());
    let tbs = sequence(&[&tagged(1, &[&name]), &begins, &sequence(&[&single])]);
    let basic = match by {
        None => ca.sign(&tbs, &[]),
        Some((der, key)) => sign(&tbs, key, &tagged(0, &[&sequence(&[der])])),
    };
    let kind = write(Tag::OID, &[oid::OCSP_BASIC.content()]);
    let bytes = sequence(&[&kind, &write(Tag::OCTET_STRING, &[&basic])]);
    sequence(&[&write(Tag::ENUMERATED, &[&[0]]), &tagged(0, &[&bytes])])
}

/// A good answer hid a CRL that revokes, and a CRL that tells nothing hid why an answer tells nothing.
#[test]
fn answers_and_crls_are_heard_together() {
    let ca = Authority::new("CA");
    let leaf = ca.certificate(1, &[]);
    let soon = now() + Span::hours(2);
    let answers = |status: &[u8], until| answer(&ca, &leaf, status, until, None);
    let ours = |entries: &[Vec<u8>]| ca.crl(&Draft::new(entries));
    let foreign = Authority::new("Other").crl(&Draft::new(&[]));
    let listed = [entry(1, &[reason(1)])];
    let table = [
        (answers(GOOD, soon), ours(&listed)),
        (answers(GOOD, soon), foreign.clone()),
        (answers(UNKNOWN, soon), ours(&[])),
        (answers(GOOD, now() - Span::hours(1)), foreign),
    ];
    let told = table.map(|(answer, crl)| {
        let revocation = Evidence { crls: vec![crl], answers: vec![answer], max_age: None };
        told(&asked(&leaf, &[], Anchors::from_ders("CA", [ca.der()]), revocation))
    });
    insta::assert_snapshot!(told.join("\n"), @"
    invalid: 0 It was revoked: at 2026-05-22T12:00:00Z, keyCompromise; must be: not revoked
    valid: 
    valid: 
    unknown: 0 Whether it was revoked cannot be told: it is out of date: nextUpdate was 2026-06-01 11:00 UTC
    ");
}

/// Of several answers that tell nothing, the first was told.
#[test]
fn the_most_telling_of_several_answers_is_told() {
    let ca = Authority::new("CA");
    let leaf = ca.certificate(1, &[]);
    let foreign = answer(&ca, &ca.certificate(2, &[]), GOOD, now() + Span::hours(2), None);
    let ended = answer(&ca, &leaf, GOOD, now() - Span::hours(1), None);
    let revocation = Evidence { answers: vec![foreign, ended], ..Evidence::default() };
    let question = asked(&leaf, &[], Anchors::from_ders("CA", [ca.der()]), revocation);
    insta::assert_snapshot!(told(&question), @"unknown: 0 Whether it was revoked cannot be told: it is out of date: nextUpdate was 2026-06-01 11:00 UTC");
}

/// Whoever steals the key of a responder can answer until its certificate ends, if nobody looks at the CRL beside the answer.
#[test]
fn a_responder_that_was_revoked_answers_nothing() {
    let ca = Authority::new("CA");
    let leaf = ca.certificate(1, &[]);
    let purpose = |more: &[(Oid<'static>, Vec<u8>)]| {
        let signing = sequence(&[&write(Tag::OID, &[oid::OCSP_SIGNING.content()])]);
        [&[(oid::EXTENDED_KEY_USAGE, signing)], more].concat()
    };
    let no_check = (oid::OCSP_NO_CHECK, write(Tag::NULL, &[]));
    let judged = |kinds: &[(Oid<'static>, Vec<u8>)], listed: u8| {
        let (der, key) = ca.issue("Responder", 9, kinds);
        let by = Some((&der[..], &key));
        let answers = vec![answer(&ca, &leaf, GOOD, now() + Span::hours(2), by)];
        // Of users' certificates only some are on this CRL: about the leaf it says nothing.
        let crl = ca.crl(&Draft::new(&[entry(listed, &[])]));
        let only_answers = Evidence { answers, crls: vec![crl], max_age: None };
        let question = asked(&leaf, &[], Anchors::from_ders("CA", [ca.der()]), only_answers);
        let nodes = search::nodes(&question);
        let ledger = Ledger::of(question.budget);
        let desk = Desk::of(&question, &nodes, &ledger);
        let asked = Asked { subject: &nodes[0].anatomy, issuer: &nodes[1], anchor: &nodes[1], signers: 2 };
        desk.by_answers(asked).unwrap()
    };
    assert_eq!(judged(&purpose(&[]), 8), Verdict::Good);
    assert_eq!(judged(&purpose(&[no_check]), 9), Verdict::Good, "its issuer wants nobody to ask");
    let revoked = Because::SignerNotAllowed("its certificate was revoked");
    assert_eq!(judged(&purpose(&[]), 9), Verdict::Unknown(revoked));
}

/// A CRL of a CA that rcgen made.
fn crl_of(ca: &Ca) -> Vec<u8> {
    let at = |days: i64| (path_now() + Span::days(days)).calendar().unwrap();
    let params = rcgen::CertificateRevocationListParams {
        this_update: at(-1),
        next_update: at(1),
        crl_number: rcgen::SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    };
    params.signed_by(ca).unwrap().der().to_vec()
}

/// Sixteen certificates of one CA took a minute: each was a signer of CRLs to be looked for, below whom others were looked for.
#[test]
fn many_certificates_of_one_ca_are_little_work() {
    let top = root("R");
    let key = KeyPair::generate().unwrap();
    let params = {
        let mut params = ca_params("M");
        dated(&mut params, -Span::days(100), Span::days(1000));
        params
    };
    let issuer = rcgen::Issuer::from_params(&params, &key);
    let same: Vec<Vec<u8>> = (0..16).map(|_| params.signed_by(&key, &top).unwrap().der().to_vec()).collect();
    let others: Vec<Ca> = (0..14).map(|_| super::super::tests::intermediate("M", &top)).collect();
    let leaf = leaf_params().signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().der().to_vec();
    let untrusted: Vec<Vec<u8>> =
        same.into_iter().chain(others.iter().map(|other| other.der().to_vec())).collect();
    let crls = std::iter::once(crl_of(&top)).chain(others.iter().map(crl_of)).collect();
    let revocation = Evidence { crls, ..Evidence::default() };
    let question = Question { at: path_now(), ..asked(&leaf, &untrusted, anchors(&[&top]), revocation) };
    let ledger = Ledger::of(question.budget);
    let profiles = [&RFC5280, &super::super::OPENSSL, &super::super::APPLE];
    let found = validate_within(&question, &profiles, &ledger);
    assert_eq!(found[0].verdict, super::super::Verdict::Unknown, "the key of these has no CRL");
    let [steps, signatures, crls] = ledger.done();
    assert!(steps < 250 && signatures <= 100 && crls <= 100, "{steps} {signatures} {crls}");
}

/// Whoever may have signed that it was revoked, and was not looked at, leaves a doubt.
#[test]
fn what_is_too_much_work_is_unknown() {
    let (old, new) = (Authority::new("CA"), Authority::new("CA"));
    let leaf = old.certificate(1, &[]);
    let crls = vec![old.crl(&Draft::new(&[])), new.crl(&Draft::new(&[]))];
    let revocation = Evidence { crls, ..Evidence::default() };
    let both = Anchors::from_ders("both", [old.der(), new.der()]);
    let question = asked(&leaf, &[], both, revocation);
    let none = Budget { signatures: 1, ..question.budget };
    insta::assert_snapshot!(told(&Question { budget: none, ..question.clone() }), @"unknown: 0 Whether it was revoked cannot be told: there are too many who may have signed the CRLs to look at them all");
    insta::assert_snapshot!(told(&question), @"valid:");
}
