//! Somebody else's automation runs, and fails.

use notafter_cert::Span;
use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::adopt::Watched;
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "automation.failing",
        title: "its renewal fails",
        why: "The renewing program is started and fails each time; weeks may pass before a visitor notices.",
        source: "Bazel, 2025-12-26: a renewal failed for a month before anybody knew",
        severity: Severity::Critical,
        hint: "Read the log that is named in the evidence, mend the cause, then start the program by hand.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Automation(violated),
};

/// One failed run is followed by a better one, or it is told after this long.
const PATIENCE: Span = Span::hours(26);

fn violated(watched: &Watched<'_>) -> Vec<Said> {
    let failures = watched.failures();
    let (Some(first), Some(last)) = (failures.first(), failures.last()) else { return Vec::new() };
    if failures.len() < 2 && watched.now.since(last.at) < PATIENCE {
        return Vec::new();
    }
    let newest = watched.case.newest.as_ref();
    let left = newest.map(|newest| newest.not_after().since(watched.now));
    let by_time = newest
        .zip(left)
        .map_or(Severity::Ok, |(newest, left)| watched.thresholds.leaf(newest.lifetime()).severity(left));
    let runs = if failures.len() == 1 {
        "its last run".to_owned()
    } else {
        format!("its last {} runs", failures.len())
    };
    let ends = match left {
        Some(left) if left.is_negative() => format!("; expired {} ago", left.abs()),
        Some(left) => format!("; the certificate ends in {left}"),
        None => String::new(),
    };
    let text = format!("{runs} failed, since {}: {}{ends}", first.at, last.detail);
    let evidence = json!({
        "failures": failures.len(),
        "since": first.at,
        "last": last.at,
        "detail": last.detail,
        "log": last.source,
        "not_after": newest.map(notafter_cert::Certificate::not_after),
    });
    let said = Said::new(by_time.max(Severity::Warning), "failing", text, evidence);
    let instead = watched.or_take_over();
    vec![said.with_hint(format!(
        "Read the log that is named in the evidence, mend the cause, then start the program by hand{instead}."
    ))]
}
