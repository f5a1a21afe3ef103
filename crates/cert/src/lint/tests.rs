//! The list and its folders.
#![expect(clippy::disallowed_methods, reason = "the folders of lints are read")]

use std::collections::BTreeSet;

use super::{all, find};

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
    for source in std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir())
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

#[test]
fn metadata_is_whole() {
    for meta in all().map(|lint| &lint.meta) {
        for text in [meta.title, meta.why, meta.citation, meta.hint] {
            assert!(text.len() > 8 && text.trim() == text, "{}: {text:?}", meta.id);
        }
        assert!(
            meta.title.ends_with('.') && meta.why.ends_with('.') && !meta.hint.ends_with('.'),
            "{}",
            meta.id
        );
        assert!(
            meta.id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.')),
            "{}",
            meta.id
        );
        assert_eq!(find(meta.id).unwrap().meta.id, meta.id);
        if let Some(alias) = meta.alias {
            assert_eq!(find(alias).unwrap().meta.id, meta.id, "{alias} is there twice");
        }
    }
}
