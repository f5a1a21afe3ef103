//! What drills show, as tables.

use notafter_cert::{Span, Time};

use super::*;
use crate::model::{
    Acknowledgement, Actor, AlarmTold, DeliveryState, DrillFault, DrillId, LineageId, OwnerId, Played,
    PlayedPlace, PlayedTold, Script, Setback, Severity,
};
use crate::rule;

const AT: Time = Time::from_unix_seconds(1_796_000_000);

fn contact(to: &str) -> Contact {
    Contact { channel: "mail".to_owned(), to: Some(to.to_owned()) }
}

fn setback(code: &str) -> Setback {
    Setback { at: AT, code: code.to_owned(), what: "it failed".to_owned(), hint: "mend it".to_owned() }
}

fn place(name: &str) -> PlayedPlace {
    PlayedPlace {
        name: name.to_owned(),
        deployer: "files".to_owned(),
        obstacle: None,
        installed_at: Some(AT),
        proved_at: Some(AT + Span::minutes(1)),
        stands: "proven".to_owned(),
    }
}

/// All went well.
fn played() -> Played {
    Played {
        at: AT,
        began_at: AT,
        ends_at: AT + Span::days(30),
        lifetime: Span::days(90),
        mended_at: None,
        failures: Vec::new(),
        issued_at: Some(AT + Span::seconds(3)),
        places: vec![place("web"), place("mail")],
        told: Vec::new(),
        stopped: None,
        signed_here: false,
    }
}

fn told(to: &str, after: Span) -> AlarmTold {
    AlarmTold {
        at: AT + after,
        contact: contact(to),
        state: DeliveryState::Accepted,
        said: Some("250 2.0.0 Ok".to_owned()),
    }
}

/// Two were told; the second took it.
fn alarm() -> Alarm {
    let taken = Acknowledgement { at: AT + Span::minutes(6), by: Actor::User("bob".to_owned()), note: None };
    Alarm {
        at: AT,
        alert: None,
        told: vec![told("ada@example.org", Span::ZERO), told("bob@example.org", PATIENCE)],
        taken: Some(taken),
    }
}

fn drill(fault: Option<DrillFault>, played: Played, alarm: Option<Alarm>) -> Drill {
    Drill {
        id: DrillId::from_bytes([1; 16]),
        owner_id: OwnerId::from_bytes([2; 16]),
        lineage_id: LineageId::from_bytes([3; 16]),
        lineage: "shop".to_owned(),
        begun_at: AT,
        begun_by: Actor::Engine,
        script: Script { fault, issuer: None, without_alarm: alarm.is_none() },
        played: Some(played),
        alarm,
        ended: Some(DrillEnd { at: AT + Span::hours(1), how: DrillEnding::Played, score: None }),
    }
}

/// Each step with its verdict and points.
fn steps(drill: &Drill) -> String {
    let result = judge(drill);
    let steps: Vec<String> = result
        .steps
        .iter()
        .map(|step| format!("{}: {} {}/{}", step.name.words(), step.verdict, step.points, step.of))
        .collect();
    format!("{}; {}", result.score, steps.join(", "))
}

#[test]
fn steps_and_points_follow_from_what_was_played() {
    let all = played();
    let unissued = Played { issued_at: None, failures: vec![setback("acme.dns")], ..played() };
    let slow = Played { failures: vec![setback("acme.server")], ..played() };
    let blocked = PlayedPlace { obstacle: Some(setback("deploy.forbidden")), ..place("mail") };
    let half = Played { places: vec![place("web"), blocked], ..played() };
    let unproved = PlayedPlace { proved_at: None, stands: "stale".to_owned(), ..place("web") };
    let stale = Played { places: vec![unproved], ..played() };
    let bare = Played { places: Vec::new(), ..played() };
    for (case, expected) in [
        (
            all,
            "100; order and challenge: passed 30/30, the real places: passed 20/20, installation and proof: passed 20/20",
        ),
        (
            unissued,
            "40; order and challenge: failed 0/30, the real places: passed 20/20, installation and proof: not played 0/0",
        ),
        (
            slow,
            "78; order and challenge: in part 15/30, the real places: passed 20/20, installation and proof: passed 20/20",
        ),
        (
            half,
            "85; order and challenge: passed 30/30, the real places: in part 10/20, installation and proof: passed 20/20",
        ),
        (
            stale,
            "71; order and challenge: passed 30/30, the real places: passed 20/20, installation and proof: failed 0/20",
        ),
        (
            bare,
            "100; order and challenge: passed 30/30, the real places: not played 0/0, installation and proof: not played 0/0",
        ),
    ] {
        assert_eq!(steps(&drill(None, case, None)), expected);
    }
}

/// Of a fault it counts when people hear, and that it heals by itself.
#[test]
fn a_fault_that_nobody_hears_of_in_time_fails() {
    let told = |left: Span| PlayedTold {
        at: AT + Span::days(30) - left,
        contact: contact("ada@example.org"),
        severity: Severity::Warning,
        subject: "WARNING shop: renewal failing".to_owned(),
    };
    let mended = Played { mended_at: Some(AT), ..played() };
    for (left, expected) in [
        (Some(Span::days(29)), "noticed in time: passed 30/30"),
        (Some(Span::hours(23)), "noticed in time: in part 15/30"),
        (Some(-Span::hours(1)), "noticed in time: failed 0/30"),
        (None, "noticed in time: failed 0/30"),
    ] {
        let played = Played { told: left.map(told).into_iter().collect(), ..mended.clone() };
        let shown = steps(&drill(Some(DrillFault::CaDown), played, None));
        assert!(shown.contains(expected), "{left:?}: {shown}");
        assert!(shown.contains("healed by itself: passed 20/20"), "{shown}");
    }
    let ended =
        Played { stopped: Some("the old certificate ended before".to_owned()), issued_at: None, ..mended };
    assert!(steps(&drill(Some(DrillFault::CaDown), ended, None)).contains("healed by itself: failed 0/20"));
}

/// Of 99 reminders each had a line of its own, and one cause stood there as often as it had failed.
#[test]
fn each_person_and_each_cause_is_told_once() {
    let told = |to: &str, day: i64| PlayedTold {
        at: AT + Span::days(day),
        contact: contact(to),
        severity: Severity::Warning,
        subject: format!("WARNING shop: day {day}"),
    };
    let people = ["ada", "bob", "ada", "ada"];
    let told = people.into_iter().zip(0..).map(|(to, day)| told(to, day)).collect();
    let token = |token: &str| Setback {
        what: format!("http://a/.well-known/acme-challenge/{token} answers 404"),
        ..setback("challenge.not-visible")
    };
    let failures = vec![setback("acme.dns"), token("1f"), token("2e"), token("3d")];
    let stopped = Some("it failed 3 times in a row".to_owned());
    let played = Played { told, failures, stopped, issued_at: None, mended_at: Some(AT), ..played() };
    let said: Vec<(&str, Option<String>)> = heard(&played)
        .iter()
        .map(|heard| (heard.first.contact.to.as_deref().unwrap_or_default(), heard.often()))
        .collect();
    assert_eq!(said, [("ada", Some("3 times in all".to_owned())), ("bob", None)]);
    let judged = judge(&drill(Some(DrillFault::CaDown), played, None));
    let heal = judged.steps.iter().find(|step| step.name == StepName::Heal).unwrap();
    assert_eq!(
        heal.mend[..2],
        [
            "http://a/.well-known/acme-challenge/... answers 404 (challenge.not-visible), 3 times; mend it",
            "it failed (acme.dns); mend it",
        ]
    );
}

/// "Not played" stood beside an alarm that was on its way.
#[test]
fn what_still_goes_on_is_under_way() {
    let waiting = Alarm { told: Vec::new(), taken: None, ..alarm() };
    let bare = Played { places: Vec::new(), ..played() };
    let open = Drill { ended: None, ..drill(None, bare, Some(waiting)) };
    let said: Vec<String> = judge(&open).steps.iter().map(Step::verdict_words).collect();
    assert_eq!(said, ["passed", "not played", "not played", "under way", "under way"]);
}

/// A certificate of five years had its fault for 22 days: it began with the stage, and the renewal fell due long after.
#[test]
fn a_fault_lasts_half_of_what_is_left_and_four_days_at_the_most() {
    for (lifetime, begins, lasts) in [
        (Span::hours(6), "3 min 36 s", "1 h"),
        (Span::days(12), "2 h 52 min", "2 d"),
        (Span::days(90), "21 h 36 min", "4 d"),
        (Span::days(1826), "1 d", "4 d"),
    ] {
        let ends = AT + lifetime.share(1, 3);
        let said = (prelude(lifetime).to_string(), mended_at(AT, ends).since(AT).to_string());
        assert_eq!(said, (begins.to_owned(), lasts.to_owned()), "{lifetime}");
    }
}

/// "-6 h before the end", "served -2 h after the fault was gone".
#[test]
fn times_after_the_end_read_as_before_it() {
    let end = AT + Span::days(30);
    let told = PlayedTold {
        at: end + Span::hours(6),
        contact: contact("ada@example.org"),
        severity: Severity::Warning,
        subject: "WARNING shop: renewal failing".to_owned(),
    };
    let texts = |played: Played| {
        let judged = judge(&drill(Some(DrillFault::CaDown), played, None));
        let texts: Vec<String> = judged.steps.iter().map(|step| step.text.clone()).collect();
        (texts.join("\n"), judged.runway_for_people().unwrap())
    };
    let (late, _) = texts(Played { mended_at: Some(AT), told: vec![told], ..played() });
    assert!(late.contains("6 h after the end: WARNING shop"), "{late}");
    let (early, runway) = texts(Played { mended_at: Some(end), ..played() });
    assert!(early.contains("served in spite of the fault, "), "{early}");
    assert!(
        runway.ends_with(" between the new certificate's being served and the end of the old one"),
        "{runway}"
    );
    let (_, none) = texts(Played { ends_at: AT - Span::hours(6), ..played() });
    assert!(none.starts_with("none: the new certificate was served "), "{none}");
    assert!(!none.contains('-'), "{none}");
}

#[test]
fn an_alarm_counts_receipts_and_whether_somebody_took_it() {
    let shown = |fault, alarm| {
        let shown = steps(&drill(fault, played(), Some(alarm)));
        shown.split("proof: passed 20/20, ").nth(1).unwrap().to_owned()
    };
    let first = alarm();
    assert_eq!(
        shown(None, first.clone()),
        "the alarm arrives: passed 15/15, somebody takes it: in part 10/15"
    );
    let at_once = Alarm { told: vec![told("ada@example.org", Span::ZERO)], ..alarm() };
    assert_eq!(shown(None, at_once), "the alarm arrives: passed 15/15, somebody takes it: passed 15/15");
    let nobody = Alarm { taken: None, ..alarm() };
    assert_eq!(shown(None, nobody), "the alarm arrives: passed 15/15, somebody takes it: failed 0/15");
    let alone = Alarm { told: Vec::new(), taken: None, ..alarm() };
    assert_eq!(shown(None, alone), "the alarm arrives: failed 0/15, somebody takes it: failed 0/15");
    let refused = AlarmTold { state: DeliveryState::Failed, ..told("ada@example.org", Span::ZERO) };
    let one_refused = Alarm { told: vec![refused.clone(), told("bob@example.org", PATIENCE)], ..alarm() };
    assert_eq!(
        shown(None, one_refused.clone()),
        "the alarm arrives: in part 7/15, somebody takes it: in part 10/15"
    );
    // The first one is played to be out of reach: that counts for nothing.
    let silent = Some(DrillFault::AlertPathSilent);
    let held = AlarmTold { said: Some(HELD_BACK.to_owned()), ..refused };
    let first_held = Alarm { told: vec![held.clone(), told("bob@example.org", PATIENCE)], ..alarm() };
    assert_eq!(
        shown(silent, first_held),
        "the alarm arrives: passed 15/15, somebody takes it: in part 10/15"
    );
    let only_one = Alarm { told: vec![held], taken: None, ..alarm() };
    assert_eq!(shown(silent, only_one), "the alarm arrives: failed 0/15, somebody takes it: failed 0/15");
    let two_paths = Alarm {
        told: vec![told("ada@example.org", Span::ZERO), told("bob@example.org", Span::ZERO)],
        ..alarm()
    };
    assert_eq!(shown(None, two_paths), "the alarm arrives: passed 15/15, somebody takes it: passed 15/15");
    let waiting = Drill {
        ended: None,
        ..drill(None, played(), Some(Alarm { told: Vec::new(), taken: None, ..alarm() }))
    };
    assert!(steps(&waiting).starts_with("100; "), "nothing is held against what is still to come");
}

#[test]
fn an_alarm_is_over_when_it_is_taken_or_everybody_had_time() {
    let contacts = [contact("ada@example.org"), contact("bob@example.org")];
    let open = Alarm { taken: None, ..alarm() };
    let after = |minutes| AT + Span::minutes(minutes);
    assert!(is_over(&alarm(), &contacts, after(6)));
    assert!(!is_over(&open, &contacts, after(9)));
    assert!(is_over(&open, &contacts, after(10)), "the last one had five minutes");
    let one = Alarm { told: vec![told("ada@example.org", Span::ZERO)], ..open.clone() };
    assert!(!is_over(&one, &contacts, after(5)), "the next one is to hear");
    assert!(is_over(&one, &contacts, after(15)), "who is never told is not waited for");
    let nobody = Alarm { told: Vec::new(), ..open };
    assert!(!is_over(&nobody, &[], after(4)));
    assert!(is_over(&nobody, &[], after(5)));
}

#[test]
fn what_a_drill_shows_is_a_finding_until_another_one_shows_it_mended() {
    let good = drill(None, played(), None);
    assert_eq!(rule::judge_drill(&good), []);
    let bad = drill(None, Played { issued_at: None, failures: vec![setback("acme.dns")], ..played() }, None);
    let found = rule::judge_drill(&bad);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code.as_str(), found[0].severity), ("drill.failed", Severity::Warning));
    assert_eq!(found[0].text, "its last drill showed 40 of 100; amiss: order and challenge");
    assert!(found[0].hint.ends_with("begin with: it failed (acme.dns); mend it"), "{}", found[0].hint);
    let called_off = Drill {
        ended: Some(DrillEnd { at: AT, how: DrillEnding::CalledOff { by: Actor::Engine }, score: None }),
        ..bad
    };
    assert_eq!(rule::judge_drill(&called_off), [], "it showed nothing");
    let how = DrillEnding::BrokenOff { why: "no space".to_owned() };
    let ended = Some(DrillEnd { at: AT, how, score: None });
    let broken = Drill { ended, ..called_off };
    let unknown = rule::judge_drill(&broken);
    assert_eq!((unknown[0].severity, unknown[0].cause.as_str()), (Severity::Unknown, "broken-off"));
    assert!(!rule::judges_drill(&broken, &found[0]), "what an earlier one found stays");
    assert!(rule::judges_drill(&good, &found[0]) && rule::judges_drill(&good, &unknown[0]));
}

#[test]
fn the_alarm_stands_while_the_drill_goes_on() {
    let over = drill(None, played(), Some(alarm()));
    assert_eq!(rule::judge_alarm(&over), []);
    let open = Drill { ended: None, ..over };
    let found = rule::judge_alarm(&open);
    assert_eq!(found[0].text, "the certificate of shop is played to run out");
    assert_eq!(rule::judge_alarm(&Drill { alarm: None, ..open }), []);
}

#[test]
fn drills_come_in_their_turn_and_what_broke_off_sooner() {
    let rehearsed = Rehearsed { every: Span::days(90), fault: None };
    assert_eq!(first_at(rehearsed, AT), AT + Span::days(1));
    assert_eq!(first_at(Rehearsed { every: Span::hours(2), fault: None }, AT), AT + Span::hours(2));
    let last = drill(None, played(), None);
    assert_eq!(due_at(rehearsed, &last), AT + Span::days(90));
    let how = DrillEnding::BrokenOff { why: "no space".to_owned() };
    let broken = Drill { ended: Some(DrillEnd { at: AT + Span::hours(1), how, score: None }), ..last };
    assert_eq!(due_at(rehearsed, &broken), AT + Span::hours(7));
}

/// It was judged while it went on, when nobody had to have taken the alarm yet: 100 of 100, with a step that failed.
#[test]
fn the_score_of_a_drill_whose_alarm_nobody_took_is_what_its_steps_show() {
    let open = Drill { ended: None, ..drill(None, played(), Some(Alarm { taken: None, ..alarm() })) };
    let so_far = judge(&open);
    assert_eq!((so_far.score, so_far.steps.iter().any(|step| step.verdict == Verdict::Failed)), (100, false));
    let over = end(open.clone(), AT + Span::hours(1), DrillEnding::Played);
    let shown = judge(&over);
    assert!(shown.steps.iter().any(|step| step.name == StepName::Take && step.verdict == Verdict::Failed));
    assert_eq!((over.ended.as_ref().and_then(|end| end.score), shown.score), (Some(85), 85));
    let broken = end(open, AT, DrillEnding::CalledOff { by: Actor::Engine });
    assert_eq!(broken.ended.and_then(|end| end.score), None);
}

/// "Nobody took it before the last contact's time was over", said of a drill that somebody ended after a minute.
#[test]
fn what_nobody_had_time_to_take_is_not_held_against_anybody() {
    let open = Alarm { taken: None, ..alarm() };
    let over = drill(None, played(), Some(open));
    let ended = DrillEnd { at: AT, how: DrillEnding::CalledOff { by: Actor::Engine }, score: None };
    let called_off = Drill { ended: Some(ended), ..over.clone() };
    assert!(steps(&over).contains("somebody takes it: failed 0/15"), "{}", steps(&over));
    assert!(steps(&called_off).contains("somebody takes it: not played 0/0"), "{}", steps(&called_off));
}
