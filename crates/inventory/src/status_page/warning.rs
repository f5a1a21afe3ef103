//! Whether the warning that somebody met at a service is real: the answer of what looks show now, for people who do not know what
//! a certificate is. It names programs and what they show, and nothing of the inventory.

use std::collections::BTreeSet;

use notafter_cert::{Span, Time};

use super::spell::began;
use super::state::{self, Effect, effect, is_old};
use super::{Component, Facts, Planned, Watched, words};
use crate::model::{ComponentState, Finding, FindingState, Incident, IncidentStatus};
use crate::run_book;

/// An older look is said to be old beside its answer: what changed since is not known.
const LATE: Span = Span::hours(1);

/// What is known of a warning at a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Whether it is real.
    pub answer: Answer,
    /// When all of it was last looked at: the oldest of the looks that the answer rests on. Nothing where there is none.
    pub as_of: Option<Time>,
    /// That is so long ago that it has to be said.
    pub is_late: bool,
    /// Since when it is as it is; nothing where nothing is wrong.
    pub since: Option<Time>,
    /// What is wrong, in sentences.
    pub wrong: Vec<&'static str>,
    /// What visitors see, program by program.
    pub programs: Vec<Program>,
    /// What people tell of it, the newest first.
    pub told: Vec<Told>,
    /// Work that is under way, and until when it was announced.
    pub work: Vec<(String, Time)>,
}

/// Whether a warning is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Every address that was looked at serves what browsers warn of.
    Yes,
    /// Every address serves what some programs warn of, and others do not.
    ForSome,
    /// A part of the addresses does: one person sees it, and another does not.
    Perhaps,
    /// Nothing answers: what comes of it is an error page, and no warning about a certificate.
    Down,
    /// A part does not answer, and the rest serves well.
    PartlyDown,
    /// Every address serves a good certificate.
    No,
    /// It is not known.
    Unknown(Why),
}

/// Why it is not known (law 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody has looked yet.
    NobodyLooked,
    /// Nobody has looked lately.
    LongAgo,
    /// A look did not show enough.
    Hidden,
    /// Looks show nothing, and people tell of trouble: they may know more.
    PeopleTell,
}

/// What some programs show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The programs that show the same.
    pub names: Vec<String>,
    /// What they show.
    pub shows: Vec<String>,
}

/// What people last told of an incident that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The incident, as the page names it.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// How far it is.
    pub status: IncidentStatus,
    /// When that was told.
    pub at: Time,
    /// The words.
    pub text: String,
}

impl Warning {
    /// Whether somebody who reads both learns the same, but for when somebody last looked.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        Self { as_of: other.as_of, ..self.clone() } == *other
    }
}

/// What is known of a warning at a component at an instant.
pub(super) fn judge(component: &Component, facts: &Facts, planned: &[Planned], now: Time) -> Warning {
    let looks = Looks::of(component, now);
    let told: Vec<Told> = facts.incidents.iter().rev().filter_map(|one| told(one, &component.name)).collect();
    let answer = looks.answer(!told.is_empty());
    let shown = if looks.warned.is_empty() { &looks.shut } else { &looks.warned };
    let as_of = looks.as_of();
    let is_under_way = |one: &&Planned| one.status.is_under_way() && one.components.contains(&component.name);
    Warning {
        answer,
        is_late: as_of.is_some_and(|at| now.since(at) > LATE),
        as_of,
        since: shown.iter().map(|(endpoint, finding)| began(endpoint, finding)).min(),
        wrong: sentences(shown),
        programs: programs(shown),
        told,
        work: planned
            .iter()
            .filter(is_under_way)
            .map(|one| (one.maintenance.name.clone(), one.maintenance.until))
            .collect(),
    }
}

/// What looks show of a component now.
struct Looks<'a> {
    component: &'a Component,
    /// What browsers warn of, where somebody looked lately.
    warned: Vec<(&'a Watched, &'a Finding)>,
    /// What lets nobody in.
    shut: Vec<(&'a Watched, &'a Finding)>,
    /// Why a part of it is not known.
    unknown: Option<Why>,
}

impl<'a> Looks<'a> {
    fn of(component: &'a Component, now: Time) -> Self {
        let mut looks = Looks { component, warned: Vec::new(), shut: Vec::new(), unknown: None };
        if component.endpoints.is_empty() {
            looks.unknown = Some(Why::NobodyLooked);
        }
        for endpoint in &component.endpoints {
            match endpoint.looked_at {
                None => looks.unknown = Some(Why::NobodyLooked),
                Some(at) if is_old(endpoint.criticality, at, now) => {
                    looks.unknown.get_or_insert(Why::LongAgo);
                }
                Some(_) => looks.read(endpoint),
            }
        }
        looks
    }

    fn read(&mut self, endpoint: &'a Watched) {
        for finding in endpoint.findings.iter().filter(|one| one.state == FindingState::Open) {
            match effect(&finding.violation) {
                Some(Effect::Fails | Effect::Hinders) if words::warns(&finding.violation.code) => {
                    self.warned.push((endpoint, finding));
                }
                Some(Effect::Fails | Effect::Hinders) => self.shut.push((endpoint, finding)),
                Some(Effect::Hides) => {
                    self.unknown.get_or_insert(Why::Hidden);
                }
                None => {}
            }
        }
    }

    fn answer(&self, people_tell: bool) -> Answer {
        let is_known = self.unknown.is_none();
        match (self.unknown, self.warned.is_empty(), self.shut.is_empty()) {
            (_, false, _) if is_known && self.is_all(words::warns) => Answer::Yes,
            (_, false, _) if is_known && self.is_for_some() => Answer::ForSome,
            (_, false, _) => Answer::Perhaps,
            (Some(why), ..) => Answer::Unknown(why),
            (None, _, false) if self.is_all(|code| !words::warns(code)) => Answer::Down,
            (None, ..) if people_tell => Answer::Unknown(Why::PeopleTell),
            (None, _, false) => Answer::PartlyDown,
            (None, _, true) => Answer::No,
        }
    }

    /// Whether every address of every endpoint is in trouble of this kind.
    fn is_all(&self, is_of: impl Fn(&str) -> bool) -> bool {
        let is_whole = |endpoint: &Watched| {
            let counts =
                |finding: &Finding| finding.state == FindingState::Open && is_of(&finding.violation.code);
            state::of_endpoint(endpoint, counts) == ComponentState::MajorOutage
        };
        self.component.endpoints.iter().all(is_whole)
    }

    /// Whether every address of every endpoint serves what some programs warn of, and none of them anything worse.
    fn is_for_some(&self) -> bool {
        let is_hindered = |endpoint: &Watched| {
            let here = self.warned.iter().filter(|(watched, _)| watched.id == endpoint.id);
            let abouts: Vec<Vec<String>> = here.map(|(_, one)| state::addresses(&one.violation)).collect();
            let addresses: BTreeSet<&String> = abouts.iter().flatten().collect();
            abouts.iter().any(Vec::is_empty) || addresses.len() >= endpoint.addresses.max(1)
        };
        let hinders = |finding: &Finding| effect(&finding.violation) == Some(Effect::Hinders);
        self.warned.iter().all(|(_, finding)| hinders(finding))
            && self.component.endpoints.iter().all(is_hindered)
    }

    fn as_of(&self) -> Option<Time> {
        let looks = self.component.endpoints.iter().map(|endpoint| endpoint.looked_at);
        looks.collect::<Option<Vec<Time>>>()?.into_iter().min()
    }
}

fn sentences(shown: &[(&Watched, &Finding)]) -> Vec<&'static str> {
    let mut said: Vec<&'static str> = Vec::new();
    for (_, finding) in shown {
        let sentence = words::of_code(&finding.violation.code);
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }
    said
}

/// What visitors see, as the run-book knows it; programs that show the same are named together.
fn programs(shown: &[(&Watched, &Finding)]) -> Vec<Program> {
    let mut programs: Vec<Program> = Vec::new();
    for (endpoint, finding) in shown {
        for visitor in run_book::visitors(&finding.violation, endpoint.is_web) {
            match programs.iter_mut().find(|program| program.names[..] == [visitor.client.clone()]) {
                Some(program) if program.shows.contains(&visitor.shows) => {}
                Some(program) => program.shows.push(visitor.shows),
                None => programs.push(Program { names: vec![visitor.client], shows: vec![visitor.shows] }),
            }
        }
    }
    let mut together: Vec<Program> = Vec::new();
    for program in programs {
        match together.iter_mut().find(|known| known.shows == program.shows) {
            Some(known) => known.names.extend(program.names),
            None => together.push(program),
        }
    }
    together
}

/// What was last told of an incident that goes on and is about this component; one that names none is about all.
fn told(incident: &Incident, component: &String) -> Option<Told> {
    let is_about = incident.components.is_empty() || incident.components.contains(component);
    let update = incident.updates.last().filter(|_| is_about && incident.is_open())?;
    Some(Told {
        id: incident.id.to_string(),
        name: incident.name.clone(),
        status: update.status,
        at: update.at,
        text: update.text.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, ago, component, expired, finding, incident, watched};
    use super::*;
    use crate::model::{EndpointId, Severity};

    fn judged(endpoints: Vec<Watched>, incidents: Vec<Incident>) -> Warning {
        let component = component(endpoints);
        let facts = Facts { components: vec![component.clone()], incidents, ..Facts::default() };
        judge(&component, &facts, &[], NOW)
    }

    fn answer(endpoints: Vec<Watched>) -> Answer {
        judged(endpoints, Vec::new()).answer
    }

    #[test]
    fn a_warning_is_real_where_looks_show_what_browsers_warn_of() {
        let one = "192.0.2.1:443";
        let both = [one, "192.0.2.2:443"];
        let refused = |about: &[&str]| finding("endpoint.refused", Severity::Critical, (9, None), about);
        let expires = finding("certificate.expires-soon", Severity::Critical, (9, None), &both);
        let intermediate =
            |about: &[&str]| finding("chain.missing-intermediate", Severity::Critical, (9, None), about);
        let timeout = || finding("endpoint.timeout", Severity::Unknown, (9, None), &both[1..]);
        for (findings, expected) in [
            (vec![], Answer::No),
            (vec![expires], Answer::No),
            (vec![expired((9, Some(1)), &both)], Answer::No),
            (vec![expired((9, None), &both)], Answer::Yes),
            (vec![expired((9, None), &[])], Answer::Yes),
            (vec![expired((9, None), &[one])], Answer::Perhaps),
            (vec![expired((9, None), &[one]), refused(&both[1..])], Answer::Perhaps),
            (vec![intermediate(&both)], Answer::ForSome),
            (vec![intermediate(&[])], Answer::ForSome),
            (vec![intermediate(&[one]), intermediate(&both[1..])], Answer::ForSome),
            (vec![intermediate(&[one])], Answer::Perhaps),
            (vec![intermediate(&[one]), refused(&both[1..])], Answer::Perhaps),
            (vec![intermediate(&both), expired((9, None), &[one])], Answer::Perhaps),
            (vec![intermediate(&both), expired((9, None), &both)], Answer::Yes),
            (vec![intermediate(&both), timeout()], Answer::Perhaps),
            (vec![refused(&both)], Answer::Down),
            (vec![refused(&[one])], Answer::PartlyDown),
            (vec![timeout()], Answer::Unknown(Why::Hidden)),
            (vec![timeout(), refused(&[one])], Answer::Unknown(Why::Hidden)),
            (vec![timeout(), expired((9, None), &[one])], Answer::Perhaps),
        ] {
            let codes: Vec<String> = findings.iter().map(|one| one.violation.code.clone()).collect();
            assert_eq!(answer(vec![watched(findings)]), expected, "{codes:?}");
        }
    }

    #[test]
    fn what_nobody_has_seen_lately_is_neither_real_nor_not() {
        let well = || watched(Vec::new());
        let down = || watched(vec![expired((9, None), &[])]);
        let unseen = || Watched { looked_at: None, ..well() };
        let old = |one: Watched| Watched { looked_at: Some(ago(9_000)), ..one };
        for (endpoints, expected) in [
            (vec![], Answer::Unknown(Why::NobodyLooked)),
            (vec![well(), unseen()], Answer::Unknown(Why::NobodyLooked)),
            (vec![well(), old(well())], Answer::Unknown(Why::LongAgo)),
            // It may have been mended since.
            (vec![old(down())], Answer::Unknown(Why::LongAgo)),
            (vec![old(well()), unseen()], Answer::Unknown(Why::NobodyLooked)),
            // What is seen is real, and of the rest it is not known.
            (vec![down(), unseen()], Answer::Perhaps),
            (vec![down(), well()], Answer::Perhaps),
            (vec![down(), down()], Answer::Yes),
            (vec![well(), well()], Answer::No),
        ] {
            assert_eq!(answer(endpoints.clone()), expected, "{endpoints:?}");
        }
    }

    /// The page said that something is wrong with a part of the servers: there was one, and all of it was affected.
    #[test]
    fn what_only_some_programs_warn_of_is_not_wrong_with_a_part_of_the_servers() {
        let about = |addresses: &[&str]| {
            let one = finding("chain.missing-intermediate", Severity::Critical, (9, None), addresses);
            Watched { addresses: 1, ..watched(vec![one]) }
        };
        let other = |one: Watched| Watched { id: EndpointId::from_bytes([9; 16]), ..one };
        assert_eq!(answer(vec![about(&["192.0.2.1:443"])]), Answer::ForSome);
        assert_eq!(answer(vec![about(&[]), other(about(&[]))]), Answer::ForSome);
        assert_eq!(answer(vec![about(&[]), other(watched(Vec::new()))]), Answer::Perhaps);
    }

    /// A certificate that had ended two days ago was wrong since our first look.
    #[test]
    fn an_expired_certificate_is_wrong_since_its_end() {
        let since = |ended: i64, made: i64| {
            let mut lapsed = expired((30, None), &[]);
            lapsed.violation.evidence["not_after"] = serde_json::json!(ago(ended));
            let id = EndpointId::new(ago(made), [1; 10]);
            judged(vec![Watched { id, ..watched(vec![lapsed]) }], Vec::new()).since
        };
        assert_eq!(since(2_900, 30), Some(ago(2_900)), "nobody looked before");
        assert_eq!(since(34, 9_000), Some(ago(34)), "it ended between two looks");
        assert_eq!(since(2_900, 9_000), Some(ago(30)), "it was put there later: looks showed another one");
    }

    #[test]
    fn an_answer_says_when_somebody_last_looked_at_all_of_it() {
        let at = |minutes| Watched { looked_at: Some(ago(minutes)), ..watched(Vec::new()) };
        let early = judged(vec![at(5), at(50)], Vec::new());
        assert_eq!((early.as_of, early.is_late), (Some(ago(50)), false));
        let late = judged(vec![at(5), at(61)], Vec::new());
        assert_eq!((late.answer, late.is_late), (Answer::No, true));
        let again = judged(vec![at(4), at(49)], Vec::new());
        assert!(again.says_the_same(&early) && !again.says_the_same(&late));
    }

    #[test]
    fn people_who_tell_of_trouble_may_know_more_than_looks_show() {
        use IncidentStatus::{Investigating, Resolved};
        let told = |steps: &[(i64, IncidentStatus)]| vec![incident(20, ComponentState::Operational, steps)];
        let trouble = judged(vec![watched(Vec::new())], told(&[(20, Investigating)]));
        assert_eq!(trouble.answer, Answer::Unknown(Why::PeopleTell));
        assert_eq!((trouble.told[0].at, trouble.told[0].status), (ago(20), Investigating));
        let over = judged(vec![watched(Vec::new())], told(&[(20, Investigating), (5, Resolved)]));
        assert_eq!((over.answer, over.told), (Answer::No, Vec::new()));
        let mut other = told(&[(20, Investigating)]);
        other[0].components = vec!["Mail".to_owned()];
        assert_eq!(judged(vec![watched(Vec::new())], other.clone()).answer, Answer::No);
        other[0].components.clear();
        assert_eq!(judged(vec![watched(Vec::new())], other).told.len(), 1, "it is about everything");
    }

    #[test]
    fn programs_that_show_the_same_are_named_together_and_mail_servers_are_visited_by_no_browser() {
        let web = judged(vec![watched(vec![expired((9, None), &[])])], Vec::new());
        let names: Vec<String> = web.programs.iter().map(|program| program.names.join(", ")).collect();
        assert_eq!(names, ["Chrome, Edge", "Firefox", "Safari", "curl"]);
        assert_eq!(web.programs[0].shows, ["NET::ERR_CERT_DATE_INVALID"]);
        assert_eq!((web.since, &web.wrong[..]), (Some(ago(9)), &["The certificate has expired."][..]));
        let mail = Watched { is_web: false, ..watched(vec![expired((9, None), &[])]) };
        let mail = judged(vec![mail], Vec::new());
        assert_eq!(mail.programs.iter().map(|one| one.names.join(", ")).collect::<Vec<_>>(), ["curl"]);
    }
}
