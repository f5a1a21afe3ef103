//! The preferred chain was not among those that the CA offered.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;
use crate::plan::renew::State;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "renewal.chain-not-offered",
        title: "the CA does not offer the preferred chain",
        why: "The certificate was issued with the CA's default chain. Clients for whose sake another chain was preferred may not trust it.",
        source: "RFC 8555 section 7.4.2: alternate chains",
        severity: Severity::Warning,
        hint: "Name one of the offered issuers in preferred_chain, or leave it out; then `notafter renew LINEAGE --force`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Lineage(violated),
};

fn violated(state: &State<'_>) -> Vec<Said> {
    let missed = state.held.and_then(|held| held.missed_chain.as_ref());
    // What is preferred now may be another chain, or none: that shows at the next order.
    let Some(missed) = missed.filter(|missed| state.spec.preferred_chain.as_ref() == Some(&missed.wanted))
    else {
        return Vec::new();
    };
    let text = format!(
        "no chain of the CA leads to {:?}; it offers {}, and its default is used",
        missed.wanted,
        missed.offered.join(", ")
    );
    let evidence = json!({ "wanted": missed.wanted, "offered": missed.offered });
    vec![Said::new(Severity::Warning, &missed.wanted, text, evidence)]
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::ledger::Ledger;
    use crate::model::MissedChain;
    use crate::plan::renew::stage::{held, lineage, spec};
    use crate::rule::judge_lineage;

    #[test]
    fn a_chain_that_is_not_offered_is_told_until_one_fits_or_none_is_wanted() {
        let start = Time::from_unix_seconds(1_796_000_000);
        let ledger = Ledger::default();
        let mut wish = spec();
        wish.preferred_chain = Some("Old Root".to_owned());
        let mut held = held(start, Span::days(90));
        let told = |wish, held: &_| {
            let lineage = lineage(wish);
            judge_lineage(&State::of(&lineage, Some(held), &ledger, start).unwrap())
        };
        assert_eq!(told(wish.clone(), &held), []);
        let offered = vec!["New Root".to_owned(), "Cross Root".to_owned()];
        held.missed_chain = Some(MissedChain { wanted: "Old Root".to_owned(), offered });
        let [violation] = told(wish.clone(), &held).try_into().unwrap();
        assert_eq!((violation.code.as_str(), violation.severity), (RULE.meta.code, RULE.meta.severity));
        assert_eq!(
            violation.text,
            "no chain of the CA leads to \"Old Root\"; it offers New Root, Cross Root, and its default is used"
        );
        assert_eq!(violation.evidence["offered"], json!(["New Root", "Cross Root"]));
        wish.preferred_chain = None;
        assert_eq!(told(wish, &held), []);
    }
}
