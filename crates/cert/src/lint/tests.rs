//! The list and its folders.
#![expect(clippy::disallowed_methods, reason = "the folders of lints are read")]

use std::collections::BTreeSet;

use super::{Meta, all, find, of_crls, of_ocsp};

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
    let is_of_certificates = |name: &std::ffi::OsStr| name != "crl" && name != "ocsp";
    for source in std::fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir() && is_of_certificates(&entry.file_name()))
    {
        for file in std::fs::read_dir(source.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            // What several lints of a source ask.
            if !matches!(name.as_str(), "mod.rs" | "ask.rs") {
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
