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

/// What is asked of a chain under one anchor, the leaf first.
fn asked(chain: &[Vec<u8>], top: &Ca) -> Question {
    super::judge::question(&Chain::read(chain).unwrap(), &anchors(&[top]), now())
}

/// The verdict, and the errors of the nearest path.
fn told(question: &Question) -> String {
    let verification = validate(question);
    let errors = verification.paths.first().into_iter().flat_map(|path| &path.errors);
    let errors: Vec<String> =
        errors.map(|error| format!("{} {} {}", error.certificate, error.rule.code, error.text())).collect();
    format!("{} {}", verification.verdict.name(), errors.join("; ")).trim_end().to_owned()
}

fn custom(params: &mut CertificateParams, kind: crate::der::Oid<'_>, is_critical: bool, content: Vec<u8>) {
    let arcs: Vec<u64> = kind.to_string().split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut extension = rcgen::CustomExtension::from_oid_content(&arcs, content);
    extension.set_criticality(is_critical);
    params.custom_extensions.push(extension);
}

fn dns(name: impl Into<String>) -> rcgen::GeneralSubtree {
    rcgen::GeneralSubtree::DnsName(name.into())
}

fn constrained(
    name: &str,
    permitted: Vec<rcgen::GeneralSubtree>,
    excluded: Vec<rcgen::GeneralSubtree>,
    top: &Ca,
) -> Ca {
    let mut params = ca_params(name);
    params.name_constraints =
        Some(rcgen::NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded });
    CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), top).unwrap()
}

fn leaf_of(names: impl Iterator<Item = String>) -> CertificateParams {
    let mut params = CertificateParams::new(names.collect::<Vec<_>>()).unwrap();
    params.use_authority_key_identifier_extension = true;
    dated(&mut params, -Span::days(10), Span::days(80));
    params
}

/// That the budget had ended was told as a name that the CA may not certify.
#[test]
fn names_that_are_too_many_to_compare_are_a_doubt() {
    let top = root("R");
    let names = || (0..400).map(|number| format!("d{number}.example"));
    let permitted = names().map(dns).collect();
    let middle = constrained("I", permitted, Vec::new(), &top);
    let chain = [signed(leaf_of(names().map(|name| format!("www.{name}"))), &middle), der(&middle)];
    let within = |name_comparisons| {
        let question = asked(&chain, &top);
        told(&Question { budget: Budget { name_comparisons, ..question.budget }, ..question })
    };
    assert_eq!(within(Budget::default().name_comparisons), "valid");
    insta::assert_snapshot!(within(50_000), @"unknown 0 path.too-many-names There are too many names and constraints to compare: not all were compared with those of I");
}

/// Three of them spent what the valid path needed.
#[test]
fn junk_certificates_take_no_comparisons_from_a_valid_path() {
    let top = root("R");
    let good = constrained("I", vec![dns("example")], Vec::new(), &top);
    let names = || (0..300).map(|number| format!("h{number}.example"));
    let junk = |number: usize| {
        let mut params = ca_params("I");
        let excluded = (0..300).map(|name| dns(format!("b{name}-{number}.org"))).collect();
        params.name_constraints =
            Some(rcgen::NameConstraints { permitted_subtrees: Vec::new(), excluded_subtrees: excluded });
        dated(&mut params, -Span::days(100), Span::days(2000));
        params.signed_by(good.key(), &top).unwrap().der().to_vec()
    };
    let mut chain = vec![signed(leaf_of(names()), &good)];
    chain.extend((0..3).map(junk));
    chain.push(der(&good));
    let question = asked(&chain, &top);
    let budget = Budget { name_comparisons: 4 * 300, ..question.budget };
    assert_eq!(told(&Question { budget, ..question }), "valid");
}

#[test]
fn what_a_constraint_wants_is_told_in_words() {
    let top = root("R");
    let told = |permitted, excluded, name: &str| {
        let middle = constrained("I", permitted, excluded, &top);
        told(&Question {
            profile: &RFC5280,
            ..asked(&[signed(leaf_of(std::iter::once(name.to_owned())), &middle), der(&middle)], &top)
        })
    };
    let anybody = rcgen::GeneralSubtree::DirectoryName(rcgen::DistinguishedName::new());
    let lines = [
        told(vec![dns("other.example")], vec![], "shop.example"),
        told(vec![], vec![dns("example")], "shop.example"),
        told(vec![], vec![anybody], "shop.example"),
        told(vec![dns(".example")], vec![], "shop.example"),
        // One that means nothing does not hide one that permits.
        told(vec![dns(".example"), dns("example")], vec![], "shop.example"),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    invalid 0 path.name-constraint A CA above may not certify this name: dNSName shop.example is not within other.example; must be: within the names of I
    invalid 0 path.name-constraint A CA above may not certify this name: dNSName shop.example is excluded; must be: outside of example, as I wants it
    invalid 0 path.name-constraint A CA above may not certify this name: directoryName CN=rcgen self signed cert is excluded; must be: outside of any directoryName, as I wants it
    invalid 0 path.name-incomparable A name cannot be compared with a constraint of a CA above: dNSName shop.example with .example: the constraint is no host name, in I
    valid
    ");
}

/// Every profile was said to refuse a constraint that begins with a dot, and every client takes it.
#[test]
fn clients_take_a_constraint_that_begins_with_a_dot() {
    let top = root("R");
    let middle = constrained("I", vec![dns(".example")], Vec::new(), &top);
    let mut params = leaf_params();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let chain = [signed(params, &middle), der(&middle)];
    let question = asked(&chain, &top);
    for verification in validate_by(&question, &[&CHROME, &FIREFOX, &APPLE, &OPENSSL]) {
        assert_eq!(verification.verdict, Verdict::Valid, "{:?}", verification.paths);
    }
    assert_eq!(validate(&Question { profile: &RFC5280, ..question }).verdict, Verdict::Invalid);
    assert!(judged(&chain, &anchors(&[&top])).is_trusted());
}

/// That more lead on than are followed here was told as a failure; OpenSSL goes on.
#[test]
fn a_path_that_is_longer_than_is_followed_is_a_doubt() {
    let top = root("R");
    let mut cas: Vec<Ca> = Vec::new();
    for number in 0..20 {
        let below = intermediate(&format!("D{number}"), cas.last().unwrap_or(&top));
        cas.push(below);
    }
    let mut chain = vec![leaf(&cas[19])];
    chain.extend(cas.iter().rev().map(der));
    let question = asked(&chain, &top);
    let question = Question { budget: Budget::default(), profile: &RFC5280, ..question };
    insta::assert_snapshot!(told(&question), @"unknown 15 path.not-followed It leads further than is followed here: more lead on after 16 certificates");
    // What whoever asks does not want is wrong.
    let asked = Question { max_depth: Some(2), budget: Budget { depth: 30, ..question.budget }, ..question };
    insta::assert_snapshot!(told(&asked), @"invalid 21 path.too-deep Too many certificates stand on the way: 20 intermediates; must be: at most 2");
}

/// A certificate with some of its parts in place of others, and a signature of this kind that nobody here can check.
fn forged(der: &[u8], kind: crate::der::Oid<'_>, key: Option<Vec<u8>>) -> Vec<u8> {
    use crate::der::{Tag, write};
    let anatomy = crate::x509::Anatomy::of(der);
    let algorithm = write(Tag::SEQUENCE, &[&write(Tag::OID, &[kind.content()])]);
    let mut tbs = anatomy.tbs.unwrap().content.to_vec();
    let mut replace = |old: &[u8], new: &[u8]| {
        let start = tbs.windows(old.len()).position(|part| part == old).unwrap();
        tbs.splice(start..start + old.len(), new.iter().copied());
    };
    replace(anatomy.tbs_signature.unwrap().der(), &algorithm);
    if let Some(key) = key {
        replace(anatomy.key.unwrap().element.whole, &key);
    }
    let tbs = write(Tag::SEQUENCE, &[&tbs]);
    write(Tag::SEQUENCE, &[&tbs, &algorithm, &write(Tag::BIT_STRING, &[&[0], &[7; 114]])])
}

/// A CA whose key is of a kind that nobody here can check.
fn with_unknown_key(name: &str, kind: crate::der::Oid<'_>) -> Vec<u8> {
    use crate::der::{Tag, write};
    let algorithm = write(Tag::SEQUENCE, &[&write(Tag::OID, &[kind.content()])]);
    let key = write(Tag::SEQUENCE, &[&algorithm, &write(Tag::BIT_STRING, &[&[0], &[7; 57]])]);
    forged(&der(&root(name)), kind, Some(key))
}

/// A leaf under this name whose signature is of this kind.
fn signed_by_unknown(name: &str, kind: crate::der::Oid<'_>) -> Vec<u8> {
    let mut params = leaf_params();
    params.use_authority_key_identifier_extension = false;
    forged(&signed(params, &root(name)), kind, None)
}

/// Junk of the issuer's name, with a key that cannot be checked, made of what is untrusted something that nobody knows; and so did
/// a root that nobody trusts.
#[test]
fn a_signature_that_cannot_be_checked_is_a_doubt_only_below_an_anchor() {
    use crate::der::oid;
    let (top, fake) = (root("R"), root("Fake"));
    let junk = with_unknown_key("Fake", oid::ED448);
    let mut params = leaf_params();
    params.use_authority_key_identifier_extension = false;
    let leaf = signed(params, &fake);
    let with_junk = validate(&asked(&[leaf, der(&fake), junk.clone()], &top));
    assert_eq!(with_junk.verdict, Verdict::Invalid);
    let below = signed_by_unknown("Fake", oid::ED448);
    insta::assert_snapshot!(told(&asked(&[below.clone(), junk.clone()], &top)), @"invalid 1 path.untrusted It leads to nobody who is trusted: the root at its end is no anchor");
    let trusted = Anchors::from_ders("Ed448", [junk]);
    let chain = Chain::read(std::slice::from_ref(&below)).unwrap();
    let question = super::judge::question(&chain, &trusted, now());
    insta::assert_snapshot!(told(&question), @"unknown 0 path.unknown-signature Whether the signature holds cannot be told: Ed448, which cannot be checked here with this key");
    assert_eq!(faults(&judge(&chain, &trusted, now())), [(0, Fault::UnknownSignature)]);
}

#[test]
fn a_key_does_what_its_purpose_needs() {
    use rcgen::KeyUsagePurpose::{
        ContentCommitment, DataEncipherment, DigitalSignature, KeyAgreement, KeyEncipherment,
    };
    let top = root("R");
    let bits = [DigitalSignature, ContentCommitment, KeyEncipherment, DataEncipherment, KeyAgreement];
    let fits = |purpose: Purpose| {
        let judged = bits.iter().map(|bit| {
            let mut params = leaf_params();
            params.key_usages = vec![*bit];
            let usage = write_purposes(&[purpose]);
            custom(&mut params, crate::der::oid::EXTENDED_KEY_USAGE, true, usage);
            let question = Question { purpose, ..asked(&[signed(params, &top)], &top) };
            validate(&question).verdict == Verdict::Valid
        });
        judged.collect::<Vec<_>>()
    };
    let (yes, no) = (true, false);
    assert_eq!(fits(Purpose::Server), [yes, no, yes, no, yes]);
    assert_eq!(fits(Purpose::Client), [yes, no, no, no, yes], "a client signs");
    assert_eq!(fits(Purpose::Email), [yes, yes, yes, no, yes]);
    assert_eq!(fits(Purpose::CodeSigning), [yes, no, no, no, no]);
    assert_eq!(fits(Purpose::TimeStamping), [yes, yes, no, no, no]);
    assert_eq!(fits(Purpose::OcspSigning), [yes, yes, no, no, no]);
}

fn write_purposes(purposes: &[Purpose]) -> Vec<u8> {
    use crate::der::{Tag, write};
    let oids: Vec<Vec<u8>> =
        purposes.iter().filter_map(|one| one.oid()).map(|oid| write(Tag::OID, &[oid.content()])).collect();
    write(Tag::SEQUENCE, &oids.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[test]
fn a_key_that_stamps_times_is_for_nothing_else() {
    let top = root("R");
    let told = |is_critical, purposes: &[Purpose]| {
        let mut params = leaf_params();
        if !purposes.is_empty() {
            let usage = write_purposes(purposes);
            custom(&mut params, crate::der::oid::EXTENDED_KEY_USAGE, is_critical, usage);
        }
        told(&Question { purpose: Purpose::TimeStamping, ..asked(&[signed(params, &top)], &top) })
    };
    let lines = [
        told(true, &[Purpose::TimeStamping]),
        told(false, &[Purpose::TimeStamping]),
        told(true, &[Purpose::TimeStamping, Purpose::Server]),
        told(true, &[]),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    valid
    invalid 0 path.time-stamping-alone Its key is not for time stamps alone: extKeyUsage is not critical; must be: critical
    invalid 0 path.time-stamping-alone Its key is not for time stamps alone: extKeyUsage has 2 purposes; must be: timeStamping alone
    invalid 0 path.time-stamping-alone Its key is not for time stamps alone: no extKeyUsage; must be: timeStamping alone
    ");
}

fn policies(of: std::ops::Range<usize>, more: &[u8]) -> Vec<u8> {
    use crate::der::{Tag, write};
    let one = |content: &[u8]| write(Tag::SEQUENCE, &[&write(Tag::OID, &[content])]);
    let number = |number: usize| {
        let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
        one(&[42, 3, 0x80 | (high >> 6), 0x80 | ((high << 1 | low >> 7) & 0x7f), low & 0x7f]
            .map(|octet| octet))
    };
    let mut all: Vec<Vec<u8>> = of.map(number).collect();
    if !more.is_empty() {
        all.push(one(more));
    }
    write(Tag::SEQUENCE, &all.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Eight thousand policies took most of a minute, each compared with each on every path by every profile.
#[test]
fn policies_without_number_are_a_doubt() {
    use crate::der::oid;
    let top = root("R");
    let told = |of: std::ops::Range<usize>| {
        let mut params = ca_params("I");
        custom(&mut params, oid::CERTIFICATE_POLICIES, false, policies(of.clone(), &[]));
        let middle = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &top).unwrap();
        let mut params = leaf_params();
        let any = oid::ANY_POLICY.content();
        custom(&mut params, oid::CERTIFICATE_POLICIES, false, policies(of.end..of.end + of.len(), any));
        told(&asked(&[signed(params, &middle), der(&middle)], &top))
    };
    // The leaf has one more.
    assert_eq!(told(200..449), "valid");
    insta::assert_snapshot!(told(200..8200), @"unknown 0 path.too-many-policies It has too many policies to follow: 8001 policies and mappings; must be: at most 250");
}

/// 398 days are asked of public CAs; whoever adds his own may issue for longer, and his root binds.
#[test]
fn limits_for_public_cas_do_not_bind_private_ones() {
    let lifetime = |days, top: &Ca| {
        let mut params = leaf_params();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        dated(&mut params, -Span::days(10), Span::days(days));
        asked(&[signed(params, top)], top)
    };
    let verdicts = |question: &Question| {
        validate_by(question, &[&CHROME, &APPLE]).iter().map(|one| one.verdict.name()).collect::<Vec<_>>()
    };
    let top = root("R");
    assert_eq!(verdicts(&lifetime(700, &top)), ["valid", "valid"]);
    assert_eq!(verdicts(&lifetime(900, &top)), ["valid", "invalid"]);
    let mut params = ca_params("old");
    dated(&mut params, -Span::days(900), -Span::days(1));
    let ended = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    assert_eq!(verdicts(&lifetime(80, &ended)), ["invalid", "invalid"]);
    assert_eq!((CHROME.anchor_dates.of(true), CHROME.anchor_dates.of(false)), (false, true));
}

/// What every browser refused was trusted with a note where our own rules for servers let it pass: an Ed25519 key below a
/// public root.
#[test]
fn what_every_browser_refuses_is_refused() {
    let error = |code: &str, certificate: usize, found: &str| PathError {
        certificate,
        rule: &rule::find(code).unwrap().meta,
        expected: String::new(),
        found: found.to_owned(),
    };
    let key = |found: &str| error("path.weak-key", 0, found);
    let (chrome, firefox) = ([key("Ed25519"), error("path.lifetime", 0, "")], [key("Ed25519 key")]);
    let apple = [error("path.lifetime", 0, ""), key("Ed25519"), error("path.weak-key", 1, "")];
    assert_eq!(judge::agreed(&[&chrome, &firefox, &apple]), [key("Ed25519")]);
    assert_eq!(judge::agreed(&[&chrome, &apple]).len(), 2);
    assert!(judge::agreed(&[&chrome, &[]]).is_empty() && judge::agreed(&[]).is_empty());
}
