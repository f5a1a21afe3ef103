//! The data, and the cliff of 2021 as clients of that time saw it.

use rcgen::{CertifiedIssuer, KeyPair};

use super::super::tests::{Ca, anchors, ca_params, der, leaf_params};
use super::super::{Chain, Profile, Question, Role, Verdict, judge::question};
use super::judge::among;
use super::*;
use crate::{Span, Time};

#[test]
fn every_line_of_the_data_is_read() {
    assert_eq!(Store::all().len(), STORES.lines().count());
    let held: usize = Store::all().iter().map(Store::len).sum();
    let masks = |lines: &str| -> u32 {
        lines
            .lines()
            .map(|line| u64::from_str_radix(line.split('\t').nth(1).unwrap(), 16).unwrap().count_ones())
            .sum()
    };
    assert_eq!(held, usize::try_from(masks(HELD)).unwrap());
    let unsaid: usize = Store::all().iter().map(|store| store.unsaid.len()).sum();
    assert_eq!(unsaid, usize::try_from(masks(NAMES)).unwrap());
    assert_eq!(read_terms().values().filter(|terms| !terms.is_free()).count(), TERMS.lines().count());
    for line in TERMS.lines() {
        assert!(Store::find(line.split('\t').next().unwrap()).is_some(), "{line}");
    }
    let ids: HashSet<&str> = Store::all().iter().map(|store| store.id).collect();
    assert_eq!(ids.len(), Store::all().len());
}

/// Where `webpki-root-certs` became newer, roots that it dropped are in `anchors.der` again only after `regenerate`.
#[test]
fn every_anchor_of_every_store_is_at_hand() {
    for store in Store::all() {
        assert_eq!(store.anchors().len(), store.len(), "{}: run crates/cert/stores/regenerate", store.id);
        assert!(store.len() > 50 && store.date.len() == 10 && !store.source.is_empty(), "{}", store.id);
    }
    let mozilla = Store::find("mozilla").unwrap();
    let built_in: HashSet<Fingerprint> = Anchors::mozilla().ders().map(Fingerprint::of).collect();
    assert!(mozilla.held == built_in, "webpki-root-certs is another: run crates/cert/stores/regenerate");
    assert!(union().ders().all(|der| Certificate::parse(der).is_ok()));
}

#[test]
fn the_data_tells_what_is_known_of_let_s_encrypt() {
    let held = |name: &str| {
        let is_named = |store: &&Store| {
            store.anchors().ders().any(|der| Certificate::parse(der).unwrap().common_name() == Some(name))
        };
        Store::all().iter().filter(is_named).map(|store| store.id).collect::<Vec<_>>()
    };
    let (new, old) = (held("ISRG Root X1"), held("DST Root CA X3"));
    for id in ["android-7.0", "java-7", "node-6", "certifi-2016"] {
        assert!(!new.contains(&id), "{id}");
    }
    for id in ["mozilla", "chrome-156", "android-8.1", "java-11", "debian-11", "apple-11"] {
        assert!(new.contains(&id), "{id}");
    }
    assert!(old.contains(&"android-7.0") && !old.contains(&"chrome-156"));
}

#[test]
fn programmes_have_terms() {
    let of = |store: &str, name: &str| {
        let store = Store::find(store).unwrap();
        let named = |der: &&[u8]| Certificate::parse(der).unwrap().common_name() == Some(name);
        let der = store.anchors().ders().find(named).map(Fingerprint::of).unwrap();
        terms(store.id, &der)
    };
    assert_eq!(of("mozilla", "TUBITAK Kamu SM SSL Kok Sertifikasi - Surum 1").hosts, ["tr"]);
    let distrust = of("chrome-156", "DigiCert Global Root G2").distrust.unwrap();
    assert_eq!((distrust.after.to_string().as_str(), distrust.by), ("2027-09-14T23:59:59Z", Dated::Logged));
    assert!(of("mozilla", "ISRG Root X1").is_free());
}

/// A store of these anchors for one test.
fn staged(id: &'static str, ended_anchors: EndedAnchors, roots: &[&Ca]) -> &'static Store {
    Box::leak(Box::new(Store {
        id,
        client: id,
        date: "2026-11-22",
        source: "this test",
        says_purposes: true,
        ended_anchors,
        held: roots.iter().map(|root| Fingerprint::of(root.der())).collect(),
        unsaid: HashSet::new(),
        anchors: OnceLock::new(),
    }))
}

fn at(text: &str) -> Time {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn ca(name: &str, from: &str, until: &str, issuer: Option<&Ca>) -> Ca {
    let mut params = ca_params(name);
    (params.not_before, params.not_after) = (at(from).calendar().unwrap(), at(until).calendar().unwrap());
    let key = KeyPair::generate().unwrap();
    match issuer {
        Some(issuer) => CertifiedIssuer::signed_by(params, key, issuer).unwrap(),
        None => CertifiedIssuer::self_signed(params, key).unwrap(),
    }
}

/// DST Root CA X3 ended on 2021-09-30; its cross-sign of ISRG Root X1 did on 2024-09-30. Android looks at no dates of
/// anchors, OpenSSL does.
#[test]
fn the_cliff_of_let_s_encrypt() {
    let dst = ca("DST Root CA X3", "2000-09-30", "2021-09-30", None);
    let isrg = ca("ISRG Root X1", "2015-06-04", "2035-06-04", None);
    let r3 = ca("R3", "2020-09-04", "2025-09-15", Some(&isrg));
    let mut params = ca_params("ISRG Root X1");
    params.not_before = at("2021-01-20").calendar().unwrap();
    params.not_after = at("2024-09-30").calendar().unwrap();
    let cross = params.signed_by(isrg.key(), &dst).unwrap().der().to_vec();
    let stores = [
        staged("new", EndedAnchors::Refused, &[&isrg]),
        staged("both", EndedAnchors::Refused, &[&isrg, &dst]),
        staged("old android", EndedAnchors::Accepted, &[&dst]),
        staged("old openssl", EndedAnchors::Refused, &[&dst]),
        staged("old and silent", EndedAnchors::Unsaid, &[&dst]),
        staged("stranger", EndedAnchors::Refused, &[]),
    ];
    let told = |instant: &str, ends: &str| {
        let mut params = leaf_params();
        params.not_before = (at(instant) - Span::days(1)).calendar().unwrap();
        params.not_after = at(ends).calendar().unwrap();
        let leaf = params.signed_by(&KeyPair::generate().unwrap(), &r3).unwrap().der().to_vec();
        let chain = Chain::read(&[leaf, der(&r3), cross.clone()]).unwrap();
        let asked = question(&chain, &anchors(&[]), at(instant));
        let line = |one: StoreVerdict| {
            let horizon = one.horizon.map(|seen| {
                let cliffs: Vec<String> = seen
                    .cliffs
                    .iter()
                    .map(|cliff| format!(", {} by {}", cliff.until, cliff.ending.told()))
                    .collect();
                format!(" until {} by {}{}", seen.until, seen.ending.told(), cliffs.concat())
            });
            format!(
                "{}: {}{}{}",
                one.store.id,
                one.verdict.name(),
                one.why.map(|why| format!(" ({why})")).unwrap_or_default(),
                horizon.unwrap_or_default()
            )
        };
        among(&asked, anchors(&[&isrg, &dst]), stores.into_iter())
            .into_iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let days = ["2021-09-01", "2021-09-30", "2021-10-01", "2024-09-30", "2024-10-01"];
    let ends = ["2021-11-28", "2021-11-28", "2021-11-28", "2024-11-28", "2024-11-28"];
    let all: Vec<String> =
        days.into_iter().zip(ends).map(|(day, ends)| format!("{day}\n{}", told(day, ends))).collect();
    insta::assert_snapshot!(all.join(
        "
"
    ));
}

/// A store that refuses ended anchors was told to be content, without a horizon, where the profile does not look at their dates.
#[test]
fn what_becomes_of_an_ended_anchor_is_for_the_store_to_say_under_every_profile() {
    let root = ca("Ended Root", "2000-09-30", "2021-09-30", None);
    let mut params = leaf_params();
    (params.not_before, params.not_after) =
        (at("2021-09-01").calendar().unwrap(), at("2021-11-28").calendar().unwrap());
    let leaf = params.signed_by(&KeyPair::generate().unwrap(), &root).unwrap().der().to_vec();
    let chain = Chain::read(&[leaf]).unwrap();
    let stores = [
        staged("refuses", EndedAnchors::Refused, &[&root]),
        staged("accepts", EndedAnchors::Accepted, &[&root]),
        staged("silent", EndedAnchors::Unsaid, &[&root]),
    ];
    for profile in Profile::ALL {
        let asked = Question { profile, ..question(&chain, &anchors(&[]), at("2021-10-01")) };
        let said: Vec<(Verdict, bool)> = among(&asked, anchors(&[&root]), stores.into_iter())
            .into_iter()
            .map(|one| (one.verdict, one.horizon.is_some()))
            .collect();
        let expected = [(Verdict::Invalid, false), (Verdict::Valid, true), (Verdict::Unknown, false)];
        // Other rules of browsers refuse this leaf on every path.
        if said.iter().any(|(verdict, _)| *verdict == Verdict::Valid) {
            assert_eq!(said, expected, "{}", profile.name);
        }
    }
}

/// A list that does not say what its anchors are for is not taken to say that they are for servers, or that they are not.
#[test]
fn a_name_without_a_purpose_is_neither_trusted_nor_not() {
    let stranger = ca("Stranger", "2020-01-01", "2035-01-01", None);
    let chain = Chain::read(&[leaf_params()
        .signed_by(&KeyPair::generate().unwrap(), &stranger)
        .unwrap()
        .der()
        .to_vec()])
    .unwrap();
    let name = Fingerprint::of(chain.leaf().issuer_der()).to_string()[..UNSAID].to_owned();
    let base = staged("silent", EndedAnchors::Refused, &[]);
    let silent =
        Store { unsaid: HashSet::from([name]), held: HashSet::new(), anchors: OnceLock::new(), ..*base };
    let asked = question(&chain, &anchors(&[]), super::super::tests::now());
    let verdicts = among(&asked, anchors(&[]), [base, Box::leak(Box::new(silent))].into_iter());
    assert_eq!(
        verdicts.iter().map(|one| one.verdict).collect::<Vec<_>>(),
        [Verdict::Invalid, Verdict::Unknown]
    );
    assert_eq!(verdicts[1].why.as_deref(), Some("its list has Stranger, and does not say what for"));
}

#[test]
fn roles_have_names() {
    assert_eq!(
        [Role::Leaf, Role::Intermediate, Role::CrossSign, Role::Root].map(Role::name),
        ["leaf", "intermediate", "cross-sign", "root"]
    );
}
