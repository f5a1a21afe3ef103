//! SARIF 2.1.0 (OASIS), as code hosts read it: a rule for every lint that found something, a result for every finding.

use std::collections::BTreeMap;

use notafter_cert::lint::{Page, Severity};
use serde_json::{Value, json};

use super::input::{STANDARD_INPUT, Source};
use super::judge::Linted;
use super::{Report, called};

/// Where the lints are described.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/lints.md");

pub(super) fn write(report: &Report<'_>) -> String {
    let told = || report.linted.iter().flat_map(|linted| told(linted).map(move |told| (linted, told)));
    let pages: BTreeMap<&str, &Page> = told().map(|(_, told)| (&*told.page.id, told.page)).collect();
    let places: BTreeMap<&str, usize> = pages.keys().zip(0..).map(|(id, place)| (*id, place)).collect();
    let results = told().map(|(linted, told)| result(linted, &told, places.get(&*told.page.id).copied()));
    let unread: Vec<Value> = report.sources.iter().flat_map(unread).collect();
    let run = json!({
        "tool": { "driver": {
            "name": "notafter",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": pages.values().map(|page| rule(page)).collect::<Vec<_>>(),
        } },
        "invocations": [{ "executionSuccessful": unread.is_empty(), "toolExecutionNotifications": unread }],
        "columnKind": "unicodeCodePoints",
        "results": results.collect::<Vec<_>>(),
    });
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    format!("{document:#}\n")
}

/// What a result tells.
struct Told<'a> {
    page: &'a Page,
    words: &'a str,
    /// Whether it is why nothing could be told.
    is_doubt: bool,
}

/// What is violated, then what could not be judged.
fn told<'a>(linted: &'a Linted<'_>) -> impl Iterator<Item = Told<'a>> {
    let found = linted.findings().into_iter().map(|(page, words)| Told { page, words, is_doubt: false });
    found.chain(linted.doubts().map(|(page, words)| Told { page, words, is_doubt: true }))
}

/// A file, or something in it, that was not looked at.
fn unread(source: &Source) -> Vec<Value> {
    let notification = |text: String, line: Option<usize>| {
        json!({
            "level": "error",
            "message": { "text": text },
            "locations": [{ "physicalLocation": place(&source.file, line) }],
        })
    };
    let file = called(&source.file);
    let failure = source.failure.iter().map(|(why, _)| notification(format!("{file} {why}"), None));
    let unseen = source.unseen().map(|unseen| {
        notification(format!("{file}: {} cannot be read: {}", unseen.label, unseen.why), unseen.line)
    });
    failure.chain(unseen).collect()
}

/// Standard input has a name for people, and no address.
fn place(file: &str, line: Option<usize>) -> Value {
    let artifact = match file {
        STANDARD_INPUT => json!({ "description": { "text": called(file) } }),
        file => json!({ "uri": uri(file) }),
    };
    // What is in no PEM block is shown at the beginning of its file.
    json!({ "artifactLocation": artifact, "region": { "startLine": line.unwrap_or(1) } })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

fn rule(page: &Page) -> Value {
    let why = page.why.unwrap_or(&page.title);
    let mut tags = vec![page.source];
    tags.extend(page.alias);
    json!({
        "id": page.id,
        "shortDescription": { "text": page.title },
        "fullDescription": { "text": why },
        "helpUri": format!("{PAGES}#{}", page.source),
        "help": {
            "text": format!("{why} Source: {}. What to do: {}.", page.citation, page.hint),
            "markdown": format!("{why}\n\nSource: {}\n\nWhat to do: {}.", page.citation, page.hint),
        },
        "defaultConfiguration": { "level": level(page.severity) },
        "properties": { "tags": tags },
    })
}

fn result(linted: &Linted<'_>, told: &Told<'_>, rule: Option<usize>) -> Value {
    let Told { page, words, is_doubt } = told;
    let subject = match linted.subject.as_str() {
        "" => String::new(),
        subject => format!(" ({subject})"),
    };
    let title = super::rule(page);
    let (kind, level, said) = if *is_doubt {
        ("open", "none", format!("This could not be judged: {words}{subject}."))
    } else {
        ("fail", level(page.severity), format!("{words}{subject}."))
    };
    let place = place(linted.file, linted.object.line);
    json!({
        "ruleId": page.id,
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": { "text": format!("{said} {}: {}", capitalized(title), page.title) },
        "locations": [{ "physicalLocation": place, "logicalLocations": [{ "name": linted.sha256.to_string(), "kind": "object" }] }],
        "partialFingerprints": { "notafterLint/v1": format!("{}:{}", linted.sha256, page.id) },
    })
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

/// A path as a reference to a URI (RFC 3986 section 4.2; RFC 8089 for absolute ones).
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    // A colon in the first segment would end a scheme.
    let first = path.find('/').unwrap_or(path.len());
    for (at, octet) in path.bytes().enumerate() {
        let plain = octet.is_ascii_alphanumeric() || b"-._~/".contains(&octet) || (octet == b':' && at > first);
        if plain {
            uri.push(char::from(octet));
        } else {
            uri.push_str(&format!("%{octet:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        for (path, expected) in [
            ("certs/shop.pem", "certs/shop.pem"),
            ("/etc/ssl/a b.pem", "file:///etc/ssl/a%20b.pem"),
            ("C:x.pem", "C%3Ax.pem"),
            ("a/b:c.pem", "a/b:c.pem"),
            ("sch\u{f6}n#1.pem", "sch%C3%B6n%231.pem"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn standard_input_has_no_address_and_der_no_lines() {
        let input = place("-", None);
        assert_eq!(input["artifactLocation"], json!({ "description": { "text": "standard input" } }));
        assert_eq!(place("a.der", None)["region"]["startLine"], 1);
    }
}
