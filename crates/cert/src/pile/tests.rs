use super::*;
use crate::der::{Tag, oid, write};
use crate::staged::{Authority, now};

fn certificate(file: &str, der: &[u8]) -> Thing {
    Thing { file: file.to_owned(), what: What::Certificate(Certificate::parse(der).unwrap()) }
}

fn key(spki: Option<Vec<u8>>) -> Thing {
    let is_sealed = spki.is_none();
    Thing { file: "key.pem".to_owned(), what: What::Key { spki, is_sealed } }
}

fn issued(ca: &Authority, name: &str) -> (Vec<u8>, Vec<u8>) {
    let place = write(
        Tag::SEQUENCE,
        &[
            &write(Tag::OID, &[oid::AD_CA_ISSUERS.content()]),
            &write(Tag::context(6), &[b"http://ca.example/ca.crt"]),
        ],
    );
    let access = write(Tag::SEQUENCE, &[&place]);
    let (der, key) = ca.issue(name, 9, &[(oid::AUTHORITY_INFO_ACCESS, access)]);
    (der, rcgen::PublicKeyData::subject_public_key_info(&key))
}

fn intermediate(ca: &Authority) -> Vec<u8> {
    ca.certificate(2, &[(oid::BASIC_CONSTRAINTS, vec![0x30, 3, 1, 1, 0xff])])
}

fn none() -> Anchors {
    Anchors::from_ders("none", Vec::<Vec<u8>>::new())
}

#[test]
fn what_belongs_together_is_found() {
    let (ca, other) = (Authority::new("CA"), Authority::new("Other"));
    let (leaf, spki) = issued(&ca, "shop");
    let things = [
        key(Some(issued(&other, "stranger").1)),
        certificate("chain.pem", ca.der()),
        certificate("chain.pem", other.der()),
        key(Some(spki.clone())),
        certificate("cert.pem", &leaf),
        certificate("copy.pem", &leaf),
        Thing { file: "shop.csr".to_owned(), what: What::Request { spki } },
        key(None),
    ];
    let pile = sort(&things, &Anchors::from_ders("CA", [ca.der()]), now());
    assert_eq!(pile.sets.len(), 1);
    let set = &pile.sets[0];
    assert_eq!((set.leaf, &set.keys[..], &set.requests[..]), (4, &[3][..], &[6][..]));
    let order: Vec<_> = set.chain.links.iter().map(|link| link.place).collect();
    assert_eq!((order, set.chain.root, set.chain.end.as_str()), (vec![Some(4)], Some(1), "CA"));
    assert_eq!((&set.chain.lack, &set.chain.problems), (&None, &Vec::new()));
    assert_eq!((pile.unneeded, pile.roots, pile.duplicates), (vec![2], vec![1], vec![(5, 4)]));
    assert_eq!((pile.lonely_keys, pile.untold_keys), (vec![0], vec![7]));
}

#[test]
fn what_a_chain_lacks_is_told() {
    let ca = Authority::new("CA");
    let (leaf, _) = issued(&ca, "shop");
    let lack = |things: &[Thing]| sort(things, &none(), now()).sets[0].chain.lack.clone();
    let issuer = Lack::Issuer { name: "CA".to_owned(), urls: vec!["http://ca.example/ca.crt".to_owned()] };
    assert_eq!(lack(&[certificate("cert.pem", &leaf)]), Some(issuer.clone()));
    assert_eq!(
        lack(&[certificate("cert.pem", &leaf), certificate("ca.pem", ca.der())]),
        Some(Lack::UnknownRoot)
    );
    assert_eq!(lack(&[certificate("ca.pem", ca.der())]), Some(Lack::SelfSigned));
    // An intermediate whose issuer is not here: perhaps a root.
    assert!(
        matches!(lack(&[certificate("ca.pem", &intermediate(&ca))]), Some(Lack::IssuerOrRoot { name, .. }) if name == "CA")
    );
    // A namesake with another key.
    let namesake = Authority::new("CA");
    let wrong = lack(&[certificate("cert.pem", &leaf), certificate("ca.pem", namesake.der())]);
    assert!([Some(issuer), Some(Lack::WrongSignature)].contains(&wrong), "{wrong:?}");
}

#[test]
fn what_has_ended_is_told() {
    let ca = Authority::new("CA");
    let (leaf, _) = ca.issue_until(now() - crate::Span::days(1), "shop", 9, &[]);
    let pile = sort(&[certificate("cert.pem", &leaf)], &Anchors::from_ders("CA", [ca.der()]), now());
    let chain = &pile.sets[0].chain;
    assert_eq!((chain.lack.clone(), chain.links.len(), chain.problems.len()), (None, 1, 1), "{chain:?}");
}

/// Every leaf was judged with all other certificates of the pile beside it: a thousand took minutes.
#[test]
fn a_leaf_is_judged_with_those_above_it_alone() {
    let cas: Vec<Authority> = ["One", "Two", "Three"].map(Authority::new).into();
    let leaves = cas.iter().map(|ca| issued(ca, "shop").0);
    let ders: Vec<Vec<u8>> = cas.iter().map(|ca| ca.der().to_vec()).chain(leaves).collect();
    let certificates: Vec<Certificate> = ders.iter().map(|der| Certificate::parse(der).unwrap()).collect();
    let numbered: Vec<(usize, &Certificate)> = certificates.iter().enumerate().collect();
    let index = Index::of(&numbered);
    for (place, ca) in certificates.iter().enumerate().take(3) {
        assert_eq!(index.above(place + 3), [ca]);
        assert_eq!(index.above(place), Vec::<&Certificate>::new());
    }
    let namesakes: Vec<Certificate> =
        (0..150).map(|_| Certificate::parse(Authority::new("One").der()).unwrap()).collect();
    let numbered: Vec<(usize, &Certificate)> =
        [&certificates[3]].into_iter().chain(&namesakes).enumerate().collect();
    assert_eq!(Index::of(&numbered).above(0).len(), 100);
}

#[test]
fn an_empty_pile_is_in_order() {
    let pile = sort(&[], &none(), now());
    assert!(pile.sets.is_empty() && pile.unneeded.is_empty());
}
