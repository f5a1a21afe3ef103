//! Horizons, each held against the judgement of its last second and of the next.

use rcgen::{CertifiedIssuer, KeyPair};

use super::super::tests::{Ca, anchors, ca_params, dated, der, intermediate, leaf_params, now, root, signed};
use super::super::{Anchors, Chain, Verdict, judge::question, validate};
use super::*;

/// A CA that begins a hundred days ago, and ends so many days from now.
fn until(name: &str, days: i64, issuer: Option<&Ca>) -> Ca {
    let mut params = ca_params(name);
    dated(&mut params, -Span::days(100), Span::days(days));
    let key = KeyPair::generate().unwrap();
    match issuer {
        Some(issuer) => CertifiedIssuer::signed_by(params, key, issuer).unwrap(),
        None => CertifiedIssuer::self_signed(params, key).unwrap(),
    }
}

/// The key of one CA under another.
fn cross(ca: &Ca, name: &str, days: i64, issuer: &Ca) -> Vec<u8> {
    let mut params = ca_params(name);
    dated(&mut params, -Span::days(100), Span::days(days));
    params.signed_by(ca.key(), issuer).unwrap().der().to_vec()
}

fn leaf_until(days: i64, issuer: &Ca) -> Vec<u8> {
    let mut params = leaf_params();
    dated(&mut params, -Span::days(10), Span::days(days));
    signed(params, issuer)
}

/// The horizon, and that it is one.
fn seen(chain: &[Vec<u8>], anchors: &Anchors) -> Option<Horizon> {
    let chain = Chain::read(chain).unwrap();
    let at = |instant| question(&chain, anchors, instant);
    let verdict = |instant| validate(&at(instant)).verdict;
    let found = horizon(&at(now()), &validate(&at(now())));
    match &found {
        None => assert_ne!(verdict(now()), Verdict::Valid),
        Some(found) => {
            assert_eq!(verdict(found.until), Verdict::Valid);
            assert_ne!(verdict(found.until + Span::seconds(1)), Verdict::Valid);
        }
    }
    found
}

fn told(found: &Horizon) -> (i64, String) {
    (found.until.since(now()).as_seconds() / 86_400, found.ending.told())
}

#[test]
fn whatever_ends_first_ends_the_path() {
    let table = [
        (80, 200, 300, (80, "the certificate itself")),
        (80, 40, 300, (40, "the intermediate I")),
        (80, 90, 60, (60, "the root R")),
        // They end together: the leaf is renewed anyway.
        (80, 80, 80, (80, "the certificate itself")),
        // Day 0: its last second is now.
        (0, 90, 90, (0, "the certificate itself")),
    ];
    for (leaf, middle, top, (days, by)) in table {
        let top = until("R", top, None);
        let middle = until("I", middle, Some(&top));
        let found = seen(&[leaf_until(leaf, &middle), der(&middle)], &anchors(&[&top])).unwrap();
        assert_eq!(told(&found), (days, by.to_owned()));
        assert_eq!(found.cliffs, []);
    }
}

#[test]
fn what_is_not_usable_now_has_no_horizon() {
    let top = root("R");
    let middle = intermediate("I", &top);
    let chain = |days| [leaf_until(days, &middle), der(&middle)];
    assert_eq!(seen(&chain(-1), &anchors(&[&top])), None, "day -1");
    assert_eq!(seen(&chain(9), &anchors(&[&root("other")])), None);
}

#[test]
fn a_path_that_ends_before_the_last_is_a_cliff() {
    let (new, old) = (until("new", 900, None), until("old", 900, None));
    let middle = until("I", 400, Some(&new));
    let chain = [leaf_until(80, &middle), der(&middle), cross(&new, "new", 30, &old)];
    let found = seen(&chain, &anchors(&[&new, &old])).unwrap();
    assert_eq!(told(&found), (80, "the certificate itself".to_owned()));
    let [cliff] = &found.cliffs[..] else { panic!("{:?}", found.cliffs) };
    assert_eq!(cliff.until, now() + Span::days(30));
    assert_eq!(
        (cliff.ending.role, cliff.ending.told().as_str()),
        (Role::CrossSign, "the cross-sign of new by old")
    );
    assert_eq!((cliff.anchor.shown_name(), cliff.then.shown_name()), ("old".to_owned(), "new".to_owned()));
    // Who does not know the new root ends with the cross-sign, and nobody can tell that it is one.
    let found = seen(&chain, &anchors(&[&old])).unwrap();
    assert_eq!(told(&found), (30, "the intermediate new".to_owned()));
}

#[test]
fn one_path_takes_over_from_another_where_they_meet() {
    let (new, old) = (root("new"), root("old"));
    let middle = intermediate("I", &new);
    let later = |from: i64| {
        let mut params = ca_params("new");
        dated(&mut params, Span::days(from), Span::days(300));
        params.signed_by(new.key(), &old).unwrap().der().to_vec()
    };
    let chain = |from| [leaf_until(80, &middle), der(&middle), cross(&new, "new", 30, &old), later(from)];
    assert_eq!(told(&seen(&chain(20), &anchors(&[&old])).unwrap()).0, 80);
    assert_eq!(told(&seen(&chain(40), &anchors(&[&old])).unwrap()).0, 30, "ten days without a path");
}
