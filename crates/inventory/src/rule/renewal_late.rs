//! A renewal is due and was not even tried.

use notafter_cert::Span;
use serde_json::json;

use super::{Kind, Mark, Meta, Rule, Said};
use crate::model::Severity;
use crate::plan::renew::{self, Hold, State};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "renewal.late",
        title: "renewal is late",
        why: "The renewal is due and no attempt was made: the server was not running, a limit of the CA holds it back, or an order hangs.",
        source: "veld, 2026-08: a maintenance loop stalled for 29 hours while its own doctor was green",
        severity: Severity::Critical,
        hint: "See whether `notafter serve` runs (`notafter status`), then `notafter renew`.",
        clients: None,
        marks: &[Mark::EndOfLineage],
    },
    kind: Kind::Lineage(violated),
};

fn violated(state: &State<'_>) -> Vec<Said> {
    let Some(held) = state.held else { return Vec::new() };
    // An attempt that failed is told by `renewal.failing`.
    if !state.failures().is_empty() {
        return Vec::new();
    }
    let plan = renew::plan(state);
    let late = -plan.margin;
    let grace = held.lifetime().share(1, 50).max(Span::hours(1).min(held.lifetime().share(1, 10)));
    if late <= grace {
        return Vec::new();
    }
    let limits = state.thresholds.leaf(held.lifetime());
    let severity = limits.severity(held.not_after.since(state.now)).max(Severity::Warning);
    let held_back = plan.holds.last().map(|Hold { until, text }| format!("; waits until {until}: {text}"));
    let text = format!(
        "renewal late by {late} ({}), no attempt failed{}",
        plan.action.why,
        held_back.unwrap_or_default()
    );
    let evidence = json!({
        "due_at": plan.due_at,
        "next_attempt": plan.action.not_before,
        "not_after": held.not_after,
        "holds": plan.holds,
    });
    vec![Said::new(severity, "late", text, evidence)]
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use super::*;
    use crate::ledger::Ledger;
    use crate::plan::renew::stage::{held, lineage, spec};

    const START: Time = Time::from_unix_seconds(1_796_000_000);

    #[test]
    fn silence_after_the_due_instant_is_told_at_every_lifetime() {
        let table = [
            (Span::hours(12), Span::hours(7), None),
            (Span::hours(12), Span::hours(4), Some(Severity::Critical)),
            (Span::hours(160), Span::hours(79), None),
            (Span::hours(160), Span::hours(76), Some(Severity::Warning)),
            (Span::days(90), Span::days(30), None),
            (Span::days(90), Span::days(29), None),
            (Span::days(90), Span::days(27), Some(Severity::Warning)),
            (Span::days(90), Span::ZERO, Some(Severity::Critical)),
            (Span::days(90), -Span::days(1), Some(Severity::Critical)),
            (Span::days(398), Span::days(120), Some(Severity::Warning)),
        ];
        for (lifetime, left, severity) in table {
            let held = held(START, lifetime);
            let lineage = lineage(spec());
            let ledger = Ledger::default();
            let state = State::of(&lineage, Some(&held), &ledger, held.not_after - left).unwrap();
            let said = violated(&state);
            assert_eq!(said.first().map(|said| said.severity), severity, "{lifetime}, {left} left");
        }
    }
}
