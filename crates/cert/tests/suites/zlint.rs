//! ZLint's own test certificates with the results that its tests expect.

use std::collections::BTreeMap;

use notafter_cert::lint::{self, Outcome, Severity, Subject, Verdict};
use notafter_cert::{Time, pem};

use crate::{archive, exceptions};

const WHAT: &str = "zlint's test certificates";

/// The word of ZLint for what became of a lint.
fn word(lint: &lint::Lint, outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => "NA",
        Outcome::NotEffective => "NE",
        Outcome::Judged(Verdict::Pass) => "Pass",
        Outcome::Judged(Verdict::Unknown(_)) => "Fatal",
        Outcome::Judged(Verdict::Violated(_)) => match lint.meta.severity {
            Severity::Notice => "Notice",
            Severity::Warning => "Warn",
            Severity::Error => "Error",
        },
    }
}

fn der(bytes: &[u8]) -> Vec<u8> {
    let blocks = pem::blocks(bytes);
    blocks.into_iter().next().map_or_else(|| bytes.to_vec(), |block| block.der)
}

/// 781 rows: lint, file, result. At least 97 of a hundred agree.
#[test]
fn lints_say_what_zlint_says() {
    let Some(rows) = archive::read("zlint_expected.tsv", WHAT) else { return };
    let files = archive::files("zlint-testdata.tar.xz", WHAT).unwrap();
    let at: Time = "2026-12-01T00:00:00Z".parse().unwrap();
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut disagreements = BTreeMap::new();
    let rows = String::from_utf8(rows).unwrap();
    let rows: Vec<Vec<&str>> = rows.lines().skip(1).map(|row| row.split('\t').collect()).collect();
    for row in rows.iter().filter(|row| row[1].contains(&only)) {
        let [_, name, file, expected] = row[..] else { panic!("{row:?}") };
        let der = der(&files[file]);
        let found = match lint::find(&format!("zlint:{name}")) {
            Some(lint) => word(lint, &lint.run(&Subject::of(&der, at))),
            None => "no such lint",
        };
        if found != expected {
            disagreements.insert(format!("{name} {file}"), format!("{found}, where zlint says {expected}"));
        }
    }
    assert!(disagreements.len() * 100 <= rows.len() * 3, "{}: {disagreements:#?}", disagreements.len());
    exceptions::compare(&disagreements, &exceptions::read(include_str!("exceptions/zlint.tsv")));
}
