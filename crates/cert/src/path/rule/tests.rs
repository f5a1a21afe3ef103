//! The list and its folder.
#![expect(clippy::disallowed_methods, reason = "the folder of rules is read")]

use std::collections::BTreeSet;

use super::{ALL, find};

#[test]
fn every_rule_of_the_folder_is_listed_once() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/path/rule");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !matches!(name.as_str(), "mod.rs" | "tests.rs"))
        .collect();
    let codes: BTreeSet<&str> = ALL.iter().map(|rule| rule.meta.code).collect();
    assert_eq!((files.len(), codes.len()), (ALL.len(), ALL.len()));
    for rule in ALL {
        assert_eq!(find(rule.meta.code).unwrap().meta.code, rule.meta.code);
        assert!((1..=9).contains(&rule.meta.weight) && !rule.meta.hint.is_empty(), "{}", rule.meta.code);
    }
}
