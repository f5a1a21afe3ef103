//! Chains of every kind, made here with `rcgen`.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};

use super::*;
use crate::Span;

pub(super) type Ca = CertifiedIssuer<'static, KeyPair>;

const NOW: &str = "2026-11-22T00:00:00Z";

pub(super) fn now() -> Time {
    NOW.parse().unwrap()
}

pub(super) fn dated(params: &mut CertificateParams, from: Span, until: Span) {
    params.not_before = (now() + from).calendar().unwrap();
    params.not_after = (now() + until).calendar().unwrap();
}

pub(super) fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.use_authority_key_identifier_extension = true;
    dated(&mut params, -Span::days(100), Span::days(1000));
    params
}

pub(super) fn root(name: &str) -> Ca {
    CertifiedIssuer::self_signed(ca_params(name), KeyPair::generate().unwrap()).unwrap()
}

pub(super) fn intermediate(name: &str, issuer: &Ca) -> Ca {
    CertifiedIssuer::signed_by(ca_params(name), KeyPair::generate().unwrap(), issuer).unwrap()
}

pub(super) fn leaf_params() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["shop.example".into()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    dated(&mut params, -Span::days(10), Span::days(80));
    params
}

pub(super) fn leaf(issuer: &Ca) -> Vec<u8> {
    signed(leaf_params(), issuer)
}

pub(super) fn signed(params: CertificateParams, issuer: &Ca) -> Vec<u8> {
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().to_vec()
}

pub(super) fn der(ca: &Ca) -> Vec<u8> {
    ca.der().to_vec()
}

pub(super) fn anchors(roots: &[&Ca]) -> Anchors {
    Anchors::from_ders("test", roots.iter().map(|root| der(root)))
}

fn judged(chain: &[Vec<u8>], anchors: &Anchors) -> Judgement {
    judge(&Chain::read(chain).unwrap(), anchors, now())
}

fn faults(judgement: &Judgement) -> Vec<(usize, Fault)> {
    judgement.problems.iter().map(|problem| (problem.step, problem.fault.clone())).collect()
}

#[test]
fn a_complete_chain_is_trusted_and_its_path_told() {
    let (top, middle) = {
        let top = root("R");
        let middle = intermediate("I", &top);
        (top, middle)
    };
    let judgement = judged(&[leaf(&middle), der(&middle)], &anchors(&[&top]));
    assert!(judgement.is_trusted() && judgement.is_complete());
    let names: Vec<String> = judgement.path.iter().map(|step| step.certificate.shown_name()).collect();
    assert_eq!(names, ["shop.example", "I", "R"]);
    assert_eq!(judgement.path.iter().map(|step| step.sent).collect::<Vec<_>>(), [Some(0), Some(1), None]);
    assert!(judgement.notes.is_empty());
}

#[test]
fn missing_intermediate_untrusted_root_and_self_signed_are_three_things() {
    let top = root("R");
    let middle = intermediate("I", &top);
    let chain = [leaf(&middle), der(&middle)];
    assert_eq!(faults(&judged(&chain[..1], &anchors(&[&top]))), [(0, Fault::IssuerMissing)]);

    let stranger = anchors(&[&root("other")]);
    assert_eq!(faults(&judged(&chain, &stranger)), [(1, Fault::UntrustedRoot)]);
    let with_root = [chain[0].clone(), chain[1].clone(), der(&top)];
    assert_eq!(faults(&judged(&with_root, &stranger)), [(2, Fault::UntrustedRoot)]);

    let own = leaf_params().self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
    assert_eq!(faults(&judged(std::slice::from_ref(&own), &stranger)), [(0, Fault::SelfSigned)]);
    let trusted = Anchors::from_ders("itself", [own.clone()]);
    assert!(judged(&[own], &trusted).is_trusted(), "a self-signed certificate that somebody chose to trust");
}

#[test]
fn a_second_intermediate_that_is_missing_ends_at_the_first() {
    let top = root("R");
    let upper = intermediate("U", &top);
    let lower = intermediate("L", &upper);
    let judgement = judged(&[leaf(&lower), der(&lower)], &anchors(&[&top]));
    assert_eq!(faults(&judgement), [(1, Fault::UntrustedRoot)]);
    assert_eq!(judgement.path[1].certificate.issuer_name(), "U");
}

#[test]
fn order_extras_duplicates_and_roots_are_noted_and_forgiven() {
    let top = root("R");
    let upper = intermediate("U", &top);
    let lower = intermediate("L", &upper);
    let stray = intermediate("S", &top);
    let one = leaf(&lower);
    let chain = [one.clone(), der(&upper), der(&lower), der(&stray), der(&top), der(&upper), vec![1, 2]];
    let judgement = judged(&chain, &anchors(&[&top]));
    assert!(judgement.is_trusted());
    assert_eq!(
        judgement.notes,
        [Note::Unreadable(6), Note::Misordered(1), Note::Unneeded(3), Note::RootSent(4), Note::Duplicate(5),]
    );
}

#[test]
fn a_broken_signature_is_not_a_missing_issuer() {
    let top = root("R");
    let middle = intermediate("I", &top);
    let mut forged = leaf(&middle);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(faults(&judged(&[forged, der(&middle)], &anchors(&[&top]))), [(0, Fault::BadSignature)]);
}

#[test]
fn a_namesake_with_another_key_is_not_held_to_have_signed() {
    let (one, two) = (root("R"), root("R"));
    let middle = intermediate("I", &one);
    let judgement = judged(&[leaf(&middle), der(&middle)], &anchors(&[&two]));
    assert_eq!(faults(&judgement), [(1, Fault::UntrustedRoot)]);
    assert!(judged(&[leaf(&middle), der(&middle)], &anchors(&[&two, &one])).is_trusted());
}

#[test]
fn the_link_that_is_out_of_date_is_named() {
    let top = root("R");
    let mut params = ca_params("I");
    dated(&mut params, -Span::days(50), -Span::days(1));
    let expired = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &top).unwrap();
    let chain = [leaf(&expired), der(&expired)];
    let judgement = judged(&chain, &anchors(&[&top]));
    assert_eq!(faults(&judgement), [(1, Fault::Expired)]);
    assert!(judgement.is_complete());

    let mut params = leaf_params();
    dated(&mut params, Span::days(1), Span::days(90));
    let middle = intermediate("I", &top);
    let early = [signed(params, &middle), der(&middle)];
    assert_eq!(faults(&judged(&early, &anchors(&[&top]))), [(0, Fault::NotYetValid)]);
}

#[test]
fn of_two_paths_the_one_that_lasts_is_taken() {
    // The cross-sign cliff of 2021: the intermediate's root is trusted, and was also cross-signed by an expired one.
    let (new, old) = (root("new"), {
        let mut params = ca_params("old");
        dated(&mut params, -Span::days(100), -Span::days(1));
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    });
    let middle = intermediate("I", &new);
    let cross = ca_params("new").signed_by(new.key(), &old).unwrap().der().to_vec();
    let chain = [leaf(&middle), der(&middle), cross];
    let judgement = judged(&chain, &anchors(&[&new, &old]));
    assert!(judgement.is_trusted(), "{judgement:?}");
    assert_eq!(judgement.notes, [Note::Unneeded(2)]);
    assert_eq!(faults(&judged(&chain, &anchors(&[&old]))), [(3, Fault::Expired)]);
}

#[test]
fn constraints_are_named() {
    let top = root("R");
    let mut purpose = leaf_params();
    purpose.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let mut ca = leaf_params();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let mut narrow = ca_params("narrow");
    narrow.name_constraints = Some(rcgen::NameConstraints {
        permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("other.example".into())],
        excluded_subtrees: vec![],
    });
    let narrow = CertifiedIssuer::signed_by(narrow, KeyPair::generate().unwrap(), &top).unwrap();
    let mut no_ca = ca_params("no CA");
    no_ca.is_ca = IsCa::ExplicitNoCa;
    let no_ca = CertifiedIssuer::signed_by(no_ca, KeyPair::generate().unwrap(), &top).unwrap();
    let table = [
        (vec![signed(purpose, &top)], (0, Constraint::Purpose)),
        (vec![signed(ca, &top)], (0, Constraint::CaAsLeaf)),
        (vec![leaf(&narrow), der(&narrow)], (0, Constraint::Name)),
        (vec![leaf(&no_ca), der(&no_ca)], (1, Constraint::NotCa)),
    ];
    for (chain, (step, constraint)) in table {
        assert_eq!(faults(&judged(&chain, &anchors(&[&top]))), [(step, Fault::Refused(constraint))]);
    }
}

#[test]
fn a_judgement_holds_until_the_next_date() {
    let top = root("R");
    let chain = Chain::read(&[leaf(&top)]).unwrap();
    let anchors = anchors(&[&top]);
    let judgement = judge(&chain, &anchors, now());
    let edge = now() + Span::days(80) + Span::seconds(1);
    assert_eq!((judgement.holds_from, judgement.holds_until), (now() - Span::days(10), edge));
    assert!(judge(&chain, &anchors, edge - Span::millis(1)).is_trusted());
    assert_eq!(faults(&judge(&chain, &anchors, edge)), [(0, Fault::Expired)]);
    assert!(!judgement.holds_at(edge));
}

#[test]
fn many_cas_of_one_name_stay_within_the_budget() {
    let top = root("R");
    let layer: Vec<Ca> = (0..20)
        .map(|_| {
            let mut params = ca_params("same");
            params.use_authority_key_identifier_extension = false;
            CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &top).unwrap()
        })
        .collect();
    let mut chain = vec![leaf(&layer[0])];
    chain.extend(layer.iter().map(der));
    assert!(judged(&chain, &anchors(&[&top])).is_trusted());
    assert!(!judged(&chain, &anchors(&[&root("other")])).is_trusted());
}

#[test]
fn cas_that_certify_one_another_in_circles_are_left_after_a_while() {
    let keys: Vec<KeyPair> = (0..4).map(|_| KeyPair::generate().unwrap()).collect();
    let mut params = ca_params("same");
    params.use_authority_key_identifier_extension = false;
    let issuer = |key| rcgen::Issuer::from_params(&params, key);
    let mut chain = Vec::new();
    let subject = KeyPair::generate().unwrap();
    chain.push(leaf_params().signed_by(&subject, &issuer(&keys[0])).unwrap().der().to_vec());
    // Every key certifies every other one, under one name: 4 * 3 certificates, each with three issuers above it.
    for (number, key) in keys.iter().enumerate() {
        for other in keys.iter().skip(number + 1).chain(&keys[..number]) {
            chain.push(params.signed_by(key, &issuer(other)).unwrap().der().to_vec());
        }
    }
    let judgement = judged(&chain, &anchors(&[&root("other")]));
    assert_eq!(judgement.problems.last().unwrap().fault, Fault::Refused(Constraint::TooDeep));
}

#[test]
fn no_leaf_no_chain() {
    assert_eq!(Chain::read::<Vec<u8>>(&[]).unwrap_err(), ChainReadError::Empty);
    assert!(matches!(Chain::read(&[vec![0x30, 0]]).unwrap_err(), ChainReadError::Leaf(_)));
}

#[test]
fn a_heap_is_put_into_the_order_of_a_chain() {
    let top = root("Root");
    let middle = intermediate("Middle", &top);
    let stranger = root("Stranger");
    let read = |der: &[u8]| Certificate::parse(der).unwrap();
    let server = read(&leaf(&middle));
    let heap = [read(&der(&top)), read(&der(&stranger)), read(&der(&middle)), server.clone()];
    assert_eq!(order(&server, &heap), [server.clone(), heap[2].clone(), heap[0].clone()]);
    assert_eq!(order(&heap[1], &heap), [heap[1].clone()]);
    assert_eq!(leaves(&heap), [&heap[1], &server]);
    // A namesake that did not sign is none of the chain.
    let namesake = read(&der(&intermediate("Middle", &stranger)));
    assert_eq!(order(&server, &[namesake]).len(), 1);
}

#[test]
fn the_terms_of_a_programme_bind_what_its_profile_honours() {
    let top = root("R");
    let leaf = leaf(&top);
    let begins = now() - Span::days(10);
    let dated = |by, after| Terms { distrust: Some(Distrust { after, by }), ..Terms::default() };
    let hosts = |host: &str| Terms { hosts: vec![host.to_owned()], ..Terms::default() };
    let told = |terms: Terms, profile: &'static Profile| {
        let anchors = anchors(&[&top]).with_terms(|_| Some(terms.clone()));
        let chain = Chain::read(std::slice::from_ref(&leaf)).unwrap();
        let verification = validate(&Question { profile, ..super::judge::question(&chain, &anchors, now()) });
        let errors = verification.paths[0].errors.iter();
        errors.map(|error| format!("{} {}", error.certificate, error.text())).collect::<Vec<_>>().join("; ")
    };
    // Day 0, and a second later; without promises of logs, the CA's own word counts.
    for by in [Dated::Issued, Dated::Logged] {
        assert_eq!(told(dated(by, begins), &RFC5280), "");
        insta::allow_duplicates! {
            insta::assert_snapshot!(told(dated(by, begins - Span::seconds(1)), &CHROME), @"0 The anchor is not trusted for it: issued 2026-11-12 00:00 UTC; must be: by 2026-11-11 23:59 UTC under R");
        }
        assert_eq!(told(dated(by, begins - Span::seconds(1)), &OPENSSL), "");
    }
    assert_eq!(told(hosts("example"), &FIREFOX), "");
    insta::assert_snapshot!(told(hosts("tr"), &FIREFOX), @"0 The anchor is not trusted for it: shop.example; must be: below tr under R");
    // Whoever wrote settings meant them, whatever the profile.
    let mail = Terms {
        trusted: Some(vec![crate::der::oid::EMAIL_PROTECTION.content().to_vec()]),
        ..Terms::default()
    };
    insta::assert_snapshot!(told(mail, &OPENSSL), @"1 The anchor is not trusted for it: its settings do not trust it for server");
    let judgement = {
        let anchors = anchors(&[&top]).with_terms(|_| Some(hosts("tr")));
        judged(std::slice::from_ref(&leaf), &anchors)
    };
    assert!(matches!(&faults(&judgement)[..], [(0, Fault::Refused(Constraint::Other(_)))]), "{judgement:?}");
}

#[test]
fn sets_that_judge_otherwise_have_another_identity() {
    let top = root("R");
    let free = anchors(&[&top]);
    let bound = free.with_terms(|_| Some(Terms { hosts: vec!["tr".to_owned()], ..Terms::default() }));
    assert_ne!(free.identity(), bound.identity());
    assert_eq!(free.identity(), free.with_terms(|_| None).identity());
}
