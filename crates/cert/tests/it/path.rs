//! Paths through certificates that today's makers refuse to make.

use notafter_cert::path::{Anchors, Chain, Constraint, Fault, Judgement, judge};
use notafter_cert::{Certificate, Span};

use crate::fixture;

fn judged(leaf: &str, root: &str) -> Judgement {
    let leaf = fixture(leaf);
    let anchors = Anchors::from_ders(root, [fixture(root).der()]);
    judge(&Chain::read(&[leaf.der()]).unwrap(), &anchors, leaf.not_before() + Span::days(1))
}

fn faults(judgement: &Judgement) -> Vec<Fault> {
    judgement.problems.iter().map(|problem| problem.fault.clone()).collect()
}

#[test]
fn keys_of_every_kind_are_certified() {
    for leaf in ["rsa-1024", "rsa-2050", "rsa-e3", "secp256k1", "p521", "ed25519", "everything"] {
        let judgement = judged(leaf, "ca");
        assert!(judgement.is_trusted(), "{leaf}: {:?}", judgement.problems);
    }
}

#[test]
fn a_signature_with_sha1_hangs_together_and_is_refused() {
    let judgement = judged("sha1", "ca");
    assert!(judgement.is_complete());
    assert_eq!(faults(&judgement), [Fault::Refused(Constraint::Signature)]);
}

#[test]
fn a_signature_that_nobody_can_check_is_unknown_and_not_wrong() {
    assert_eq!(faults(&judged("md5", "ca")), [Fault::UnknownSignature]);
}

#[test]
fn a_ca_with_1024_bits_is_followed_and_refused() {
    let judgement = judged("under-weak-ca", "weak-ca");
    assert!(judgement.is_complete());
    assert_eq!(faults(&judgement), [Fault::Refused(Constraint::Signature)]);
    assert!(judgement.path[1].certificate.key().weakness().is_some());
}

#[test]
fn another_ca_of_the_same_name_is_not_blamed() {
    assert_eq!(faults(&judged("under-weak-ca", "ca")), [Fault::IssuerMissing]);
}

#[test]
fn a_certificate_of_version_1_is_refused_as_a_leaf() {
    let judgement = judged("version-1", "ca");
    assert!(!judgement.is_trusted() && judgement.is_complete(), "{:?}", judgement.problems);
}

#[test]
fn a_root_of_mozilla_judges_itself_as_far_as_it_lasts() {
    for der in Anchors::mozilla().ders() {
        let root = Certificate::parse(der).unwrap();
        let judgement = judge(
            &Chain::read(&[root.der()]).unwrap(),
            &Anchors::mozilla(),
            root.not_before() + Span::days(1),
        );
        assert!(judgement.is_trusted(), "{root:?}");
    }
}
