//! Somebody else's automation should have renewed by its own habit, and did not.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::adopt::Watched;
use crate::model::{Renewer, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "automation.late",
        title: "renewal is later than usual",
        why: "Whatever renewed this certificate until now did not do so at its usual time. Its timer and its log may look well all the same.",
        source: "veld, 2026-08: a maintenance loop stalled for 29 hours while its own doctor was green",
        severity: Severity::Critical,
        hint: "Start the renewing program by hand and read what it says.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Automation(violated),
};

fn violated(watched: &Watched<'_>) -> Vec<Said> {
    let case = watched.case;
    // Nobody's habit can be broken; what ends soon is told at the endpoint.
    let (Some(newest), Some(due)) = (&case.newest, watched.due()) else { return Vec::new() };
    if case.renewer == Renewer::Unknown || watched.now < due.late_at {
        return Vec::new();
    }
    let left = newest.not_after().since(watched.now);
    let severity = watched.thresholds.leaf(newest.lifetime()).severity(left).max(Severity::Warning);
    let ends =
        if left.is_negative() { format!("expired {} ago", left.abs()) } else { format!("{left} left") };
    let text = format!("renewal is {} late by {}; {ends}", watched.now.since(due.at), due.by);
    let evidence =
        json!({ "due_at": due.at, "late_at": due.late_at, "by": due.by, "not_after": newest.not_after() });
    let said = Said::new(severity, "late", text, evidence);
    let instead = watched.or_take_over();
    vec![said.with_hint(format!("Start the renewing program by hand and read what it says{instead}."))]
}
