//! The file of a watched certificate cannot be read.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::adopt::Watched;
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "automation.unreadable",
        title: "watched file cannot be read",
        why: "What is on disk is not known, so nobody can tell whether it was renewed.",
        source: "design law 6: unknown is a value",
        severity: Severity::Unknown,
        hint: "Let the server read the file, or adopt again after it has moved.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Automation(violated),
};

fn violated(watched: &Watched<'_>) -> Vec<Said> {
    let Some(why) = &watched.case.unread else { return Vec::new() };
    // What was only seen on the wire has no file that could be read.
    if watched.case.chain_file.is_empty() {
        return Vec::new();
    }
    let text = format!("{}: {why}", watched.case.chain_file);
    let evidence = json!({ "chain_file": watched.case.chain_file, "why": why });
    vec![Said::new(Severity::Unknown, "unreadable", text, evidence)]
}
