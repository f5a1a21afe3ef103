//! `notafter explain`: why a lineage is renewed when it is, and what a code means.

use clap::ValueEnum;
use notafter_cert::lint::Page;
use notafter_engine::operate::explain::{Explain, Explained};
use notafter_engine::operate::run_book::{Of, Told};
use notafter_inventory::catalogue::{self, Entry, Origin};
use notafter_inventory::model::FindingId;
use notafter_inventory::rule;
use notafter_inventory::run_book::{Advice, RunBook, Visitor};
use serde_json::{Value, json};

use super::lint;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{outcome, terminal};
use crate::session::Session;

/// Explain a decision: when a lineage is renewed next and why, what a code such as renewal.failing means, or what to do
/// about a finding: its run-book
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A lineage by name or identifier (ln_...), the code of a finding, an error or a lint, such as renewal.failing or
    /// br.ext-san-missing, or a finding by identifier (fd_...)
    #[arg(value_name = "LINEAGE|CODE|FINDING")]
    what: String,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document
    Json,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let finding = args.what.parse::<FindingId>().ok();
    let lint = catalogue::find(&args.what).is_none().then(|| Page::find(&args.what)).flatten();
    let (lines, document) = match (catalogue::find(&args.what), lint, finding) {
        (Some(entry), _, _) => manual(&entry),
        (None, Some(page), _) => lint::page_of(&page),
        (None, None, Some(finding)) => run_book(&session.operate("run-book", Of { finding }).await?),
        (None, None, None) => {
            let explained: Explained = session.operate("lineage.explain", Explain { lineage: args.what }).await?;
            let document = json!({
                "schema": "notafter.explain/1",
                "lineage": explained.name,
                "id": explained.id,
                "lines": explained.lines,
                "plan": explained.plan,
                "findings": explained.findings,
            });
            (explained.lines, document)
        }
    };
    let written = match args.format {
        Format::Text => {
            let lines: Vec<String> = lines.iter().map(|line| session.here.in_words(line)).collect();
            wrapped(&lines)
        }
        Format::Json => format!("{document:#}\n"),
    };
    outcome::print(&written)?;
    Ok(Exit::Done)
}

fn wrapped(lines: &[String]) -> String {
    let width = terminal::width();
    lines.iter().flat_map(|line| terminal::wrap(line, "    ", width)).map(|line| line + "\n").collect()
}

/// The run-book of a finding: lines for people, and the same as a document.
fn run_book(Told { finding, run_book }: &Told) -> (Vec<String>, Value) {
    let RunBook { visitors, tell, bypass, meanwhile, mend, heals } = run_book;
    let violation = &finding.violation;
    let mut lines = vec![
        format!("{} {}: {}", violation.severity, violation.code, violation.text),
        format!("hint: {}", violation.hint),
    ];
    for Visitor { client, shows, passable } in visitors {
        lines.push(format!("{client} shows: {shows}; can be passed: {}", passable.words()));
    }
    lines.push(format!("tell them: {tell}"));
    lines.push(format!("can anybody pass it: {bypass}"));
    for Advice { text, command } in meanwhile {
        lines.push(format!("meanwhile: {text}"));
        lines.extend(command.iter().map(|command| format!("    $ {command}")));
    }
    if !mend.is_empty() {
        lines.push("to see through it and to mend it:".to_owned());
        lines.extend(mend.iter().map(|command| format!("    $ {command}")));
    }
    lines.extend(heals.iter().map(|line| format!("heals: {line}")));
    let document = json!({ "schema": "notafter.run-book/1", "finding": finding, "run_book": run_book });
    (lines, document)
}

/// The manual's entry of a code: lines for people, and the same as a document.
fn manual(entry: &Entry) -> (Vec<String>, Value) {
    let origin = match entry.origin {
        Origin::Finding => "finding",
        Origin::Error => "error",
        Origin::Note => "note",
        Origin::Path => "path",
        Origin::Retired => "retired: not given any more",
    };
    let mut lines = vec![format!("{}: {} ({origin})", entry.code, entry.title)];
    let mut document = json!({
        "schema": "notafter.code/1",
        "code": entry.code,
        "title": entry.title,
        "origin": origin,
    });
    if let Some(rule) = rule::find(entry.code) {
        lines.push(format!("severity: {} at the worst", rule.meta.severity));
        document["severity"] = json!(rule.meta.severity);
    }
    for (key, said) in [("why", entry.why), ("hint", entry.hint), ("source", entry.source)] {
        lines.push(format!("{key}: {said}"));
        document[key] = json!(said);
    }
    (lines, document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_with_why_hint_and_source() {
        for entry in catalogue::all() {
            let (lines, document) = manual(&entry);
            assert!(lines[0].starts_with(entry.code));
            for key in ["why", "hint", "source"] {
                let line = lines.iter().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
                assert_eq!(line, document[key].as_str(), "{}", entry.code);
                assert!(line.is_some_and(|said| !said.is_empty()), "{}: {key}", entry.code);
            }
            assert_eq!(document.get("severity").is_some(), rule::find(entry.code).is_some(), "{}", entry.code);
        }
    }

    #[test]
    fn a_code_of_a_finding_an_error_and_a_note() {
        let told = ["acme.paused", "note.chain-root"].map(|code| wrapped(&manual(&catalogue::find(code).unwrap()).0));
        insta::assert_snapshot!(told.join("\n"), @r"
        acme.paused: CA has paused the name (error)
        why: The CA paused issuance for a name, usually after it failed for months.
        hint: Mend the cause, then resume it at the page that the message names.
        source: Let's Encrypt, rate limits: pausing

        note.chain-root: root sent (note)
        why: The server sends the root. Whoever trusts it has it already, so every handshake carries it in
            vain.
        hint: Leave the self-signed root out of the chain file.
        source: RFC 8446 section 4.4.2
        ");
        let entry = catalogue::find("renewal.failing").unwrap();
        insta::assert_snapshot!(wrapped(&manual(&entry).0), @r"
        renewal.failing: renewal fails (finding)
        severity: CRITICAL at the worst
        why: The certificate is still valid, but nothing will replace it. An outage of this kind begins
            weeks before the expiry, in silence.
        hint: Read the failure with `notafter explain`, mend its cause, then `notafter renew LINEAGE
            --force` tries at once.
        source: Bazel, 2025-12-26: a renewal failed for a month before anybody knew
        ");
    }
}
