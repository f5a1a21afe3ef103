//! Nobody says any more that an owner answers for what it owns.

use serde_json::json;

use super::{Kind, Mark, Meta, OwnerFacts, Rule, Said};
use crate::model::{Given, Severity};
use crate::plan::ahead::is_ahead;

/// The rule. Whoever stands behind the owner hears of it with the owner: a team that is gone tells nobody that it is.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "owner.unacknowledged",
        title: "nobody says that the owner still answers",
        why: "Teams are renamed, split and dissolved, and people leave; certificates stay. Where nobody said in time that an owner still answers for what it owns, the next alert about it may reach nobody who can act.",
        source: "notafter: design, law 11",
        severity: Severity::Warning,
        hint: "Let somebody of the owner say that it still answers: `notafter owner acknowledge NAME`, or the button on the page of settings. If nobody does any more, give what it owns to another owner in the inventory file.",
        clients: None,
        marks: &[Mark::ToBehind],
    },
    kind: Kind::Owner(violated),
};

fn violated(facts: &OwnerFacts<'_>) -> Vec<Said> {
    let (Some(every), Some(known)) = (facts.owner.acknowledge, facts.ownership) else { return Vec::new() };
    let name = &facts.owner.name;
    // What a clock that was ahead wrote down says nothing.
    let given = known.given.as_ref().filter(|given| !is_ahead(given.at, facts.now));
    let is_believed = given.is_some() || known.given.is_none();
    if is_believed && !known.is_over(every, facts.now) {
        return Vec::new();
    }
    let until = known.until(every);
    let text = match given {
        Some(Given { at, by }) => format!(
            "nobody says any more that {name} answers for what it owns: {by} last did at {}, and that counted until {}",
            at.for_people(),
            until.for_people()
        ),
        None if is_believed => {
            format!(
                "nobody ever said that {name} answers for what it owns, asked until {}",
                until.for_people()
            )
        }
        None => {
            format!("nobody says that {name} answers for what it owns: who last did has a date in the future")
        }
    };
    let evidence = json!({
        "asked_every": every,
        "asked_since": known.since,
        "until": is_believed.then_some(until),
        "last": given.map(|given| json!({ "at": given.at, "by": given.by.to_string() })),
    });
    let hint = format!(
        "let somebody of {name} say that it still answers: `notafter owner acknowledge {name}`, or the button on the page of settings; if nobody does any more, give what it owns to another owner in the inventory file"
    );
    vec![Said::new(Severity::Warning, "", text, evidence).with_hint(hint)]
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::model::{Actor, Owner, Ownership};
    use crate::rule::owner_unreachable::stage::owner;

    const EVERY: Span = Span::days(180);

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn said(acknowledge: Option<Span>, known: Option<&Ownership>, now: &str) -> Vec<Said> {
        let owner = Owner { acknowledge, ..owner(1) };
        violated(&OwnerFacts {
            owner: &owner,
            paths: Vec::new(),
            is_last: false,
            loopback_site: None,
            resting: None,
            ownership: known,
            now: at(now),
        })
    }

    fn known(given: Option<&str>) -> Ownership {
        let by = Actor::User("ada".to_owned());
        Ownership {
            owner_id: owner(1).id,
            since: at("2026-11-01T09:00:00Z"),
            asked_at: None,
            given: given.map(|text| Given { at: at(text), by }),
        }
    }

    #[test]
    fn it_is_said_from_the_instant_on_at_which_nothing_counts_any_more() {
        let (never, given) = (known(None), known(Some("2026-11-10T09:00:00Z")));
        let table = [
            (Some(EVERY), Some(&never), "2026-11-15T08:59:59Z", 0),
            (Some(EVERY), Some(&never), "2026-11-15T09:00:00Z", 1),
            (Some(EVERY), Some(&given), "2027-05-09T08:59:59Z", 0),
            (Some(EVERY), Some(&given), "2027-05-09T09:00:00Z", 1), // day 0
            (Some(EVERY), Some(&given), "2027-05-10T09:00:00Z", 1), // day -1
            (Some(EVERY), None, "2027-05-10T09:00:00Z", 0),         // not asked yet
            (None, Some(&given), "2027-05-10T09:00:00Z", 0),        // not asked any more
        ];
        for (every, known, now, findings) in table {
            assert_eq!(said(every, known, now).len(), findings, "{known:?} at {now}");
        }
    }

    #[test]
    fn it_names_who_said_so_last_and_what_mends_it() {
        let given = known(Some("2026-11-10T09:00:00Z"));
        let said = said(Some(EVERY), Some(&given), "2027-05-10T09:00:00Z").remove(0);
        assert_eq!((said.severity, said.cause.as_str()), (Severity::Warning, ""));
        insta::assert_snapshot!(format!("{}\n{}\n{}", said.text, said.hint.unwrap(), said.evidence));
    }

    #[test]
    fn what_a_clock_that_was_ahead_wrote_down_says_nothing() {
        let ahead = known(Some("2028-11-10T09:00:00Z"));
        assert_eq!(said(Some(EVERY), Some(&ahead), "2026-11-20T09:00:00Z").len(), 1);
    }
}
