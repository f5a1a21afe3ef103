//! The current version is revoked.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;
use crate::plan::renew::State;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "lineage.revoked",
        title: "current certificate is revoked",
        why: "Clients that check revocation refuse it, and the places of the lineage may still serve it.",
        source: "RFC 5280 section 3.3",
        severity: Severity::Critical,
        hint: "A new certificate is ordered by itself; see how far it is with `notafter explain`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Lineage(violated),
};

fn violated(state: &State<'_>) -> Vec<Said> {
    let Some(held) = state.held.filter(|held| held.revoked) else { return Vec::new() };
    let text = format!("the current certificate of {} is revoked", state.lineage.name);
    vec![Said::new(Severity::Critical, held.version, text, json!({ "version": held.version }))]
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::ledger::Ledger;
    use crate::plan::renew::stage::{held, lineage, spec};
    use crate::rule::judge_lineage;

    #[test]
    fn a_revoked_version_is_told() {
        let start = Time::from_unix_seconds(1_796_000_000);
        let ledger = Ledger::default();
        let (lineage, mut held) = (lineage(spec()), held(start, Span::days(90)));
        assert_eq!(judge_lineage(&State::of(&lineage, Some(&held), &ledger, start).unwrap()), []);
        held.revoked = true;
        let told = judge_lineage(&State::of(&lineage, Some(&held), &ledger, start).unwrap());
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].code.as_str(), told[0].severity), (RULE.meta.code, RULE.meta.severity));
    }
}
