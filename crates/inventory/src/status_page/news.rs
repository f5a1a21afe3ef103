//! What the page tells by mail: each thing once, with the identity by which it is known that it was told.

use std::collections::BTreeSet;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::spell::COMES_BACK;
use super::{Event, Page, Planned, Update, identities, identity};
use crate::model::{MaintenanceStatus, Subscriber};

/// What is older is on the page alone: nobody wants to be told tomorrow of what was over today.
const LATE: Span = Span::hours(24);

/// Something that is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// By which it is known: the same thing has the same.
    pub id: String,
    /// When it came about.
    pub at: Time,
    /// The components that it is about, as programs know them, also those that are not on the page any more; all where there is
    /// none.
    pub components: Vec<String>,
    /// In a line.
    pub subject: String,
    /// In full.
    pub text: String,
    /// Where it stands on the page.
    pub anchor: String,
}

impl News {
    /// Whether somebody is told of it: what came about before they confirmed is no news to them.
    #[must_use]
    pub fn is_for(&self, subscriber: &Subscriber) -> bool {
        let wanted = &subscriber.components;
        let is_wanted = self.components.is_empty()
            || wanted.is_empty()
            || self.components.iter().any(|component| wanted.contains(component));
        is_wanted && subscriber.confirmed_at.is_some_and(|at| at <= self.at)
    }
}

/// What is to be told now and is not in `known`, oldest first.
#[must_use]
pub fn news(page: &Page, known: &BTreeSet<String>, now: Time) -> Vec<News> {
    let events = page.events.iter().flat_map(|event| match event.is_detected {
        true => detected(event, known, now),
        false => told(event),
    });
    let mut all: Vec<News> = events.chain(page.maintenances.iter().flat_map(planned)).collect();
    all.retain(|news| news.at <= now && now.since(news.at) < LATE && !known.contains(&news.id));
    all.sort_by(|one, next| one.at.cmp(&next.at).then_with(|| one.id.cmp(&next.id)));
    all
}

fn is(of: &str, what: &str) -> String {
    identity("news", &format!("{of}\n{what}"))
}

fn about(components: &[String]) -> String {
    if components.is_empty() { String::new() } else { format!("\nServices: {}", components.join(", ")) }
}

/// What holds for longer than a blip, and that it is over for longer than it might come back.
fn detected(event: &Event, known: &BTreeSet<String>, now: Time) -> Vec<News> {
    // It may have begun long before a look showed it.
    let seen_at = event.updates.last().map_or(event.began_at, |first| first.at);
    let lasted = event.resolved_at.unwrap_or(now).since(seen_at);
    if lasted < COMES_BACK {
        return Vec::new();
    }
    let begun = is(&event.id, "begun");
    let one = |id: String, at, update: Option<&Update>, what: &str| News {
        id,
        at,
        components: event.concerns.clone(),
        subject: format!("{}{what}", event.name),
        text: format!(
            "{}\nSince {}; detected automatically, and no person has written of it yet.",
            update.map_or("", |update| update.text.as_str()),
            event.began_at.for_people()
        ),
        anchor: event.id.clone(),
    };
    match event.resolved_at {
        None => vec![one(begun, seen_at + COMES_BACK, event.updates.last(), "")],
        Some(over) if known.contains(&begun) && now.since(over) >= COMES_BACK => {
            vec![one(is(&event.id, "over"), over + COMES_BACK, event.updates.first(), " (over)")]
        }
        Some(_) => Vec::new(),
    }
}

/// Each update that a person tells.
fn told(event: &Event) -> Vec<News> {
    let by_people = event.updates.iter().rev().filter(|update| !update.is_detected);
    let one = |(position, update): (usize, &Update)| News {
        id: is(&event.id, &position.to_string()),
        at: update.at,
        components: event.concerns.clone(),
        subject: format!("{}: {}", event.name, update.status),
        text: format!("{}\n\nSince {}{}", update.text, event.began_at.for_people(), about(&event.components)),
        anchor: event.id.clone(),
    };
    by_people.enumerate().map(one).collect()
}

/// That it is announced, what is told of it, and that it begins and ends by its times.
fn planned(planned: &Planned) -> Vec<News> {
    let maintenance = &planned.maintenance;
    let id = maintenance.id.to_string();
    let when = format!(
        "From {} to {}{}",
        maintenance.from.for_people(),
        maintenance.until.for_people(),
        about(&planned.components)
    );
    let one = |what: &str, at, status: MaintenanceStatus, words: &str| News {
        id: is(&id, what),
        at,
        components: identities(&maintenance.components),
        subject: format!("{}: {}", maintenance.name, how_far(status)),
        text: format!("{words}\n\n{when}"),
        anchor: id.clone(),
    };
    let updates = maintenance.updates.iter().enumerate();
    let mut all: Vec<News> = updates
        .map(|(position, update)| one(&position.to_string(), update.at, update.status, &update.text))
        .collect();
    let is_said = |status| maintenance.updates.iter().any(|update| update.status == status);
    let is_moved = maintenance.updates.iter().any(|update| update.status != MaintenanceStatus::Scheduled);
    if !is_moved && planned.status != MaintenanceStatus::Scheduled {
        let words = "It begins now.";
        all.push(one("begun", maintenance.from, MaintenanceStatus::InProgress, words));
    }
    if planned.status == MaintenanceStatus::Completed && !is_said(MaintenanceStatus::Completed) {
        all.push(one("over", maintenance.until, MaintenanceStatus::Completed, "It is over."));
    }
    all
}

const fn how_far(status: MaintenanceStatus) -> &'static str {
    match status {
        MaintenanceStatus::Scheduled => "scheduled",
        MaintenanceStatus::InProgress => "under way",
        MaintenanceStatus::Verifying => "being looked at",
        MaintenanceStatus::Completed => "completed",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, ago, component, expired, incident, watched};
    use super::super::{Facts, Watched, judge};
    use super::*;
    use crate::model::{
        Actor, ComponentState, EndpointId, Finding, IncidentStatus, Maintenance, MaintenanceId,
        MaintenanceUpdate, SubscriberId,
    };

    fn subjects(facts: &Facts, known: &BTreeSet<String>, now: Time) -> Vec<String> {
        news(&judge(facts, now), known, now).into_iter().map(|news| news.subject).collect()
    }

    fn shown(findings: Vec<Finding>) -> Facts {
        Facts { components: vec![component(vec![watched(findings)])], ..Facts::default() }
    }

    #[test]
    fn what_is_detected_is_told_when_it_holds_and_its_end_when_it_does_not_come_back() {
        let none = BTreeSet::new();
        assert_eq!(subjects(&shown(vec![expired((9, None), &[])]), &none, NOW), Vec::<String>::new());
        let held = shown(vec![expired((11, None), &[])]);
        let told = news(&judge(&held, NOW), &none, NOW);
        assert_eq!((told.len(), told[0].subject.as_str()), (1, "Shop: major outage"));
        let known: BTreeSet<String> = told.into_iter().map(|news| news.id).collect();
        assert_eq!(subjects(&held, &known, NOW), Vec::<String>::new(), "it is told once");
        let over = |minutes| shown(vec![expired((40, Some(minutes)), &[])]);
        let known_of = |facts: &Facts| -> BTreeSet<String> {
            let then = ago(25);
            let mut facts = facts.clone();
            let finding = &mut facts.components[0].endpoints[0].findings[0];
            finding.state = crate::model::FindingState::Open;
            finding.closed_at = None;
            news(&judge(&facts, then), &none, then).into_iter().map(|news| news.id).collect()
        };
        for (minutes, expected) in [(9, vec![]), (11, vec!["Shop: major outage (over)".to_owned()])] {
            assert_eq!(subjects(&over(minutes), &known_of(&over(minutes)), NOW), expected, "{minutes}");
        }
        assert_eq!(
            subjects(&over(11), &none, NOW),
            Vec::<String>::new(),
            "nobody was told that it began, as when the server was down"
        );
        let blip = shown(vec![expired((40, Some(35)), &[])]);
        assert_eq!(subjects(&blip, &none, NOW), Vec::<String>::new());
    }

    /// What began days before a look showed it is told as it is found, and not taken for old.
    #[test]
    fn what_had_ended_long_before_it_was_seen_is_told_when_it_is_seen() {
        let ended = |minutes: i64| {
            let mut lapsed = expired((minutes, None), &[]);
            lapsed.violation.evidence["not_after"] = serde_json::json!(ago(4_000));
            let id = EndpointId::new(ago(minutes), [1; 10]);
            let endpoint = Watched { id, ..watched(vec![lapsed]) };
            Facts { components: vec![component(vec![endpoint])], ..Facts::default() }
        };
        let told = |minutes| news(&judge(&ended(minutes), NOW), &BTreeSet::new(), NOW);
        assert_eq!(told(9), Vec::new(), "it may be a blip");
        let held = told(11);
        assert_eq!((held.len(), held[0].at), (1, ago(1)));
        assert!(held[0].text.contains(&format!("Since {}", ago(4_000).for_people())), "{}", held[0].text);
    }

    #[test]
    fn each_update_of_a_person_is_told_once() {
        use IncidentStatus::{Identified, Investigating, Resolved};
        let steps = [(2_000, Investigating), (60, Identified), (5, Resolved)];
        let facts = Facts {
            incidents: vec![incident(2_000, ComponentState::Operational, &steps)],
            ..shown(vec![expired((80, None), &[])])
        };
        let all = news(&judge(&facts, NOW), &BTreeSet::new(), NOW);
        let lines: Vec<&str> = all.iter().map(|news| news.subject.as_str()).collect();
        assert_eq!(
            lines,
            ["Shop: major outage", "Checkout fails: identified", "Checkout fails: resolved"],
            "what was told a day ago is on the page alone"
        );
        assert_eq!(all[1].components, ["Shop", "Gone"].map(|name| identity("component", name)));
        let ids: BTreeSet<&String> = all.iter().map(|news| &news.id).collect();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn what_is_told_of_a_component_that_left_the_page_is_for_those_alone_who_chose_it() {
        let mut gone = incident(60, ComponentState::MajorOutage, &[(60, IncidentStatus::Investigating)]);
        gone.components = vec!["Mail".to_owned()];
        let mut work = maintenance(&[(90, MaintenanceStatus::Scheduled)]);
        work.components = vec!["Mail".to_owned()];
        let facts = Facts { incidents: vec![gone], maintenances: vec![work], ..shown(Vec::new()) };
        let all = news(&judge(&facts, NOW), &BTreeSet::new(), NOW);
        assert!(all.len() > 1);
        assert!(all.iter().all(|news| news.components == [identity("component", "Mail")]), "{all:?}");
    }

    fn maintenance(updates: &[(i64, MaintenanceStatus)]) -> Maintenance {
        Maintenance {
            id: MaintenanceId::from_bytes([3; 16]),
            name: "A new disk".to_owned(),
            components: vec!["Shop".to_owned()],
            from: ago(60),
            until: ago(30),
            updates: updates
                .iter()
                .map(|(minutes, status)| MaintenanceUpdate {
                    at: ago(*minutes),
                    status: *status,
                    text: "we change a disk".to_owned(),
                    by: Actor::Person("ada".to_owned()),
                })
                .collect(),
        }
    }

    #[test]
    fn work_is_told_when_it_is_announced_begins_and_ends() {
        let at = |updates: &[(i64, MaintenanceStatus)], now| {
            let facts = Facts { maintenances: vec![maintenance(updates)], ..shown(Vec::new()) };
            subjects(&facts, &BTreeSet::new(), now)
        };
        let announced = [(90, MaintenanceStatus::Scheduled)];
        let lines = ["A new disk: scheduled", "A new disk: under way", "A new disk: completed"];
        assert_eq!(at(&announced, ago(80)), lines[..1]);
        assert_eq!(at(&announced, ago(50)), lines[..2]);
        assert_eq!(at(&announced, NOW), lines);
        let by_hand = [announced[0], (55, MaintenanceStatus::InProgress), (40, MaintenanceStatus::Completed)];
        assert_eq!(at(&by_hand, NOW), lines, "what a person said is not said again");
    }

    #[test]
    fn news_are_for_whoever_wants_them_and_confirmed_before() {
        let news = |components: &[&str]| News {
            id: "n".to_owned(),
            at: NOW,
            components: components.iter().map(|one| (*one).to_owned()).collect(),
            subject: String::new(),
            text: String::new(),
            anchor: String::new(),
        };
        let who = |components: &[&str], confirmed: Option<i64>| {
            let wanted = components.iter().map(|one| (*one).to_owned()).collect();
            let address = "ada@example.org".to_owned();
            let new = Subscriber::new(SubscriberId::new(NOW, [1; 10]), address, wanted, ago(90));
            confirmed.map_or(new.clone(), |minutes| new.confirmed(ago(minutes)))
        };
        for (about, wanted, confirmed, is_for) in [
            (&["a"][..], &[][..], Some(5), true),
            (&["a"], &["a", "b"], Some(5), true),
            (&["a"], &["b"], Some(5), false),
            (&[], &["b"], Some(5), true),
            (&["a"], &[], None, false),
            (&["a"], &[], Some(-1), false),
        ] {
            assert_eq!(news(about).is_for(&who(wanted, confirmed)), is_for, "{about:?} {wanted:?}");
        }
    }
}
