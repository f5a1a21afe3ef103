//! Evidence as people read it, a line for each fact.

use notafter_cert::{Span, Time};
use serde_json::Value;

use super::message::{FACT_CHARS, NEXT_ATTEMPT, RUNWAY};
use crate::rule::SEEN_AS;
use crate::words::one_line;

/// Evidence as `key: value` lines; what is long (a certificate) is named by its length, and what the words above say
/// already, or a line further down, is not said twice.
pub(super) fn facts(evidence: &Value, words: &str) -> Vec<String> {
    match evidence {
        Value::Object(map) => {
            let shown = map.iter().filter(|(key, value)| *key != NEXT_ATTEMPT && is_fact(value, words));
            let shown = shown.filter(|(key, _)| ![RUNWAY, SEEN_AS].contains(&key.as_str()));
            shown.map(|(key, value)| labelled(key, value, words, ": ")).collect()
        }
        Value::Array(values) => values.iter().map(|value| fact(value, words)).collect(),
        other if is_fact(other, words) => vec![fact(other, words)],
        _ => Vec::new(),
    }
}

/// Short words say nothing by being in a longer text: `web`, `80`.
fn is_fact(value: &Value, words: &str) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => !values.is_empty(),
        Value::String(text) => text.chars().count() < 20 || !words.contains(text.as_str()),
        _ => true,
    }
}

/// `not after: 2026-11-26 04:31 UTC`; a length in seconds is told as one.
fn labelled(key: &str, value: &Value, words: &str, between: &str) -> String {
    let length = key.strip_suffix("_seconds").zip(value.as_i64());
    let (key, text) = match length {
        Some((key, seconds)) => (key, Span::seconds(seconds).to_string()),
        None => (key, fact(value, words)),
    };
    format!("{}{between}{text}", one_line(key, 40).replace('_', " "))
}

fn fact(value: &Value, words: &str) -> String {
    let text = match value {
        Value::String(text) => match text.parse::<Time>() {
            Ok(at) => at.for_people(),
            Err(_) => text.clone(),
        },
        Value::Array(values) => {
            let flat = values.iter().all(|value| value.is_string() || value.is_number());
            let parts: Vec<String> = values.iter().map(|value| fact(value, words)).collect();
            parts.join(if flat { ", " } else { "; " })
        }
        Value::Object(map) => {
            let parts = map.iter().filter(|(_, value)| is_fact(value, words));
            parts.map(|(key, value)| labelled(key, value, words, " ")).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    if text.chars().count() > FACT_CHARS && !text.contains(' ') {
        return format!("{} characters", text.chars().count());
    }
    one_line(&text, FACT_CHARS)
}
