//! `notafter check` against real servers.

mod curl;
mod outputs;
mod peers;
mod revocation;

use serde_json::Value;

use crate::notafter::{self, Ran};
use crate::peer::TODAY;

/// `check` with the day of the tests and these anchors.
fn check(trust: &str, arguments: &[&str]) -> Ran {
    let mut all = vec!["check", "--at", TODAY, "--trust", trust];
    all.extend(arguments);
    notafter::run(&all)
}

/// The document that `--format json` writes; it must hold to its schema.
fn json(trust: &str, arguments: &[&str]) -> Value {
    let mut all = vec!["--format", "json"];
    all.extend(arguments);
    let ran = check(trust, &all);
    assert_eq!(ran.err, "");
    ran.document()
}

/// The codes of a target's findings, with their severity.
fn findings(target: &Value) -> Vec<String> {
    let word = |found: &Value, key: &str| found[key].as_str().unwrap().to_owned();
    let findings = target["findings"].as_array().unwrap();
    findings.iter().map(|found| format!("{} {}", word(found, "severity"), word(found, "code"))).collect()
}
