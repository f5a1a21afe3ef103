//! SARIF 2.1.0 (OASIS), as code hosts read it: a rule for every lint that found something, a result for every finding.

use std::collections::BTreeMap;

use notafter_cert::lint::{Page, Severity};
use serde_json::{Value, json};

use super::Report;
use super::judge::Linted;

/// Where the lints are described.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/lints.md");

pub(super) fn write(report: &Report<'_>) -> String {
    let findings = || report.linted.iter().flat_map(|linted| linted.findings().into_iter().map(move |it| (linted, it)));
    let pages: BTreeMap<&str, &Page> = findings().map(|(_, (page, _))| (&*page.id, page)).collect();
    let places: BTreeMap<&str, usize> = pages.keys().zip(0..).map(|(id, place)| (*id, place)).collect();
    let results = findings().map(|(linted, (page, found))| result(linted, page, found, places.get(&*page.id).copied()));
    let unread = report.sources.iter().filter_map(|source| {
        let (why, _) = source.failure.as_ref()?;
        Some(json!({
            "level": "error",
            "message": { "text": format!("{} {why}", source.file) },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&source.file) } } }],
        }))
    });
    let unread: Vec<Value> = unread.collect();
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

fn result(linted: &Linted<'_>, page: &Page, found: &str, rule: Option<usize>) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(linted.file) } });
    if let Some(line) = linted.object.line {
        place["region"] = json!({ "startLine": line });
    }
    let subject = match linted.subject.as_str() {
        "" => String::new(),
        subject => format!(" ({subject})"),
    };
    json!({
        "ruleId": page.id,
        "ruleIndex": rule,
        "level": level(page.severity),
        "message": { "text": format!("{} Found: {found}{subject}", page.title) },
        "locations": [{ "physicalLocation": place, "logicalLocations": [{ "name": linted.sha256.to_string(), "kind": "object" }] }],
        "partialFingerprints": { "notafterLint/v1": format!("{}:{}", linted.sha256, page.id) },
    })
}

/// A path as a reference to a URI (RFC 3986 section 4.2; RFC 8089 for absolute ones). Standard input has no name: `-`.
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
            ("-", "-"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
