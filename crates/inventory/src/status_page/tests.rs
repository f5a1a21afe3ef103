use notafter_cert::Span;
use serde_json::json;

use super::*;
use crate::model::{
    Actor, ComponentState as State, FindingId, FindingState, IncidentId, IncidentStatus, IncidentUpdate,
    MaintenanceId, MaintenanceUpdate, OwnerId, Severity, Subject, Violation,
};

pub(super) const NOW: Time = Time::from_unix_seconds(1_796_000_000);

/// Minutes before now.
pub(super) fn ago(minutes: i64) -> Time {
    NOW - Span::minutes(minutes)
}

/// A finding that was opened and closed so many minutes ago, about these addresses.
pub(super) fn finding(
    code: &str,
    severity: Severity,
    (opened, closed): (i64, Option<i64>),
    about: &[&str],
) -> Finding {
    let endpoint = EndpointId::from_bytes([1; 16]);
    Finding {
        id: FindingId::new(ago(opened), [1; 10]),
        owner_id: OwnerId::from_bytes([1; 16]),
        violation: Violation {
            code: code.to_owned(),
            severity,
            subject: Subject::Endpoint(endpoint),
            cause: String::new(),
            text: "expired at 10.0.0.1 of db-7.internal.example".to_owned(),
            hint: String::new(),
            evidence: if about.is_empty() { json!({}) } else { json!({ "addresses": about }) },
        },
        state: if closed.is_none() { FindingState::Open } else { FindingState::Closed },
        opened_at: ago(opened),
        changed_at: ago(closed.unwrap_or(opened)),
        seen_at: ago(closed.unwrap_or(0)),
        closed_at: closed.map(ago),
    }
}

pub(super) fn expired(times: (i64, Option<i64>), about: &[&str]) -> Finding {
    finding("certificate.expired", Severity::Critical, times, about)
}

pub(super) fn watched(findings: Vec<Finding>) -> Watched {
    Watched {
        id: EndpointId::new(ago(100_000), [1; 10]),
        criticality: Criticality::Normal,
        public_since: ago(100_000),
        is_web: true,
        looked_at: Some(ago(5)),
        addresses: 2,
        findings,
    }
}

pub(super) fn component(endpoints: Vec<Watched>) -> Component {
    Component { name: "Shop".to_owned(), since: ago(100_000), endpoints }
}

fn page(endpoints: Vec<Watched>) -> Page {
    judge(&Facts { components: vec![component(endpoints)], ..Facts::default() }, NOW)
}

pub(super) fn incident(began: i64, state: State, told: &[(i64, IncidentStatus)]) -> Incident {
    let update = |(minutes, status): &(i64, IncidentStatus)| IncidentUpdate {
        at: ago(*minutes),
        status: *status,
        text: format!("it is {status}"),
        by: Actor::Person("ada".to_owned()),
    };
    Incident {
        id: IncidentId::from_bytes([7; 16]),
        name: "Checkout fails".to_owned(),
        components: vec!["Shop".to_owned(), "Gone".to_owned()],
        state,
        began_at: ago(began),
        updates: told.iter().map(update).collect(),
    }
}

#[test]
fn a_component_is_as_its_addresses_are() {
    let one = "192.0.2.1:443";
    let both = [one, "192.0.2.2:443"];
    let critical = |code, about: &[&str]| finding(code, Severity::Critical, (9, None), about);
    let unknown = |code| finding(code, Severity::Unknown, (9, None), &[one]);
    let expires = |severity| finding("certificate.expires-soon", severity, (9, None), &both);
    for (findings, state) in [
        (vec![], State::Operational),
        (vec![expires(Severity::Warning)], State::Operational),
        (vec![expires(Severity::Critical)], State::Operational),
        (vec![expired((9, Some(1)), &both)], State::Operational),
        (vec![expired((9, None), &[one])], State::PartialOutage),
        (vec![expired((9, None), &both)], State::MajorOutage),
        (vec![expired((9, None), &[])], State::MajorOutage),
        (vec![expired((9, None), &[one]), critical("endpoint.refused", &both[1..])], State::MajorOutage),
        (vec![critical("chain.missing-intermediate", &both)], State::DegradedPerformance),
        (vec![unknown("endpoint.timeout")], State::Unknown),
        (vec![unknown("endpoint.half-resolved")], State::Unknown),
        (vec![unknown("endpoint.timeout"), expired((9, None), &[one])], State::PartialOutage),
        (vec![critical("deployment.stale", &both)], State::Operational),
    ] {
        let codes: Vec<String> = findings.iter().map(|finding| finding.violation.code.clone()).collect();
        assert_eq!(page(vec![watched(findings)]).components[0].state, state, "{codes:?}");
    }
}

#[test]
fn a_component_is_unknown_where_nobody_has_looked_lately() {
    let looked = |looked_at, criticality| Watched { looked_at, criticality, ..watched(Vec::new()) };
    for (looked_at, criticality, state) in [
        (None, Criticality::Normal, State::Unknown),
        (Some(ago(12 * 60)), Criticality::Normal, State::Operational),
        (Some(ago(12 * 60 + 1)), Criticality::Normal, State::Unknown),
        (Some(ago(2 * 60 + 1)), Criticality::High, State::Unknown),
        (Some(ago(47 * 60)), Criticality::Low, State::Operational),
        // The clock was set back meanwhile.
        (Some(ago(-9)), Criticality::Normal, State::Operational),
    ] {
        let page = page(vec![looked(looked_at, criticality)]);
        assert_eq!(page.components[0].state, state, "{looked_at:?} {criticality:?}");
    }
    let old = Watched { looked_at: Some(ago(9_000)), ..watched(vec![expired((9_999, None), &[])]) };
    let page = page(vec![old]);
    assert_eq!(page.components[0].state, State::Unknown, "it may have been mended");
    assert!(page.events[0].is_open(), "nobody has seen that it was");
}

#[test]
fn endpoints_make_a_component_together() {
    let well = || watched(Vec::new());
    let down = || watched(vec![expired((9, None), &[])]);
    let unseen = || Watched { looked_at: None, ..well() };
    for (endpoints, state) in [
        (vec![], State::Unknown),
        (vec![well(), well()], State::Operational),
        (vec![well(), unseen()], State::Unknown),
        (vec![well(), down()], State::PartialOutage),
        (vec![unseen(), down()], State::PartialOutage),
        (vec![down(), down()], State::MajorOutage),
    ] {
        let page = page(endpoints.clone());
        assert_eq!((page.components[0].state, page.overall), (state, Some(state)), "{endpoints:?}");
    }
    assert_eq!(judge(&Facts::default(), NOW).overall, None, "nothing is said of nothing");
}

#[test]
fn a_component_that_no_endpoint_shows_was_made_once_and_not_at_each_look() {
    let at = |now| judge(&Facts { components: vec![component(Vec::new())], ..Facts::default() }, now);
    let made = at(NOW).components[0].created_at;
    assert_eq!((made, at(NOW + Span::hours(1)).components[0].created_at), (ago(100_000), made));
}

#[test]
fn what_a_person_says_of_one_component_is_said_of_the_whole() {
    let mut told = incident(20, State::MajorOutage, &[(20, IncidentStatus::Investigating)]);
    told.components = vec!["Gone".to_owned()];
    let components = vec![component(vec![watched(Vec::new())])];
    let page = |incident| {
        judge(&Facts { incidents: vec![incident], components: components.clone(), ..Facts::default() }, NOW)
    };
    assert_eq!(page(told.clone()).overall, Some(State::MajorOutage), "of one that looks do not show");
    told.updates.extend(incident(20, State::Operational, &[(5, IncidentStatus::Resolved)]).updates);
    assert_eq!(page(told).overall, Some(State::Operational), "until it is over");
}

#[test]
fn what_comes_back_soon_was_not_over() {
    let spells = |findings| spell::all(&component(vec![watched(findings)]));
    let times = |findings: Vec<Finding>| -> Vec<(Time, Option<Time>)> {
        spells(findings).iter().map(|spell| (spell.from, spell.until)).collect()
    };
    assert_eq!(
        times(vec![expired((100, Some(90)), &[]), expired((80, Some(70)), &[]), expired((50, None), &[])]),
        [(ago(100), Some(ago(70))), (ago(50), None)]
    );
    assert_eq!(
        times(vec![expired((100, None), &[]), expired((80, Some(70)), &[])]),
        [(ago(100), None)],
        "the one goes on through the other"
    );
    assert_eq!(times(vec![finding("endpoint.timeout", Severity::Unknown, (9, None), &[])]), []);
    let grows = spells(vec![
        expired((100, Some(50)), &["192.0.2.1:443"]),
        finding("endpoint.refused", Severity::Critical, (90, Some(50)), &["192.0.2.2:443"]),
    ]);
    assert_eq!((grows.len(), grows[0].worst), (1, State::MajorOutage), "at the worst, both were down");
}

/// What an event is called stays the same while it goes on, so that no feed tells it twice.
#[test]
fn an_event_keeps_its_identity_when_more_goes_wrong() {
    let first = page(vec![watched(vec![expired((9, None), &["192.0.2.1:443"])])]);
    let then = page(vec![watched(vec![
        expired((9, Some(4)), &["192.0.2.1:443"]),
        finding("endpoint.refused", Severity::Critical, (6, None), &[]),
    ])]);
    assert_eq!((first.events.len(), then.events.len()), (1, 1));
    assert_eq!(first.events[0].id, then.events[0].id);
    assert_eq!(then.events[0].began_at, ago(9));
}

#[test]
fn an_incident_tells_what_looks_show_of_its_components() {
    use IncidentStatus::{Identified, Investigating, Resolved};
    let ongoing = || vec![watched(vec![expired((30, None), &[])])];
    let told = |endpoints, incident: Incident| {
        let facts =
            Facts { incidents: vec![incident], components: vec![component(endpoints)], ..Facts::default() };
        judge(&facts, NOW)
    };
    let page = told(ongoing(), incident(20, State::DegradedPerformance, &[(20, Identified)]));
    assert_eq!(page.events.len(), 1, "one thing is told once");
    let event = &page.events[0];
    assert_eq!((event.is_detected, event.status, event.worst), (false, Identified, State::MajorOutage));
    assert_eq!((event.began_at, &event.components[..]), (ago(30), &["Shop".to_owned()][..]));
    let lines: Vec<(Time, bool)> = event.updates.iter().map(|one| (one.at, one.is_detected)).collect();
    assert_eq!(lines, [(ago(20), false), (ago(30), true)]);

    let over = told(ongoing(), incident(20, State::Operational, &[(20, Investigating), (5, Resolved)]));
    assert_eq!(over.events.len(), 2, "it is called over, and looks show that it is not");
    assert!(over.events[0].is_detected && over.events[0].is_open());
    assert_eq!(over.components[0].state, State::MajorOutage);

    let before = told(ongoing(), incident(900, State::Operational, &[(900, Investigating), (800, Resolved)]));
    assert_eq!(before.events.len(), 2, "that was another one");
    assert_eq!(before.events[1].updates.len(), 2);

    let well = told(vec![watched(Vec::new())], incident(20, State::PartialOutage, &[(20, Investigating)]));
    assert_eq!(well.components[0].state, State::PartialOutage, "people know more than looks show");
}

/// Whoever gave an endpoint the label showed the public what was wrong there long before.
#[test]
fn what_was_over_before_an_endpoint_was_shown_is_not_its_history() {
    let since = |minutes, findings| Watched { public_since: ago(minutes), ..watched(findings) };
    let findings = || vec![expired((90, Some(60)), &[]), expired((40, Some(20)), &[])];
    let began = |minutes| -> Vec<Time> {
        page(vec![since(minutes, findings())]).events.iter().map(|event| event.began_at).collect()
    };
    assert_eq!(began(100), [ago(40), ago(90)]);
    assert_eq!(began(50), [ago(40)]);
    assert_eq!(began(30), [ago(40)], "what goes on then is told as it began");
    assert_eq!(began(20), []);
}

/// What still went on when a person called it over had no end on the page: it was told of by nobody once it was over.
#[test]
fn an_outage_that_outlasts_its_incident_keeps_its_end() {
    use IncidentStatus::{Investigating, Resolved};
    let told = |closed| {
        let facts = Facts {
            incidents: vec![incident(60, State::Operational, &[(60, Investigating), (40, Resolved)])],
            components: vec![component(vec![watched(vec![expired((70, Some(closed)), &[])])])],
            ..Facts::default()
        };
        judge(&facts, NOW).events
    };
    let longer = told(20);
    let ends: Vec<(bool, Option<Time>)> =
        longer.iter().map(|event| (event.is_detected, event.resolved_at)).collect();
    assert_eq!(ends, [(true, Some(ago(20))), (false, Some(ago(40)))]);
    let of_the_incident: Vec<Time> = longer[1].updates.iter().map(|update| update.at).collect();
    assert_eq!(of_the_incident, [ago(40), ago(60), ago(70)], "its end is told where it went on");
    let moment = told(37);
    assert_eq!(moment.len(), 1, "a look showed a moment later that a person was right");
    assert_eq!((moment[0].resolved_at, moment[0].updates[0].at), (Some(ago(37)), ago(37)));
}

/// How a component was at the instant of each finding was counted anew over all findings, every three seconds.
#[test]
fn a_shared_cause_at_many_endpoints_is_judged_in_one_pass() {
    let endpoint = |number: i64| watched(vec![expired((90 + number % 7, Some(number % 50 + 10)), &[])]);
    let page = page((0..20_000).map(endpoint).collect());
    assert_eq!((page.events.len(), page.events[0].worst), (1, State::MajorOutage));
    assert_eq!((page.events[0].began_at, page.events[0].resolved_at), (ago(96), Some(ago(10))));
}

#[test]
fn a_course_is_at_each_instant_what_its_findings_say() {
    let one = "192.0.2.1:443";
    let endpoints = vec![
        watched(vec![expired((90, Some(60)), &[one]), expired((80, Some(50)), &[one, "192.0.2.2:443"])]),
        watched(vec![
            expired((70, None), &[]),
            finding("endpoint.timeout", Severity::Unknown, (95, Some(65)), &[]),
            finding("chain.missing-intermediate", Severity::Critical, (85, Some(75)), &[]),
            expired((40, Some(40)), &[]),
        ]),
    ];
    let component = component(endpoints);
    let mut course = state::Course::of(&component);
    for (minutes, state) in [
        (100, State::Operational),
        (95, State::Unknown),
        (90, State::PartialOutage),
        (80, State::PartialOutage),
        (70, State::MajorOutage),
        (60, State::MajorOutage),
        (50, State::PartialOutage),
        (0, State::PartialOutage),
    ] {
        assert_eq!(course.at(ago(minutes)), state, "{minutes} minutes ago");
    }
}

#[test]
fn work_that_is_under_way_is_said_instead_of_what_looks_show() {
    let maintenance = |from: i64, until: i64| Maintenance {
        id: MaintenanceId::from_bytes([3; 16]),
        name: "A new disk".to_owned(),
        components: vec!["Shop".to_owned(), "Secret".to_owned()],
        from: ago(from),
        until: ago(until),
        updates: vec![MaintenanceUpdate {
            at: ago(900),
            status: MaintenanceStatus::Scheduled,
            text: "we change a disk".to_owned(),
            by: Actor::Person("ada".to_owned()),
        }],
    };
    for (from, until, state) in
        [(-10, -20, State::MajorOutage), (10, -20, State::UnderMaintenance), (20, 0, State::MajorOutage)]
    {
        let facts = Facts {
            components: vec![component(vec![watched(vec![expired((9, None), &[])])])],
            maintenances: vec![maintenance(from, until)],
            ..Facts::default()
        };
        let page = judge(&facts, NOW);
        assert_eq!(page.components[0].state, state, "from {from} until {until}");
        assert_eq!(page.maintenances[0].components, ["Shop"], "what is not on the page is not named");
    }
}

/// The page said that it is so since our first look, and the report that it began two days before.
#[test]
fn the_public_and_the_report_tell_one_beginning() {
    let mut lapsed = expired((30, None), &["192.0.2.1:443"]);
    lapsed.violation.evidence["not_after"] = json!(ago(2_900));
    let endpoint = Watched { id: EndpointId::new(ago(31), [1; 10]), ..watched(vec![lapsed]) };
    let mut facts = Facts { components: vec![component(vec![endpoint])], ..Facts::default() };
    let began = |facts: &Facts| {
        let page = judge(facts, NOW);
        (page.events[0].began_at, page.events[0].updates.last().map(|first| first.at), page.warnings[0].since)
    };
    assert_eq!(began(&facts), (ago(2_900), Some(ago(30)), Some(ago(2_900))));
    let told = incident(20, State::Operational, &[(20, IncidentStatus::Identified)]);
    facts.incidents.push(told.clone());
    assert_eq!(began(&facts), (ago(2_900), Some(ago(30)), Some(ago(2_900))));
    assert_eq!(report(&facts, &told, &std::collections::BTreeMap::new(), NOW).began_at, ago(2_900));
}

/// What was mended, and came back with the same certificate, was not wrong in between.
#[test]
fn what_was_over_meanwhile_did_not_begin_before() {
    let lapsed = |times| {
        let mut one = expired(times, &[]);
        one.violation.evidence["not_after"] = json!(ago(2_900));
        one
    };
    let endpoint = Watched {
        id: EndpointId::new(ago(900), [1; 10]),
        public_since: ago(900),
        ..watched(vec![lapsed((900, Some(800))), lapsed((30, None))])
    };
    let began: Vec<Time> = page(vec![endpoint]).events.iter().map(|event| event.began_at).collect();
    assert_eq!(began, [ago(30), ago(2_900)]);
}

/// Readers were told that somebody investigates what a program saw alone.
#[test]
fn what_only_looks_show_is_detected_and_not_investigated() {
    let words = |closed| {
        let event = page(vec![watched(vec![expired((9, closed), &[])])]).events.remove(0);
        (event.words(), event.updates.iter().map(Update::words).collect::<Vec<_>>())
    };
    assert_eq!(words(None), ("Detected", vec!["Detected"]));
    assert_eq!(words(Some(1)), ("Resolved", vec!["Resolved", "Detected"]));
}

/// Targets, addresses, owners and what findings say are nobody's business.
#[test]
fn nothing_of_the_inside_comes_out() {
    let one = expired((30, None), &["10.0.0.1:443"]);
    let facts = Facts {
        components: vec![component(vec![watched(vec![one])])],
        incidents: vec![incident(20, State::Operational, &[(20, IncidentStatus::Investigating)])],
        ..Facts::default()
    };
    let page = judge(&facts, NOW);
    let told = format!("{:?} {:?} {:?}", page.components, page.events, page.overall);
    for inside in ["10.0.0.1", "db-7", "ada", "ep_", "ow_", "fd_", "Gone"] {
        assert!(!told.contains(inside), "{inside}: {told}");
    }
}

#[test]
fn a_page_changes_when_something_on_it_does() {
    let well = page(vec![watched(Vec::new())]);
    assert_eq!(well.changed_at, Some(ago(100_000)), "when it came onto the page");
    let down = page(vec![watched(vec![expired((9, None), &[])])]);
    assert_eq!((down.changed_at, down.components[0].changed_at), (Some(ago(9)), ago(9)));
    let again = page(vec![watched(vec![expired((9, Some(2)), &[])])]);
    assert_eq!(again.changed_at, Some(ago(2)));
    let said: Vec<&str> = again.events[0].updates.iter().map(|update| update.text.as_str()).collect();
    assert_eq!(said, ["Looks show that it serves again.", "The certificate has expired."]);
}

#[test]
fn a_report_has_what_is_known_and_leaves_the_rest_to_people() {
    use IncidentStatus::{Identified, Postmortem, Resolved};
    let mut lapsed = expired((30, Some(10)), &["192.0.2.1:443"]);
    lapsed.violation.evidence["not_after"] = json!(ago(34));
    let endpoint = watched(vec![lapsed, expired((900, Some(800)), &[])]);
    let names = std::collections::BTreeMap::from([(endpoint.id, "shop.example:443".to_owned())]);
    let facts = Facts { components: vec![component(vec![endpoint])], ..Facts::default() };
    let told = incident(20, State::Operational, &[(20, Identified), (8, Resolved), (1, Postmortem)]);
    let known = report(&facts, &told, &names, NOW);
    assert_eq!((known.began_at, known.ended_at), (ago(34), Some(ago(8))));
    assert_eq!((known.to_detect(), known.to_tell()), (Some(Span::minutes(4)), Span::minutes(14)));
    insta::assert_snapshot!(known.markdown());

    let nothing =
        report(&Facts::default(), &incident(20, State::PartialOutage, &[(20, Identified)]), &names, NOW);
    assert_eq!((nothing.detected_at, nothing.to_detect(), nothing.ended_at), (None, None, None));
    let text = nothing.markdown();
    for said in ["no look showed it", "| over | not yet |", "Write who was hit"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("lasted"), "how long it lasts is known when it is over: {text}");
}
