//! The result as a document (docs/schema/lint-1.json). It is written as it goes: every lint of every object is in it.

use notafter_cert::Time;
use serde::Serialize;

use super::judge::{Linted, NO_LIST, Said};
use super::{Counts, Report};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    at: Time,
    verdict: notafter_inventory::model::Severity,
    objects: Vec<Object<'a>>,
    /// What came of every file.
    files: Vec<File<'a>>,
    summary: Counts,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    objects: usize,
    left_out: Vec<LeftOut<'a>>,
    /// Why it could not be read.
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    label: &'a str,
    line: Option<usize>,
    why: &'a str,
    /// Whether there would be lints for it, if it could be read.
    unseen: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    file: &'a str,
    index: usize,
    line: Option<usize>,
    kind: &'static str,
    sha256: String,
    subject: &'a str,
    findings: Vec<Finding<'a>>,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    lint: &'a str,
    alias: Option<&'static str>,
    severity: &'static str,
    details: &'a str,
    title: &'a str,
    why: Option<&'static str>,
    citation: &'static str,
    hint: &'a str,
    affects_path: bool,
}

#[derive(Serialize)]
struct Outcome<'a> {
    lint: &'a str,
    alias: Option<&'static str>,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a str>,
}

pub(super) fn write(report: &Report<'_>) -> Vec<u8> {
    let document = Document {
        schema: "notafter.lint/1",
        at: report.at,
        verdict: report.verdict(),
        objects: report.linted.iter().map(object).collect(),
        files: report.sources.iter().map(file).collect(),
        summary: Counts::of_all(report.linted),
    };
    // What is written are texts, numbers and lists of them.
    let mut written = serde_json::to_vec_pretty(&document).unwrap_or_default();
    written.push(b'\n');
    written
}

fn file(source: &super::Source) -> File<'_> {
    let left_out = source.left_out.iter().map(|one| LeftOut {
        label: &one.label,
        line: one.line,
        why: &one.why,
        unseen: one.is_unseen,
    });
    File {
        file: &source.file,
        objects: source.objects.len(),
        left_out: left_out.collect(),
        error: source.failure.as_ref().map(|(why, _)| why.as_str()),
    }
}

fn object<'a>(linted: &'a Linted<'_>) -> Object<'a> {
    let findings = linted.findings().into_iter().map(|(page, details)| Finding {
        lint: &page.id,
        alias: page.alias,
        severity: page.severity.name(),
        details,
        title: &page.title,
        why: page.why,
        citation: page.citation,
        hint: &page.hint,
        affects_path: page.affects_path,
    });
    let results = linted.results.iter().map(|result| Outcome {
        lint: &result.page.id,
        alias: result.page.alias,
        result: result.word(),
        details: match &result.said {
            Said::Violated(details) | Said::Unknown(details) => Some(details),
            Said::NoList => Some(NO_LIST),
            _ => None,
        },
    });
    Object {
        file: linted.file,
        index: linted.index,
        line: linted.object.line,
        kind: linted.object.about.word(),
        sha256: linted.sha256.to_string(),
        subject: &linted.subject,
        findings: findings.collect(),
        results: results.collect(),
    }
}
