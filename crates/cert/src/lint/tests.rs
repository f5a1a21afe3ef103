//! The list and its folders.
#![expect(clippy::disallowed_methods, reason = "the folders of lints are read")]

use std::collections::BTreeSet;

use super::draft::{Draft, id, tlv, word};
use super::{Meta, Subject, all, find, of_crls, of_ocsp};
use crate::der::{Oid, oid};

/// Every file is in its list, and every lint is called after its file.
#[test]
fn the_lists_are_the_folders() {
    let listed: BTreeSet<String> = all()
        .map(|lint| {
            let (area, name) = lint.meta.id.split_once('.').unwrap();
            assert_eq!(area, lint.meta.source.name().replace('_', "-"), "{}", lint.meta.id);
            format!("{}/{}.rs", lint.meta.source.name(), name.replace('-', "_"))
        })
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lint");
    let mut found = BTreeSet::new();
    let is_of_certificates =
        |name: &std::ffi::OsStr| ["crl", "ocsp", "snapshots"].iter().all(|other| name != *other);
    for source in std::fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir() && is_of_certificates(&entry.file_name()))
    {
        for file in std::fs::read_dir(source.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            // What several lints of a source ask, and their tests.
            if !matches!(name.as_str(), "mod.rs" | "ask.rs" | "tests.rs") {
                found.insert(format!("{}/{name}", source.file_name().into_string().unwrap()));
            }
        }
    }
    assert_eq!(listed, found);
    assert_eq!(all().count(), listed.len(), "a lint is listed twice");
}

/// The same of lints of CRLs and of OCSP responses, whose folders are not those of sources.
#[test]
fn the_lists_of_other_lints_are_their_folders() {
    let others: Vec<&Meta> =
        of_crls().map(|lint| &lint.meta).chain(of_ocsp().map(|lint| &lint.meta)).collect();
    let listed: BTreeSet<String> =
        others.iter().map(|meta| meta.id.replacen('.', "/", 1).replace('-', "_") + ".rs").collect();
    let mut found = BTreeSet::new();
    for folder in ["crl", "ocsp"] {
        let path = format!("{}/src/lint/{folder}", env!("CARGO_MANIFEST_DIR"));
        for file in std::fs::read_dir(path).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            if !matches!(name.as_str(), "mod.rs" | "ask.rs" | "tests.rs") {
                found.insert(format!("{folder}/{name}"));
            }
        }
    }
    assert_eq!(listed, found);
    assert_eq!(others.len(), listed.len(), "a lint is listed twice");
}

#[test]
fn metadata_is_whole() {
    let others = of_crls().map(|lint| &lint.meta).chain(of_ocsp().map(|lint| &lint.meta));
    for meta in others {
        texts_are_whole(meta);
        assert!(find(meta.id).is_none(), "{}", meta.id);
    }
    for meta in all().map(|lint| &lint.meta) {
        texts_are_whole(meta);
        assert_eq!(find(meta.id).unwrap().meta.id, meta.id);
        if let Some(alias) = meta.alias {
            assert_eq!(find(alias).unwrap().meta.id, meta.id, "{alias} is there twice");
        }
    }
}

fn texts_are_whole(meta: &Meta) {
    for text in [meta.title, meta.why, meta.citation, meta.hint] {
        assert!(text.len() > 8 && text.trim() == text, "{}: {text:?}", meta.id);
    }
    let ends = meta.title.ends_with('.') && meta.why.ends_with('.') && !meta.hint.ends_with('.');
    assert!(ends, "{}", meta.id);
    let is_letter = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    assert!(meta.id.bytes().all(is_letter), "{}", meta.id);
}

const KINDS: [Oid<'static>; 11] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::CERTIFICATE_POLICIES,
    oid::AUTHORITY_INFO_ACCESS,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::SCT_LIST,
    oid::TLS_FEATURE,
];

/// A certificate as a server has it, the value of one extension broken, or that extension left out.
fn server(broken: Option<Oid<'static>>, left_out: Option<Oid<'static>>) -> Vec<u8> {
    let offer = |method, uri: &[u8]| tlv(0x30, &[id(method), tlv(0x86, uri)].concat());
    let offers = [offer(oid::AD_OCSP, b"http://o.shop.com"), offer(oid::AD_CA_ISSUERS, b"http://i.shop.com")];
    let point = tlv(0x30, &tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://c.shop.com/a.crl"))));
    let sct = [&[0, 47, 0][..], &[1; 32], &[0; 8], &[0, 0, 4, 3, 0, 0]].concat();
    let scts = [&[0, 49][..], &sct].concat();
    let values: [Vec<u8>; 11] = [
        tlv(0x30, &[]),
        tlv(3, &[7, 0x80]),
        tlv(0x30, &id(oid::SERVER_AUTH)),
        tlv(0x30, &tlv(0x82, b"shop.com")),
        tlv(0x30, &tlv(0x30, &id(oid::CABF_DV))),
        tlv(0x30, &offers.concat()),
        tlv(0x30, &point),
        tlv(0x30, &tlv(0x80, &[7; 20])),
        tlv(4, &[7; 20]),
        tlv(4, &scts),
        tlv(0x30, &[2, 1, 5]),
    ];
    let mut draft = Draft::new();
    draft.attribute(oid::COMMON_NAME, 12, b"shop.com");
    for (kind, value) in KINDS.into_iter().zip(&values) {
        let value = if broken == Some(kind) { &[1, 0][..] } else { value };
        if left_out != Some(kind) {
            draft.extend(kind, matches!(kind, oid::BASIC_CONSTRAINTS | oid::KEY_USAGE), value);
        }
    }
    draft.der()
}

/// Lints whose word depends on an extension, and that call it good where it cannot be read: all of them ask only whether it is
/// there, or is critical.
#[test]
fn what_cannot_be_read_is_not_called_good() {
    let at = "2025-06-01T00:00:00Z".parse().unwrap();
    let whole = server(None, None);
    let good = Subject::of(&whole, at);
    let mut told = String::new();
    for kind in KINDS {
        let (broken, without) = (server(Some(kind), None), server(None, Some(kind)));
        let (broken, without) = (Subject::of(&broken, at), Subject::of(&without, at));
        told.push_str(&format!("{}\n", kind.shown()));
        for lint in all() {
            let depends = word(&lint.run(&good)) != word(&lint.run(&without));
            if depends && word(&lint.run(&broken)) == "pass" {
                told.push_str(&format!("  {}\n", lint.meta.id));
            }
        }
    }
    insta::assert_snapshot!(told);
}
