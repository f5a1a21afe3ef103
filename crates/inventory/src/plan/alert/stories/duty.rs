//! Who is on duty hears of it.

use super::*;

/// A team: weekdays on call by turns, nights by the lead, and the default owner behind it.
fn team(start: &str) -> Stage {
    let mut stage = Stage::at(start);
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    let people = ["ada@shop.example", "bob@shop.example"].map(str::to_owned).to_vec();
    let (every, from_day) = (Turn::Week, Date::read("2026-11-23").unwrap().0);
    let rotation = Rotation { people, every, from_day, at_minute: 9 * 60, zone };
    let days = Days::named(["mon", "tue", "wed", "thu", "fri"]).unwrap();
    let hours = |from: u16, to: u16| Duty { days, from_minute: from * 60, to_minute: to * 60, zone };
    let turns =
        Rung { channel: "mail".to_owned(), to: None, rotation: Some(rotation), duty: Some(hours(9, 18)) };
    let nights = Rung { duty: Some(hours(18, 9)), ..Rung::from(mail("lead@shop.example")) };
    stage.owner.contacts = vec![turns, nights];
    stage
}

fn expired() -> Vec<Violation> {
    vec![violation("certificate.expired", Severity::Critical, endpoint(), "expired")]
}

#[test]
fn whoever_is_on_duty_hears_and_the_next_rung_at_once_where_nobody_is() {
    let table = [
        ("2026-11-25T12:00:00Z", "ada@shop.example"),
        ("2026-12-02T12:00:00Z", "bob@shop.example"),
        // At night the first rung has nobody.
        ("2026-11-25T22:00:00Z", "lead@shop.example"),
        // At the weekend neither has.
        ("2026-11-29T12:00:00Z", CALLS[2]),
    ];
    for (start, person) in table {
        let mut stage = team(start);
        stage.judge(expired());
        let told: Vec<&str> = stage.sent.iter().filter_map(|sent| sent.to.as_deref()).collect();
        assert_eq!(told, [person], "{start}: {}", stage.heard);
    }
}

#[test]
fn where_nobody_is_on_duty_at_all_the_first_one_hears() {
    let mut stage = team("2026-11-29T12:00:00Z");
    stage.fallback.contacts.clear();
    stage.judge(expired());
    assert_eq!(stage.sent[0].to.as_deref(), Some("ada@shop.example"), "{}", stage.heard);
}

#[test]
fn who_was_told_is_reminded_and_hears_that_it_is_over_whoever_is_on_duty_by_then() {
    // Friday afternoon; on Monday it is another one's turn.
    let mut stage = team("2026-11-27T16:40:00Z");
    stage.judge(expired());
    stage.pass(Span::minutes(10));
    stage.acknowledge();
    stage.pass(Span::days(3));
    stage.judge(vec![]);
    stage.pass(Span::hours(1));
    let told: Vec<_> =
        stage.sent.iter().map(|sent| (sent.to.clone().unwrap_or_default(), sent.purpose)).collect();
    let ada = || "ada@shop.example".to_owned();
    assert_eq!(told, [(ada(), Purpose::Opened), (ada(), Purpose::Recovered)], "{}", stage.heard);
}

#[test]
fn it_climbs_to_whoever_is_on_duty_then_and_waits_for_the_first_to_be_where_nobody_is() {
    let mut stage = team("2026-11-25T16:45:00Z"); // 17:45 in Berlin
    stage.judge(expired());
    stage.pass(Span::hours(2));
    insta::assert_snapshot!(stage.heard);
    let mut alone = team("2026-11-27T12:00:00Z"); // Friday; nights begin at 18:00 there
    alone.fallback.contacts.clear();
    alone.judge(expired());
    alone.pass(Span::hours(4));
    assert_eq!(alone.sent.len(), 1, "{}", alone.heard);
    assert!(alone.sent[0].message.body.contains("lead@shop.example"), "{}", alone.sent[0].message.body);
    alone.pass(Span::hours(1));
    let told: Vec<_> = alone.sent.iter().map(|sent| (sent.created_at.to_string(), sent.to.clone())).collect();
    assert_eq!(told[1], ("2026-11-27T17:00:00Z".to_owned(), Some("lead@shop.example".to_owned())));
}

/// Nobody is told twice, and the second of two who back one another is not passed over because the first one is on its list.
#[test]
fn who_backs_another_by_turns_hears_after_them() {
    let mut stage = team("2026-11-25T12:00:00Z");
    let mut first = stage.owner.contacts.remove(0);
    first.duty = None;
    let mut second = first.clone();
    second.rotation.as_mut().unwrap().people.reverse();
    stage.owner.contacts = vec![first, second];
    stage.judge(expired());
    stage.pass(Span::hours(2));
    let told: Vec<&str> = stage.sent.iter().filter_map(|sent| sent.to.as_deref()).collect();
    assert_eq!(told, ["ada@shop.example", "bob@shop.example", CALLS[2]], "{}", stage.heard);
}

#[test]
fn what_nobody_took_is_told_to_whoever_takes_the_turn_over() {
    // Sunday evening; on Monday at 9:00 there it is another one's turn.
    let mut stage = team("2026-11-29T20:00:00Z");
    stage.owner.contacts.truncate(1);
    stage.owner.contacts[0].duty = None;
    stage.fallback.contacts.clear();
    stage.judge(expired());
    let body = &stage.sent[0].message.body;
    assert!(body.contains("Next: bob@shop.example (mail) 2026-11-30 08:00 UTC"), "{body}");
    stage.pass(Span::hours(13));
    let told: Vec<_> = stage.sent.iter().map(|sent| (sent.created_at.to_string(), sent.to.clone())).collect();
    let at = |time: &str, to: &str| (time.to_owned(), Some(to.to_owned()));
    let expected =
        [at("2026-11-29T20:00:00Z", "ada@shop.example"), at("2026-11-30T08:00:00Z", "bob@shop.example")];
    assert_eq!(told, expected, "{}", stage.heard);
}

/// That it became critical was told at night to somebody who is at work by day, and to nobody else for half an hour.
#[test]
fn news_is_told_at_once_to_whoever_is_on_duty_where_nobody_who_knew_of_it_is() {
    let mut stage = team("2026-11-25T12:00:00Z");
    let end: Time = "2026-12-05T04:31:00Z".parse().unwrap();
    stage.judge(vec![expires(Severity::Warning, end)]);
    stage.pass(Span::hours(10));
    stage.judge(vec![expires(Severity::Critical, end)]);
    let told: Vec<_> =
        stage.sent.iter().map(|sent| (sent.to.as_deref().unwrap_or_default(), sent.purpose)).collect();
    let expected = [
        ("ada@shop.example", Purpose::Opened),
        ("ada@shop.example", Purpose::Risen),
        ("lead@shop.example", Purpose::Escalated),
    ];
    assert_eq!(told, expected, "{}", stage.heard);
    assert!(stage.heard.contains("why: nobody who knew of it is on duty"), "{}", stage.heard);
}

#[test]
fn the_next_one_hears_at_once_where_the_way_to_whoever_was_told_at_the_same_contact_is_down() {
    let mut stage = team("2026-11-29T20:00:00Z");
    stage.owner.contacts.truncate(1);
    stage.owner.contacts[0].duty = None;
    stage.fallback.contacts.clear();
    let mut down = Path::unknown(stage.channels[0].id, Some("ada@shop.example".to_owned()), stage.owner.id);
    down.failures = Path::DOWN_AFTER;
    down.failing_since = Some(stage.now);
    stage.paths.push(down);
    stage.judge(expired());
    // Bob hears as soon as he is on duty, in the middle of the patience of the message before.
    stage.now = "2026-11-30T07:45:00Z".parse().unwrap();
    stage.judge(expired());
    stage.pass(Span::minutes(15));
    let told: Vec<&str> = stage.sent.iter().filter_map(|sent| sent.to.as_deref()).collect();
    assert_eq!(told, ["ada@shop.example", "bob@shop.example"], "{}", stage.heard);
}

/// A way beside mail, at which somebody is on duty by its own hours.
fn way(channel: &str, to: Option<&str>, duty: Option<Duty>) -> Rung {
    let contact = Contact { channel: channel.to_owned(), to: to.map(str::to_owned) };
    Rung { duty, ..Rung::from(contact) }
}

/// Whoever hears of what is critical, with a pager and a hook beside mail; the default owner has mail, and what is given.
fn heard_of_critical(start: &str, beside: &[Rung], behind: &[Rung]) -> Vec<String> {
    let mut stage = team(start);
    stage.channels.push(Channel { id: ChannelId::from_bytes([4; 16]), ..channel("pager", "pager") });
    stage.channels.push(Channel { id: ChannelId::from_bytes([5; 16]), ..channel("hook", "webhook") });
    stage.owner.contacts.extend(beside.iter().cloned());
    stage.fallback.contacts.extend(behind.iter().cloned());
    stage.judge(expired());
    stage.pass(Span::minutes(1));
    let told = &stage.alerts[0].told;
    assert!(told.iter().all(|told| told.purpose == Purpose::Opened), "{}", stage.heard);
    let mut names: Vec<String> = told.iter().map(|told| told.contact.to_string()).collect();
    names.sort();
    names
}

/// When it begins; who is told beside mail, and beside the default owner's mail; the two who hear.
type Row = (&'static str, Vec<Rung>, Vec<Rung>, [&'static str; 2]);

/// The rule of the second way, by day (13:00) and by night (23:00) on a Wednesday, and on a Sunday.
#[test]
fn the_second_way_of_what_is_critical_is_to_whoever_is_on_duty_and_else_to_whoever_is_soonest() {
    const DAY: &str = "2026-11-25T12:00:00Z";
    const NIGHT: &str = "2026-11-25T22:00:00Z";
    const SUNDAY: &str = "2026-11-29T12:00:00Z";
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    let from = |from: u16, to: u16| {
        let days = Days::named(["mon", "tue", "wed", "thu", "fri"]).unwrap();
        Some(Duty { days, from_minute: from * 60, to_minute: to * 60, zone })
    };
    let (ada, lead) = (Some("ada@shop.example"), Some("lead@shop.example"));
    let always = || way("hook", None, None);
    let nights = || way("pager", None, from(18, 9));
    let days = || way("hook", None, from(9, 18));
    let table: [Row; 9] = [
        // The one who is told, on another way, before others that stand above it.
        (
            DAY,
            vec![always(), way("pager", ada, None)],
            vec![],
            ["ada@shop.example (mail)", "ada@shop.example (pager)"],
        ),
        (DAY, vec![always(), way("pager", lead, None)], vec![], ["ada@shop.example (mail)", "hook"]),
        // Not on a way on which nobody is on duty.
        (DAY, vec![always(), way("pager", ada, from(18, 9))], vec![], ["ada@shop.example (mail)", "hook"]),
        // Whoever else is on duty.
        (DAY, vec![nights(), days()], vec![], ["ada@shop.example (mail)", "hook"]),
        (NIGHT, vec![days(), nights()], vec![], ["lead@shop.example (mail)", "pager"]),
        // The default owner's, who are on duty, before the owner's, who are not.
        (DAY, vec![nights()], vec![always()], ["ada@shop.example (mail)", "hook"]),
        (SUNDAY, vec![nights()], vec![always()], ["hook", "root@example (mail)"]),
        // Nobody else is on duty: whoever is soonest.
        (DAY, vec![nights()], vec![], ["ada@shop.example (mail)", "pager"]),
        (SUNDAY, vec![nights(), days()], vec![], ["hook", "root@example (mail)"]),
    ];
    for (number, (start, beside, behind, two)) in table.into_iter().enumerate() {
        assert_eq!(heard_of_critical(start, &beside, &behind), two, "row {number}, {start}");
    }
}

/// The alarm of a drill plays that the first contact is out of reach: the one who was on duty as it began.
#[test]
fn a_drill_holds_back_what_goes_to_whoever_is_on_duty() {
    let mut stage = team("2026-11-25T22:00:00Z");
    let drill = Subject::Drill(crate::model::DrillId::from_bytes([8; 16]));
    let evidence = json!({ "first_contact_silent": true });
    stage.judge(vec![Violation {
        evidence,
        ..violation(crate::drill::ALARM, Severity::Warning, drill, "a drill")
    }]);
    stage.pass(Span::minutes(6));
    let told: Vec<_> =
        stage.sent.iter().map(|sent| (sent.to.as_deref().unwrap_or_default(), sent.state)).collect();
    let expected = [("lead@shop.example", DeliveryState::Failed), (CALLS[2], DeliveryState::Pending)];
    assert_eq!(told, expected, "{}", stage.heard);
    // Nobody is reminded of a drill, as the last of its messages said.
    stage.pass(Span::days(5));
    let bodies: Vec<&str> = stage.sent.iter().map(|sent| &sent.message.body[..]).collect();
    assert!(!bodies.iter().any(|body| body.contains("a reminder goes out")), "{bodies:#?}");
    assert!(bodies.iter().any(|body| body.contains("Next: nobody; the drill is over when")), "{bodies:#?}");
}
