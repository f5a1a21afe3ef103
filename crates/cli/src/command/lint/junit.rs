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
    let class = escaped(&linted.place());
    for result in &linted.results {
        let inside = match &result.said {
            Said::NotApplicable | Said::NotEffective => continue,
            Said::Pass => String::new(),
            Said::Unknown(why) => {
                suite.skipped += 1;
                format!("<skipped message=\"{}\"/>", escaped(&format!("cannot be told: {why}")))
            }
            Said::NoList => {
                suite.skipped += 1;
                "<skipped message=\"no list was given\"/>".to_owned()
            }
            Said::Violated(found) if result.page.severity >= report.fail_on => {
                suite.failures += 1;
                let severity = result.page.severity.name();
                format!("<failure type=\"{severity}\" message=\"{}\">{}</failure>", escaped(found), escaped(&told(result)))
            }
            Said::Violated(found) => {
                format!("<system-out>{}</system-out>", escaped(&format!("{found}\n{}", told(result))))
            }
        };
        suite.tests += 1;
        writeln!(
            suite.cases,
            "    <testcase classname=\"{class}\" name=\"{}\" time=\"0\">{inside}</testcase>",
            result.page.id
        )
        .ok();
    }
    suite
}

fn told(result: &Result<'_>) -> String {
    let page = result.page;
    format!("{}: {}\nsource: {}\nhint: {}", page.severity.name(), page.title, page.citation, page.hint)
}

/// A file that could not be read, or has nothing to lint in it.
fn unread(source: &super::Source) -> Option<Suite> {
    let why = match &source.failure {
        Some((why, hint)) => format!("{why}; {hint}"),
        None if source.objects.is_empty() => "nothing to lint: no certificate, CRL or OCSP response in it".to_owned(),
        None => return None,
    };
    let (name, why) = (escaped(&source.file), escaped(&why));
    let cases = format!(
        "    <testcase classname=\"{name}\" name=\"can be read\" time=\"0\"><error type=\"unknown\" message=\"{why}\"/></testcase>\n"
    );
    Some(Suite { name: source.file.clone(), tests: 1, errors: 1, cases, ..Suite::default() })
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
