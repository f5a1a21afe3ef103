//! The checked-in JSON Schemas, and as much of a validator as they need.

use serde_json::Value;

fn schema(name: &str) -> Value {
    let path = format!("{}/../../docs/schema/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Panics with the place where the document breaks the schema that it names: `notafter.check/1` is `check-1.json`.
pub(crate) fn assert_valid(document: &Value) {
    let name = document["schema"].as_str().unwrap().strip_prefix("notafter.").unwrap().replace('/', "-");
    let schema = schema(&name);
    if let Err(why) = valid(&schema, &schema, document, "$") {
        panic!("{why}");
    }
}

/// JSON Schema 2020-12, the keywords that the schema uses; any other keyword is an error here, so that none is ignored.
fn valid(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, wanted) in schema.as_object().unwrap() {
        let holds = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "required" => true,
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

#[test]
fn the_validator_can_fail() {
    let wrong = serde_json::json!({"schema": "notafter.check/2", "targets": [], "summary": {}});
    let schema = schema("check-1");
    assert!(valid(&schema, &schema, &wrong, "$").is_err());
    assert!(fits("^[0-9a-f]{64}$", &"0a".repeat(32)) && !fits("^[0-9a-f]{64}$", &"0A".repeat(32)));
    assert!(is_time("2026-03-01T12:00:00Z") && is_time("2026-03-01T12:00:00.25Z") && !is_time("2026-03-01"));
}
