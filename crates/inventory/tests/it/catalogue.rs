//! The catalogue and the sources name the same codes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use notafter_inventory::catalogue::{self, Origin};

/// Codes in production sources: what a `fn code` answers, arms that give a code, and codes of notes.
fn given() -> BTreeMap<String, PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        collect(&entry.unwrap().path().join("src"), &mut files);
    }
    let mut codes = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let production = text.split("#[cfg(test)]").next().unwrap_or_default();
        for code in in_source(production) {
            codes.insert(code, file.clone());
        }
    }
    codes
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            collect(&path, files);
        } else if name.ends_with(".rs")
            && !["tests.rs", "stories.rs", "catalogue.rs"].contains(&name.as_str())
        {
            files.push(path);
        }
    }
}

fn in_source(text: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.contains("fn code(&self) -> &'static str {")
            || line.contains("fn code(self) -> &'static str {")
        {
            in_code = true;
        } else if in_code && line.trim_end() == "    }" {
            in_code = false;
        }
        let gives = line.contains("=> \"")
            || line.contains("Remark {")
            || line.contains("(\"note.")
            || line.contains(".unknown(");
        if in_code || gives {
            codes.extend(line.split('"').skip(1).step_by(2).filter(|text| is_code(text)).map(str::to_owned));
        }
    }
    codes
}

fn is_code(text: &str) -> bool {
    let word = |part: &str| {
        part.len() > 1
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.split_once('.').is_some_and(|(area, name)| word(area) && word(name))
}

#[test]
fn every_code_that_is_given_is_in_the_catalogue() {
    let missing: Vec<_> = given().into_iter().filter(|(code, _)| catalogue::find(code).is_none()).collect();
    assert!(missing.is_empty(), "add to crates/inventory/src/catalogue.rs: {missing:#?}");
}

#[test]
fn every_code_in_the_catalogue_is_given_or_retired() {
    let given = given();
    let unused: Vec<_> = catalogue::all()
        .filter(|entry| matches!(entry.origin, Origin::Error | Origin::Note))
        .filter(|entry| !given.contains_key(entry.code))
        .map(|entry| entry.code)
        .collect();
    assert!(unused.is_empty(), "nobody gives these: retire them: {unused:?}");
}
