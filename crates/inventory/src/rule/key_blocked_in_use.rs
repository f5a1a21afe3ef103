//! A blocked key is still in use.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;
use crate::plan::renew::State;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "key.blocked-in-use",
        title: "blocked key is in use",
        why: "Somebody declared the key compromised, and the current certificate still uses it: whoever holds the key can speak for these names.",
        source: "CA/Browser Forum Baseline Requirements section 4.9.1.1: revocation within 24 hours of a key compromise",
        severity: Severity::Critical,
        hint: "A new certificate with a new key is ordered by itself; revoke the old one with `notafter revoke LINEAGE --reason key-compromise`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Lineage(violated),
};

fn violated(state: &State<'_>) -> Vec<Said> {
    let Some(held) = state.held else { return Vec::new() };
    let blocked = &state.lineage.renewal.blocked_keys;
    if !blocked.iter().any(|key| key.eq_ignore_ascii_case(&held.key_sha256)) {
        return Vec::new();
    }
    let text = format!("the current certificate of {} uses a blocked key", state.lineage.name);
    let evidence = json!({ "spki_sha256": held.key_sha256, "not_after": held.not_after });
    let ordered = "a new certificate with a new key is ordered by itself";
    let hint = match held.revoked {
        true => format!("{ordered}; this one is revoked already"),
        false => {
            format!(
                "{ordered}; revoke this one: notafter revoke {} --reason key-compromise",
                state.lineage.name
            )
        }
    };
    vec![Said::new(Severity::Critical, &held.key_sha256, text, evidence).with_hint(hint)]
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::ledger::Ledger;
    use crate::plan::renew::stage::{held, lineage, spec};
    use crate::rule::judge_lineage;

    #[test]
    fn a_blocked_key_is_told_while_it_is_in_use() {
        let start = Time::from_unix_seconds(1_796_000_000);
        let ledger = Ledger::default();
        let (mut lineage, held) = (lineage(spec()), held(start, Span::days(90)));
        assert_eq!(judge_lineage(&State::of(&lineage, Some(&held), &ledger, start).unwrap()), []);
        lineage.renewal.blocked_keys = vec![held.key_sha256.to_uppercase()];
        let told = judge_lineage(&State::of(&lineage, Some(&held), &ledger, start).unwrap());
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].code.as_str(), told[0].severity), (RULE.meta.code, RULE.meta.severity));
    }

    /// The command had no lineage, and stood below the finding that this very certificate is revoked.
    #[test]
    fn a_certificate_that_is_revoked_is_not_to_be_revoked() {
        let start = Time::from_unix_seconds(1_796_000_000);
        let ledger = Ledger::default();
        let (mut lineage, mut held) = (lineage(spec()), held(start, Span::days(90)));
        lineage.renewal.blocked_keys = vec![held.key_sha256.clone()];
        let hint = |held: &_| {
            let told = judge_lineage(&State::of(&lineage, Some(held), &ledger, start).unwrap());
            told.into_iter().find(|told| told.code == RULE.meta.code).unwrap().hint
        };
        let revoke = format!("notafter revoke {} --reason key-compromise", lineage.name);
        assert!(hint(&held).ends_with(&revoke), "{}", hint(&held));
        held.revoked = true;
        assert!(!hint(&held).contains("notafter revoke"), "{}", hint(&held));
    }
}
