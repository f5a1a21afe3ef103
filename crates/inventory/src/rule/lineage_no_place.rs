//! A lineage is renewed and installed nowhere.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;
use crate::plan::renew::State;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "lineage.no-place",
        title: "certificate is installed nowhere",
        why: "It is issued and renewed, but nothing puts it where it is served: issued is not deployed.",
        source: "notafter: only the wire closes a renewal",
        severity: Severity::Warning,
        hint: "Add a place (`[[lineage.place]]` in the inventory file) with a deployer and the endpoints that must serve it.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Lineage(violated),
};

fn violated(state: &State<'_>) -> Vec<Said> {
    match state.places {
        Some([]) if state.held.is_some() => {
            let text = format!("{} is issued, and no place installs it", state.lineage.name);
            vec![Said::new(Severity::Warning, "no-place", text, json!({ "lineage": state.lineage.name }))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::ledger::Ledger;
    use crate::plan::renew::stage::{held, lineage, spec};
    use crate::rule::judge_lineage;

    #[test]
    fn a_certificate_without_a_place_is_told_only_once_there_is_one_and_somebody_looked() {
        let start = Time::from_unix_seconds(1_796_000_000);
        let (lineage, held, ledger) = (lineage(spec()), held(start, Span::days(90)), Ledger::default());
        let state = State::of(&lineage, Some(&held), &ledger, start).unwrap();
        assert_eq!(judge_lineage(&state), []);
        let codes: Vec<String> =
            judge_lineage(&state.with_places(&[])).into_iter().map(|one| one.code).collect();
        assert_eq!(codes, ["lineage.no-place"]);
        let first = State::of(&lineage, None, &ledger, start).unwrap().with_places(&[]);
        assert_eq!(judge_lineage(&first), []);
    }
}
