//! Somebody would be told, but nobody knows whether they can read it.

use serde_json::json;

use super::{Kind, Meta, OwnerFacts, Rule, Said};
use crate::model::Severity;
use crate::plan::ahead::is_ahead;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "alert.no-proved-path",
        title: "no proved path to the owner",
        why: "An alert that nobody can read is worse than none: everybody believes in it. Mail servers accept and drop, addresses rot, webhooks are orphaned.",
        source: "notafter: design, law 11",
        severity: Severity::Warning,
        hint: "Run `notafter alert test`; where a code arrives, type it: `notafter alert confirm CODE`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Owner(violated),
};

fn violated(facts: &OwnerFacts<'_>) -> Vec<Said> {
    let paths = &facts.paths;
    let proved = paths.iter().any(|(_, path)| path.is_some_and(|path| path.is_proved(facts.now)));
    if paths.is_empty() || proved {
        return Vec::new();
    }
    let name = &facts.owner.name;
    let aged = paths.iter().filter_map(|(_, path)| path.and_then(|path| path.proved_at)).max();
    let text = match aged {
        Some(at) if is_ahead(at, facts.now) => {
            format!("no path to {name} is proved: a clock that was ahead proved one at {}", at.for_people())
        }
        Some(at) => {
            format!("no path to {name} is proved any more, the last proof is from {}", at.for_people())
        }
        None => format!("no path to {name} was ever proved"),
    };
    let evidence: Vec<_> = paths
        .iter()
        .map(|(contact, path)| {
            json!({
                "channel": contact.channel,
                "to": contact.to,
                "accepted_at": path.and_then(|path| path.accepted_at),
                "proved_at": path.and_then(|path| path.proved_at),
                "last_error": path.and_then(|path| path.last_error.clone()),
            })
        })
        .collect();
    vec![Said::new(Severity::Warning, "", text, json!({ "paths": evidence }))]
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::model::Path;
    use crate::rule::owner_unreachable::stage::{contact, owner, path};

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn said(paths: &[Option<Path>]) -> Vec<Said> {
        let owner = owner(paths.len());
        let contacts: Vec<_> = (0..paths.len()).map(contact).collect();
        let paths = contacts.iter().zip(paths.iter().map(Option::as_ref)).collect();
        violated(&OwnerFacts {
            owner: &owner,
            paths,
            is_last: false,
            loopback_site: None,
            resting: None,
            ownership: None,
            now: NOW,
        })
    }

    #[test]
    fn one_proved_path_is_enough_and_accepted_is_not_proved() {
        let proved = Path { proved_at: Some(NOW - Span::days(3)), ..path() };
        let aged = Path { proved_at: Some(NOW - Path::PROOF_HOLDS), ..path() };
        let accepted = Path { accepted_at: Some(NOW), ..path() };
        let hiccup = Path { failing_since: Some(NOW), failures: 1, ..proved.clone() };
        let down = Path { failures: Path::DOWN_AFTER, ..hiccup.clone() };
        assert_eq!(said(&[None, Some(proved)]), []);
        assert_eq!(said(&[Some(hiccup)]), []);
        for unproved in [None, Some(aged), Some(accepted), Some(down)] {
            assert_eq!(said(&[unproved]).len(), 1);
        }
        assert_eq!(said(&[]), [], "that is owner.unreachable");
    }

    /// A path that was proved while the clock was 400 days ahead counted as proved for 580 days.
    #[test]
    fn what_a_clock_that_was_ahead_proved_is_not_proved() {
        let ahead = |span| Path { proved_at: Some(NOW + span), ..path() };
        assert_eq!(said(&[Some(ahead(Span::minutes(1)))]), [], "clocks are set by small steps");
        let [said] = &said(&[Some(ahead(Span::days(400)))])[..] else { panic!("it is told") };
        assert!(
            said.text.ends_with("a clock that was ahead proved one at 2028-01-04 00:53 UTC"),
            "{}",
            said.text
        );
    }
}
