//! Somebody was asked whether messages still arrive, and did not answer.

use serde_json::json;

use super::{Kind, Meta, OwnerFacts, Rule, Said};
use crate::model::{Contact, Path, Severity};

/// The rule. Other contacts hear of it: the ladder of an owner does not wait for one whose path is silent.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "alert.path-silent",
        title: "nobody answers on a path",
        why: "Messages are taken there, and nobody confirmed within a week that one arrived. Mail that is dropped, a mailbox that nobody reads any more and a phone that is muted look like this: the next alert may be read by nobody.",
        source: "notafter: design, laws 11 and 12",
        severity: Severity::Warning,
        hint: "Ask whoever reads there to open the link in the newest test message, or to type its code: `notafter alert confirm CODE`. If nobody does, put somebody else into the owner's contacts.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Owner(violated),
};

fn violated(facts: &OwnerFacts<'_>) -> Vec<Said> {
    let said = |(contact, path): &(&Contact, Option<&Path>)| {
        let path = (*path)?;
        let asked = path.silent_since(facts.now)?;
        let way = match &contact.to {
            Some(to) => format!("{to} ({})", contact.channel),
            None => contact.channel.clone(),
        };
        let text = format!("nobody answers at {way}, asked since {}", asked.for_people());
        let evidence = json!({
            "channel": contact.channel,
            "to": contact.to,
            "asked_at": asked,
            "tested_at": path.tested_at,
            "proved_at": path.proved_at,
            "proof_ends_at": path.proved_at.map(|at| at + Path::PROOF_HOLDS),
        });
        let hint = format!(
            "ask whoever reads {way} to open the link of the newest test message, or to type its code (`notafter alert confirm CODE`; `notafter alert test {}` sends a new one); if nobody does, name somebody else in the contacts of {}",
            contact.channel, facts.owner.name
        );
        Some(Said::new(Severity::Warning, &way, text, evidence).with_hint(hint))
    };
    facts.paths.iter().filter_map(said).collect()
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::rule::owner_unreachable::stage::{contact, owner, path};

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn said(path: &Path) -> Vec<Said> {
        let (owner, contact) = (owner(1), contact(0));
        let paths = vec![(&contact, Some(path))];
        let facts = OwnerFacts {
            owner: &owner,
            paths,
            is_last: false,
            loopback_site: None,
            resting: None,
            ownership: None,
            now: NOW,
        };
        violated(&facts)
    }

    #[test]
    fn a_week_without_an_answer_is_silence_and_a_path_that_is_down_is_none() {
        let asked = |days| Path { asked_at: Some(NOW - Span::days(days)), ..path() };
        let down = Path { failures: Path::DOWN_AFTER, ..asked(8) };
        for well in [path(), asked(6), down] {
            assert_eq!(said(&well), []);
        }
        let [silent] = &said(&asked(7))[..] else { panic!("it is silent") };
        assert_eq!(silent.cause, "0@example (mail)");
        assert_eq!(silent.text, "nobody answers at 0@example (mail), asked since 2026-11-23 00:53 UTC");
    }
}
