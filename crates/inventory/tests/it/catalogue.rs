//! The catalogue and the sources name the same codes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use notafter_inventory::catalogue::{self, Origin};

/// The production part of every source file but the catalogue itself.
fn sources() -> Vec<(PathBuf, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        collect(&entry.unwrap().path().join("src"), &mut files);
    }
    let production = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        let production = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (file, production)
    };
    files.into_iter().map(production).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            if !["stories", "catalogue"].contains(&name.as_str()) {
                collect(&path, files);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}

/// Codes that a source gives: what a `fn code` answers, arms that give a code, the first argument of `Fault::new`, codes
/// of notes and of failed attempts.
fn given(text: &str) -> BTreeSet<String> {
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
            || line.contains("code: \"")
            || line.contains("FailureClass::Domain, \"")
            || line.contains("(\"note.")
            || line.contains(".unknown(");
        if in_code || gives {
            codes.extend(literals(line));
        }
    }
    let first = |rest: &str| rest.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned);
    codes.extend(text.split("Fault::new(").skip(1).filter_map(first).filter(|text| is_code(text)));
    codes
}

fn literals(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).filter(|text| is_code(text)).map(str::to_owned)
}

fn is_code(text: &str) -> bool {
    // A program that is called like a code.
    if text == "acme.sh" {
        return false;
    }
    let word = |part: &str| {
        part.len() > 1
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.split_once('.').is_some_and(|(area, name)| word(area) && word(name))
}

#[test]
fn every_code_that_is_given_is_in_the_catalogue() {
    let mut missing = BTreeMap::new();
    for (file, text) in sources() {
        let unknown = given(&text).into_iter().filter(|code| catalogue::find(code).is_none());
        missing.extend(unknown.map(|code| (code, file.clone())));
    }
    assert!(missing.is_empty(), "add to crates/inventory/src/catalogue/: {missing:#?}");
}

#[test]
fn every_code_in_the_catalogue_is_given_or_retired() {
    let sources = sources();
    let occurs = |code: &str| {
        let literal = format!("\"{code}\"");
        sources.iter().any(|(_, text)| text.contains(&literal))
    };
    let unused: Vec<_> = catalogue::all()
        .filter(|entry| matches!(entry.origin, Origin::Error | Origin::Note) && !occurs(entry.code))
        .map(|entry| entry.code)
        .collect();
    assert!(unused.is_empty(), "nobody gives these: retire them: {unused:?}");
}

/// A document that a page sends people to is there.
#[test]
fn documents_that_pages_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for entry in catalogue::all() {
        let words = entry.hint.split_whitespace().chain(entry.source.split_whitespace());
        for word in words.filter(|word| word.starts_with("docs/")) {
            let path = word.trim_end_matches(['.', ',', ':', ';', ')']);
            assert!(root.join(path).is_file(), "{}: {path}", entry.code);
        }
    }
}
