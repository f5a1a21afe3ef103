//! JUnit's XML, as build servers read it: a suite for every object, a test for every lint that was judged.

use std::fmt::Write;

use super::Report;
use super::judge::{Linted, Result, Said};

pub(super) fn write(report: &Report<'_>) -> String {
    let suites: Vec<Suite> = report.linted.iter().map(|linted| suite(report, linted)).collect();
    let unread: Vec<Suite> = report.sources.iter().filter_map(unread).collect();
    let all: Vec<&Suite> = suites.iter().chain(&unread).collect();
    let sum = |of: fn(&Suite) -> usize| all.iter().map(|suite| of(suite)).sum::<usize>();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writeln!(
        text,
        "<testsuites name=\"notafter lint\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">",
        sum(|suite| suite.tests),
        sum(|suite| suite.failures),
        sum(|suite| suite.errors),
        sum(|suite| suite.skipped)
    )
    .ok();
    for suite in all {
        writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">",
            escaped(&suite.name),
            suite.tests,
            suite.failures,
            suite.errors,
            suite.skipped
        )
        .ok();
        text.push_str(&suite.cases);
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

#[derive(Default)]
struct Suite {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    cases: String,
}

fn suite(report: &Report<'_>, linted: &Linted<'_>) -> Suite {
    let mut suite = Suite { name: format!("{}: {}", linted.place(), linted.subject), ..Suite::default() };
    let file = escaped(linted.file);
    for result in &linted.results {
        let counts = result.page.severity >= report.fail_on;
        let severity = result.page.severity.name();
        let inside = match &result.said {
            Said::NotApplicable | Said::NotEffective | Said::NoList => continue,
            Said::Pass => String::new(),
            Said::Unknown(why) if counts => {
                suite.errors += 1;
                format!("<error type=\"{severity}\" message=\"{}\"/>", escaped(&format!("could not be judged: {why}")))
            }
            Said::Unknown(why) => {
                suite.skipped += 1;
                format!("<skipped message=\"{}\"/>", escaped(&format!("could not be judged: {why}")))
            }
            Said::Violated(found) if counts => {
                suite.failures += 1;
                format!("<failure type=\"{severity}\" message=\"{}\">{}</failure>", escaped(found), escaped(&told(result)))
            }
            Said::Violated(found) => {
                format!("<system-out>{}</system-out>", escaped(&format!("{found}\n{}", told(result))))
            }
        };
        suite.case(&file, &result.page.id, &inside);
    }
    suite
}

impl Suite {
    /// A test. Readers take what stands before the last dot of a class for its package, so that no file is a class.
    fn case(&mut self, file: &str, name: &str, inside: &str) {
        self.tests += 1;
        writeln!(
            self.cases,
            "    <testcase classname=\"{CLASS}\" name=\"{name}\" file=\"{file}\" time=\"0\">{inside}</testcase>"
        )
        .ok();
    }
}

const CLASS: &str = "notafter.lint";

fn told(result: &Result<'_>) -> String {
    let page = result.page;
    let (severity, rule) = (page.severity.name(), super::rule(page));
    format!("{severity}\n{rule}: {}\nsource: {}\nhint: {}", page.title, page.citation, page.hint)
}

/// A file that could not be read, has nothing to lint in it, or something that could not be read.
fn unread(source: &super::Source) -> Option<Suite> {
    let failure = match &source.failure {
        Some((why, hint)) => Some(format!("{why}; {hint}")),
        None => source.objects.is_empty().then(|| "nothing to lint: no certificate, CRL or OCSP response in it".to_owned()),
    };
    let unseen = source.unseen().map(|unseen| {
        let line = unseen.line.map(|line| format!(" in line {line}")).unwrap_or_default();
        format!("{}{line} cannot be read: {}", unseen.label, unseen.why)
    });
    let mut suite = Suite { name: super::called(&source.file).into_owned(), ..Suite::default() };
    let file = escaped(&source.file);
    for why in failure.into_iter().chain(unseen) {
        suite.errors += 1;
        suite.case(&file, "can be read", &format!("<error type=\"unknown\" message=\"{}\"/>", escaped(&why)));
    }
    (suite.tests > 0).then_some(suite)
}

/// Text as XML 1.0 takes it (sections 2.2 and 2.4): what it cannot hold is written out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. if !letter.is_control() => escaped.push(letter),
            other => escaped.extend(other.escape_default()),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_breaks_the_document() {
        assert_eq!(escaped("a<b>&\"c\"\n\u{0}\u{1b}\u{fffe}\u{e9}"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;\\u{0}\\u{1b}\\u{fffe}\u{e9}");
    }
}
