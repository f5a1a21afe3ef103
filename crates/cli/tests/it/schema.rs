//! The one door through which these tests read a document of the binary: it must hold to the checked-in JSON Schema that
//! it names. With it, as much of a validator as the schemas need.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::house::{crates, rust_files};
use crate::notafter::Ran;

fn schema(name: &str) -> Value {
    let path = format!("{}/../../docs/schema/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl Ran {
    /// The document on standard output, whatever the exit code.
    pub(crate) fn document(&self) -> Value {
        let why = &self.err;
        document(&self.out).unwrap_or_else(|error| panic!("{error}: {}{why}", self.out))
    }

    /// What `--format jsonl` writes: every line is a target of a check.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let schema = schema("check-1");
        let read = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
        let lines: Vec<Value> = self.out.lines().map(read).collect();
        for line in &lines {
            assert_eq!(line["schema"], "notafter.check/1");
            valid(&schema, &schema["$defs"]["report"], line, "$").unwrap();
        }
        lines
    }
}

/// Reads a document that holds to its schema.
pub(crate) fn document(text: &str) -> serde_json::Result<Value> {
    let document = serde_json::from_str(text)?;
    assert_valid(&document);
    Ok(document)
}

/// Reads a document in a shape that others have laid down: it names no schema of ours.
pub(crate) fn of_others(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Panics with the place where the document breaks the schema that it names: `notafter.check/1` is `check-1.json`.
pub(crate) fn assert_valid(document: &Value) {
    let name = document["schema"].as_str().unwrap_or_else(|| panic!("no schema is named: {document:#}"));
    let schema = schema(&name.strip_prefix("notafter.").unwrap().replace('/', "-"));
    if let Err(why) = valid(&schema, &schema, document, "$") {
        panic!("{name}: {why}");
    }
}

/// JSON Schema 2020-12, the keywords that the schema uses; any other keyword is an error here, so that none is ignored.
fn valid(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, wanted) in schema.as_object().unwrap() {
        let holds = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "required" => true,
            "$ref" if wanted.as_str().unwrap().ends_with(".json") => {
                let other = self::schema(wanted.as_str().unwrap().strip_suffix(".json").unwrap());
                return valid(&other, &other, value, at);
            }
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                return valid(root, &root["$defs"][name], value, at);
            }
            "const" => wanted == value,
            "enum" => wanted.as_array().unwrap().contains(value),
            "type" => has_type(wanted, value),
            "pattern" => value.as_str().is_none_or(|text| fits(wanted.as_str().unwrap(), text)),
            "properties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    // Readers must bear new members; we must not forget to write them down.
                    let Some(schema) = wanted.get(name) else {
                        return Err(format!("{at}.{name} is not in the schema"));
                    };
                    valid(root, schema, member, &format!("{at}.{name}"))?;
                }
                true
            }
            // The values of a map; we have none beside `properties`.
            "additionalProperties" => value
                .as_object()
                .into_iter()
                .flatten()
                .try_for_each(|(name, member)| valid(root, wanted, member, &format!("{at}.{name}")))
                .map(|()| true)?,
            "items" => match value.as_array() {
                Some(items) => items
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, item)| valid(root, wanted, item, &format!("{at}[{index}]")))
                    .map(|()| true)?,
                None => true,
            },
            other => panic!("the validator does not know {other}"),
        };
        if !holds {
            return Err(format!("{at}: {value} breaks {keyword} {wanted}"));
        }
    }
    let missing = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|_| value.is_object())
        .find(|name| value.get(name.as_str().unwrap()).is_none());
    missing.map_or(Ok(()), |name| Err(format!("{at} lacks {name}")))
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let one = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    };
    wanted.as_array().map_or_else(|| one(wanted), |names| names.iter().any(one))
}

/// The schemas have two patterns: an instant in UTC, and a SHA-256 fingerprint.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$" => is_time(text),
        "^[0-9a-f]{64}$" => {
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        }
        other => panic!("the validator does not know the pattern {other}"),
    }
}

fn is_time(text: &str) -> bool {
    let shape: String =
        text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    let rest = shape.strip_prefix("0000-00-00T00:00:00").and_then(|rest| rest.strip_suffix('Z'));
    rest.is_some_and(|fraction| fraction.is_empty() || fraction.starts_with('.'))
}

/// The documents that the sources name: `check-1` for `"notafter.check/1"`.
fn named_in_the_sources() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in rust_files(&crates()).into_iter().filter(|path| path.iter().any(|part| part == "src")) {
        let text = std::fs::read_to_string(path).unwrap();
        let words = text.split('"').filter_map(|word| word.strip_prefix("notafter.")?.split_once('/'));
        names.extend(
            words
                .filter(|(_, major)| major.parse::<u32>().is_ok())
                .map(|(name, major)| format!("{name}-{major}")),
        );
    }
    names
}

#[test]
fn every_document_has_its_schema_and_every_schema_its_document() {
    let folder = format!("{}/../../docs/schema", env!("CARGO_MANIFEST_DIR"));
    let files =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> =
        files.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    assert!(files.len() > 20, "{files:?}");
    assert_eq!(files, named_in_the_sources());
    let readme = std::fs::read_to_string(format!("{folder}/README.md")).unwrap();
    for name in &files {
        let schema = schema(name);
        let (what, major) = name.rsplit_once('-').unwrap();
        let title = format!("notafter.{what}/{major}");
        assert_eq!(
            (&schema["title"], &schema["properties"]["schema"]["const"]),
            (&title.clone().into(), &title.into())
        );
        assert_eq!(schema["$id"], format!("https://notafter.dev/schema/{name}.json"));
        assert!(
            readme.contains(&format!("({name}.json)")),
            "docs/schema/README.md does not name {name}.json"
        );
    }
}

#[test]
fn documents_are_read_through_this_door_alone() {
    let tests = crates().join("cli/tests");
    for path in rust_files(&tests).into_iter().filter(|path| !path.ends_with("schema.rs")) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("serde_json::from_str"), "{}: use `Ran::document`", path.display());
    }
}

#[test]
fn the_validator_can_fail() {
    let wrong = serde_json::json!({"schema": "notafter.check/2", "targets": [], "summary": {}});
    let schema = schema("check-1");
    assert!(valid(&schema, &schema, &wrong, "$").is_err());
    assert!(fits("^[0-9a-f]{64}$", &"0a".repeat(32)) && !fits("^[0-9a-f]{64}$", &"0A".repeat(32)));
    assert!(is_time("2026-03-01T12:00:00Z") && is_time("2026-03-01T12:00:00.25Z") && !is_time("2026-03-01"));
}
