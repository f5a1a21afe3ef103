//! When an owner is asked whether it still answers for what it owns, and how: while it works, two weeks before what it said
//! last does not count any more, and once a week until somebody says so. Once that is over, a finding asks instead
//! (`owner.unacknowledged`).

use notafter_cert::{Span, Time};
use serde_json::json;

use super::ahead::is_ahead;
use super::alert::to_answer;
use crate::model::{
    Channel, Contact, Delivery, DeliveryId, DeliveryState, Given, Message, Owner, Ownership, Purpose, Random,
};

/// How long before it is over owners are asked; where they are asked oftener than every four weeks, half of that.
const ASKED_BEFORE: Span = Span::days(14);
/// And so long after the message before.
const ASKED_AGAIN: Span = Span::days(7);

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Rest,
    /// It is asked from now on: remember since when.
    Begin,
    /// It is asked no more, and never said anything: whoever asks it again begins anew.
    Forget,
    /// Somebody is to be asked.
    Ask,
}

/// What to do now, and when to look again where nothing changes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnershipPlan {
    /// What to do.
    pub step: Step,
    /// When to look again.
    pub next_at: Option<Time>,
}

/// Decides for one owner.
#[must_use]
pub fn decide(owner: &Owner, known: Option<&Ownership>, now: Time) -> OwnershipPlan {
    let rest = |step| OwnershipPlan { step, next_at: None };
    let (every, known) = match (owner.acknowledge, known) {
        (None, Some(known)) if known.given.is_none() => return rest(Step::Forget),
        (None, _) => return rest(Step::Rest),
        (Some(_), None) => return OwnershipPlan { step: Step::Begin, next_at: Some(now) },
        // What a clock that was ahead began would be asked when that date comes.
        (Some(_), Some(known)) if is_ahead(known.since, now) => {
            return OwnershipPlan { step: Step::Begin, next_at: Some(now) };
        }
        (Some(every), Some(known)) => (every, known),
    };
    let until = known.until(every);
    let from = until - ASKED_BEFORE.min(every.share(1, 2));
    let asked = known.asked_at.filter(|asked| !is_ahead(*asked, now) && *asked >= from);
    let due = asked.map_or(from, |asked| asked + ASKED_AGAIN).max(now);
    let due = owner.hours.working_from(due);
    if due >= until {
        return rest(Step::Rest);
    }
    if due > now {
        return OwnershipPlan { step: Step::Rest, next_at: Some(due) };
    }
    OwnershipPlan { step: Step::Ask, next_at: Some(now + ASKED_AGAIN) }
}

/// What an owner answers for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Lineages.
    pub lineages: u64,
    /// Endpoints.
    pub endpoints: u64,
}

impl Holdings {
    /// `3 lineages and 1 endpoint`; nothing where there is none of either.
    #[must_use]
    pub fn words(self) -> Option<String> {
        let counted = |count: u64, one: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            many => Some(format!("{many} {one}s")),
        };
        let parts = [counted(self.lineages, "lineage"), counted(self.endpoints, "endpoint")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" and "))
    }
}

/// The message that asks. What is stored of it holds no link: that is put in as it is sent.
pub fn question(
    (owner, known, every): (&Owner, &Ownership, Span),
    holdings: Holdings,
    (contact, channel): (&Contact, &Channel),
    now: Time,
    random: &mut dyn FnMut() -> Random,
) -> Delivery {
    let name = &owner.name;
    let holdings = holdings.words().unwrap_or_else(|| "what it owns".to_owned());
    let until = known.until(every).for_people();
    let last = match &known.given {
        Some(Given { at, by }) => format!("{by} last said so at {}.", at.for_people()),
        None => "Nobody has said so yet.".to_owned(),
    };
    let body = format!(
        "{name} answers for {holdings}, and is asked every {every} whether it still does.\n{last}\nWhere nobody does by {until}, a finding says that nobody answers for them, and\nwhoever stands behind {name} hears of it.\n\nTo say that {name} still answers for them:\n\n{}\n\nWhere others do by now, name them in the inventory file instead.\n\nOwner: {name}\nChannel: {}\nWritten: {}\n",
        to_answer(name),
        channel.name,
        now.for_people()
    );
    Delivery {
        id: DeliveryId::new(now, random()),
        owner_id: owner.id,
        alert_id: None,
        channel_id: channel.id,
        to: contact.to.clone(),
        purpose: Purpose::Ownership,
        message: Message {
            subject: format!("notafter: does {name} still answer for {holdings}?"),
            body,
            data: json!({
                "schema": "notafter.ownership-question/1",
                "owner": name,
                "channel": channel.name,
                "until": known.until(every),
            }),
        },
        code: None,
        state: DeliveryState::Pending,
        attempts: Vec::new(),
        next_at: Some(now),
        created_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::channel::stage::channel;
    use crate::model::{Actor, BusinessHours, OwnerId};

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn owner(acknowledge: Option<Span>) -> Owner {
        Owner {
            id: OwnerId::from_bytes([1; 16]),
            name: "shop".to_owned(),
            contacts: Vec::new(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge,
        }
    }

    fn begun(since: &str) -> Ownership {
        let owner_id = owner(None).id;
        Ownership { owner_id, since: at(since), asked_at: None, given: None }
    }

    fn given(at: Time) -> Given {
        Given { at, by: Actor::User("ada".to_owned()) }
    }

    /// Lets days pass, waking the plan when it asks to be woken, and once a day; says when somebody is asked.
    fn asked(owner: &Owner, known: &mut Ownership, (mut now, days): (Time, i64)) -> Vec<String> {
        let until = now + Span::days(days);
        let mut said = Vec::new();
        while now <= until {
            let plan = decide(owner, Some(known), now);
            assert!(plan.next_at.is_none_or(|next| next > now), "it is woken again and again");
            if plan.step == Step::Ask {
                known.asked_at = Some(now);
                said.push(now.to_string());
            }
            now = plan.next_at.unwrap_or(now + Span::days(1)).min(now + Span::days(1));
        }
        said
    }

    #[test]
    fn who_is_new_is_asked_at_once_and_again_and_then_a_finding_speaks() {
        // A Saturday: nobody is asked before Monday.
        let (shop, mut known) = (owner(Some(Span::days(180))), begun("2026-11-28T12:00:00Z"));
        let said = asked(&shop, &mut known, (at("2026-11-28T12:00:00Z"), 60));
        assert_eq!(said, ["2026-11-30T09:00:00Z", "2026-12-07T09:00:00Z"]);
    }

    #[test]
    fn who_said_so_is_asked_two_weeks_before_it_is_over() {
        let (shop, mut known) = (owner(Some(Span::days(180))), begun("2026-11-02T12:00:00Z"));
        known.given = Some(given(at("2026-11-03T12:00:00Z")));
        known.asked_at = Some(at("2026-11-02T12:00:00Z"));
        let said = asked(&shop, &mut known, (at("2026-11-04T12:00:00Z"), 365));
        assert_eq!(said, ["2027-04-19T09:00:00Z", "2027-04-26T09:00:00Z"]);
        // A term of days is half over first.
        let (often, mut known) = (owner(Some(Span::days(4))), begun("2026-11-23T12:00:00Z"));
        known.given = Some(given(at("2026-11-23T12:00:00Z")));
        let said = asked(&often, &mut known, (at("2026-11-23T12:00:00Z"), 30));
        assert_eq!(said, ["2026-11-25T12:00:00Z"]);
    }

    #[test]
    fn it_begins_where_it_is_wanted_and_is_forgotten_where_it_is_not() {
        let (now, never, wanted) = (at("2026-11-25T12:00:00Z"), owner(None), owner(Some(Span::days(180))));
        let known = begun("2026-11-24T12:00:00Z");
        let said = Ownership { given: Some(given(now)), ..known.clone() };
        let ahead = begun("2028-11-24T12:00:00Z");
        let table = [
            (&never, None, Step::Rest),
            (&never, Some(&known), Step::Forget),
            (&never, Some(&said), Step::Rest),
            (&wanted, None, Step::Begin),
            (&wanted, Some(&ahead), Step::Begin),
            (&wanted, Some(&known), Step::Ask),
            (&wanted, Some(&said), Step::Rest),
        ];
        for (owner, known, step) in table {
            assert_eq!(decide(owner, known, now).step, step, "{known:?}");
        }
    }

    #[test]
    fn the_question_says_what_is_asked_until_when_and_what_to_type() {
        let (shop, mut known) = (owner(Some(Span::days(180))), begun("2026-11-02T12:00:00Z"));
        known.given = Some(given(at("2026-11-03T12:00:00Z")));
        let contact = Contact { channel: "mail".to_owned(), to: Some("shop@example.org".to_owned()) };
        let asked = question(
            (&shop, &known, Span::days(180)),
            Holdings { lineages: 3, endpoints: 1 },
            (&contact, &channel("mail", "smtp")),
            at("2027-04-19T09:00:00Z"),
            &mut || [1; 10],
        );
        insta::assert_snapshot!(format!("{}\n\n{}", asked.message.subject, asked.message.body));
        assert_eq!(Holdings::default().words(), None);
    }
}
