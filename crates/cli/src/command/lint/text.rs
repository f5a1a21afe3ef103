//! What people read: for every object what is wrong, the worst first, and how much was looked at.

use std::fmt::Write;

use notafter_cert::lint::{About, Page};

use super::input::Source;
use super::judge::{Linted, Said};
use super::{Counts, Report, called, rule};
use crate::output::terminal::{self, visible};

pub(super) fn write(report: &Report<'_>) -> String {
    let mut text = String::new();
    for (number, source) in report.sources.iter().enumerate() {
        let file = called(&source.file);
        let objects: Vec<&Linted<'_>> = report.linted.iter().filter(|linted| linted.source == number).collect();
        for linted in &objects {
            text.push_str(&object(linted, objects.len() > 1));
        }
        text.push_str(&left_out(source));
        match &source.failure {
            Some((why, hint)) => writeln!(text, "{file} {}\n  hint: {hint}", visible(why)).ok(),
            None if source.objects.is_empty() => {
                writeln!(text, "{file}: nothing to lint: no certificate, CRL or OCSP response in it").ok()
            }
            None => None,
        };
    }
    if report.linted.len() != 1 {
        text.push_str(&total(report));
    }
    if let Some(page) = report.linted.iter().find_map(|linted| Some(linted.findings().first()?.0)) {
        writeln!(text, "more about it: notafter lint --explain {}", page.id).ok();
    }
    let width = terminal::width();
    text.lines().flat_map(|line| terminal::wrap(line, hanging(line), width)).map(|line| line + "\n").collect()
}

/// As many as anybody reads of what is left out of one file.
const MOST_LEFT_OUT: usize = 5;

fn left_out(source: &Source) -> String {
    let file = called(&source.file);
    let mut text = String::new();
    for left_out in source.left_out.iter().take(MOST_LEFT_OUT) {
        let line = left_out.line.map(|line| format!(" in line {line}")).unwrap_or_default();
        let label = visible(&left_out.label).into_owned();
        let what = if left_out.is_unseen { "cannot be read" } else { "is left out" };
        writeln!(text, "{file}: {label}{line} {what}: {}", visible(&left_out.why)).ok();
    }
    if let Some(more) = source.left_out.len().checked_sub(MOST_LEFT_OUT).filter(|more| *more > 0) {
        writeln!(text, "{file}: {more} more are left out: see them with --format json").ok();
    }
    text
}

/// Lines that go on stay below their beginning.
fn hanging(line: &str) -> &'static str {
    match line.len() - line.trim_start().len() {
        0 => "  ",
        2 => "    ",
        _ => "      ",
    }
}

fn object(linted: &Linted<'_>, numbered: bool) -> String {
    let number = if numbered { format!(" {}", linted.index + 1) } else { String::new() };
    let mut text = format!("{}{number}: {} {}", called(linted.file), what(linted.object.about), visible(&linted.subject));
    text = format!("{}\n", text.trim_end());
    let findings = linted.findings();
    for (page, found) in &findings {
        text.push_str(&finding(page, found));
    }
    for (page, why) in linted.doubts() {
        writeln!(text, "  unknown {}: {}", page.id, visible(why)).ok();
    }
    writeln!(text, "  {}", count(linted)).ok();
    text
}

fn finding(page: &Page, found: &str) -> String {
    let severity = page.severity.name();
    let refused = if page.affects_path { "; clients that follow it refuse the certificate" } else { "" };
    format!(
        "  {severity} {}: {}\n    {}: {}\n    source: {}{refused}\n    hint: {}\n",
        page.id,
        visible(found),
        rule(page),
        page.title,
        page.citation,
        page.hint
    )
}

const fn what(about: About) -> &'static str {
    match about {
        About::Crl => "CRL of",
        About::OcspResponse => "OCSP response of",
        _ => "certificate",
    }
}

/// How much was looked at.
fn count(linted: &Linted<'_>) -> String {
    let counts = Counts::of(linted);
    let number = |wanted: &[Said]| linted.results.iter().filter(|result| wanted.contains(&result.said)).count();
    let found = match (counts.error, counts.warning, counts.notice) {
        (0, 0, 0) => "nothing found".to_owned(),
        _ => numbers(counts),
    };
    let parts = [
        (number(&[Said::Pass]), "passed"),
        (number(&[Said::NotApplicable]), "not about it"),
        (number(&[Said::NotEffective]), "not in force when it was made"),
        (counts.unknown, "could not be judged"),
        (number(&[Said::NoList]), "without a list of keys"),
    ];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, what)| format!("{number} {what}")).collect();
    format!("{found}; {} lints: {}", linted.results.len(), parts.join(", "))
}

fn numbers(counts: Counts) -> String {
    let named = [(counts.error, "error"), (counts.warning, "warning"), (counts.notice, "notice")];
    let named = named.iter().filter(|(number, _)| *number > 0).map(|(number, what)| plural(*number, what));
    named.collect::<Vec<_>>().join(", ")
}

fn plural(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn total(report: &Report<'_>) -> String {
    let of = |about: About| report.linted.iter().filter(|linted| linted.object.about == about).count();
    let kinds = [
        (of(About::Certificate), "certificate"),
        (of(About::Crl), "CRL"),
        (of(About::OcspResponse), "OCSP response"),
    ];
    let kinds: Vec<String> =
        kinds.iter().filter(|(number, _)| *number > 0).map(|(number, what)| plural(*number, what)).collect();
    let counts = Counts::of_all(report.linted);
    let found = match (counts.error, counts.warning, counts.notice) {
        _ if kinds.is_empty() => return String::new(),
        (0, 0, 0) => "nothing found".to_owned(),
        _ => numbers(counts),
    };
    let unknown = if counts.unknown > 0 { format!(", {} not judged", counts.unknown) } else { String::new() };
    format!("{} in {}: {found}{unknown}\n", kinds.join(", "), plural(report.sources.len(), "file"))
}
