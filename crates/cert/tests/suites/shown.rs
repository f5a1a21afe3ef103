//! Everything in every suite is shown: nothing panics, nothing is refused, and what matters of a certificate can be read of
//! all but those that were broken on purpose.

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::der::dump::dump;
use notafter_cert::inspect::{Context, Kind, Object, describe, objects};
use notafter_cert::x509::Anatomy;
use notafter_cert::{Fingerprint, Time};
use serde_json::Value;

use crate::{archive, exceptions};

const WHAT: &str = "the files of every suite";

/// Describes and dumps a file; answers its objects.
fn shown(name: &str, file: &[u8]) -> Vec<Object> {
    let at: Time = "2026-12-01T00:00:00Z".parse().unwrap();
    let context = Context { at, log_name: &|_| None, calculates: false };
    let objects = objects(file);
    assert!(!objects.is_empty(), "{name}");
    for object in &objects {
        let description = describe(object, &context);
        assert_eq!(description.kind, object.kind, "{name}");
        assert!(!description.title.is_empty(), "{name}");
        let is_told = !description.sections.is_empty() || !description.glance.is_empty();
        assert!(is_told || object.damage.is_some(), "{name}");
        let dump = dump(&object.octets, object.kind.structure(), 100_000);
        assert!(!dump.is_cut && (object.octets.is_empty() || !dump.lines.is_empty()), "{name}");
    }
    objects
}

/// The certificates among objects, those that are hardly any among them.
fn certificates(objects: &[Object]) -> impl Iterator<Item = &[u8]> {
    objects.iter().filter(|one| one.kind == Kind::Certificate).map(|one| &one.octets[..])
}

/// Which of the fields that matter cannot be read.
fn unreadable(der: &[u8]) -> Option<String> {
    let anatomy = Anatomy::of(der);
    let fields = [
        ("issuer", anatomy.issuer.err()),
        ("subject", anatomy.subject.err()),
        ("notBefore", anatomy.not_before.err()),
        ("notAfter", anatomy.not_after.err()),
        ("key", anatomy.key.err()),
    ];
    let told: Vec<String> =
        fields.into_iter().filter_map(|(name, fault)| Some(format!("{name}: {}", fault?))).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Shows every file of an archive; answers which certificates cannot be read, and how many there are.
fn archive(name: &str) -> Option<(BTreeMap<String, String>, usize)> {
    let files = archive::files(name, WHAT)?;
    let (mut distinct, mut broken) = (BTreeSet::new(), BTreeMap::new());
    for (name, file) in &files {
        for der in certificates(&shown(name, file)) {
            distinct.insert(Fingerprint::of(der));
            broken.extend(unreadable(der).map(|why| (name.clone(), why)));
        }
    }
    Some((broken, distinct.len()))
}

/// 645 files.
#[test]
fn every_certificate_of_zlint_is_shown() {
    let Some((broken, count)) = archive("zlint-testdata.tar.xz") else { return };
    assert_eq!((broken, count), (BTreeMap::new(), 639));
}

#[test]
fn every_file_of_nist_is_shown() {
    let Some((broken, count)) = archive("nist-pkits.tar.xz") else { return };
    assert!(broken.is_empty() && count > 100, "{count}: {broken:?}");
}

/// Many of these are broken on purpose: whole fields are missing, or something else is in their place.
#[test]
fn every_file_of_boringssl_is_shown() {
    let Some((broken, _)) = archive("boringssl-parse-crl.tar.xz") else { return };
    exceptions::compare(&broken, &exceptions::read(include_str!("exceptions/shown.tsv")));
}

/// BetterTLS has thousands of certificates that differ in their names alone: every so manieth is shown, and all are read.
const OF_BETTERTLS: usize = 8;

/// 9,780 cases; each certificate once.
#[test]
fn every_certificate_of_limbo_is_shown() {
    let Some(suite) = archive::read("limbo.json.xz", WHAT) else { return };
    let suite: Value = serde_json::from_slice(&suite).unwrap();
    let (mut seen, mut broken) = (BTreeSet::new(), Vec::new());
    for case in suite["testcases"].as_array().unwrap() {
        let lists = ["trusted_certs", "untrusted_intermediates", "crls"];
        let several = lists.into_iter().flat_map(|list| case[list].as_array().into_iter().flatten());
        for text in several.chain([&case["peer_certificate"]]).filter_map(Value::as_str) {
            if !seen.insert(Fingerprint::of(text.as_bytes())) {
                continue;
            }
            let id = case["id"].as_str().unwrap();
            let is_one_of_many = id.starts_with("bettertls::") && seen.len() % OF_BETTERTLS != 0;
            let text = text.as_bytes();
            let found = if is_one_of_many { objects(text) } else { shown(id, text) };
            broken.extend(certificates(&found).filter_map(unreadable).map(|why| format!("{id}: {why}")));
        }
    }
    assert!(seen.len() > 5_000, "{}", seen.len());
    assert!(broken.is_empty(), "{broken:#?}");
}
