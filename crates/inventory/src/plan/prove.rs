//! Which ways to people and programs are tested by themselves, and when: a proof ages, and a way that nobody uses breaks
//! unseen. Programs prove their ways by their answer, and often; people are asked before the proof of theirs ends. All of it
//! happens while the owner works: a test is worth nobody's sleep.

use notafter_cert::{Span, Time};

use super::ahead::is_ahead;
use super::deliver::Occasion;
use crate::model::{Channel, ChannelKind, Contact, Owner, Path, Proof};

/// The setting of a channel to programs that says how often its way is proved.
pub const PROVE: &str = "prove";
/// What it may say.
pub const PROVE_WORDS: &[&str] = &["daily", "weekly", "monthly", "never"];
/// How long before their proof ends people are asked to prove their way anew; asked again while they do not answer.
pub const ASKED_BEFORE: Span = Span::days(14);
/// How long after it has ended they are asked no more: it stands in a finding by then, and in the messages of others.
const ASKED_AFTER: Span = Span::days(14);

/// What the plan for one owner depends on.
pub struct State<'a> {
    /// Whose contacts.
    pub owner: &'a Owner,
    /// Every owner, in one order: a contact of several is asked by the first of them.
    pub owners: &'a [Owner],
    /// All channels.
    pub channels: &'a [Channel],
    /// The kinds of channels that there are.
    pub kinds: &'a [&'static ChannelKind],
    /// What is known about ways to reach people.
    pub paths: &'a [Path],
}

/// One test that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test<'a> {
    /// To whom.
    pub contact: Contact,
    /// What carries it.
    pub channel: &'a Channel,
    /// What proves the way.
    pub proof: Proof,
    /// Why it is tested.
    pub occasion: Occasion,
}

/// What to test now, and when to ask again if nothing changes before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvePlan<'a> {
    /// In the order of the contacts.
    pub tests: Vec<Test<'a>>,
    /// When the next one is due.
    pub next_at: Option<Time>,
}

/// Decides for one owner.
#[must_use]
pub fn decide<'a>(state: &State<'a>, now: Time) -> ProvePlan<'a> {
    let mut plan = ProvePlan::default();
    // On duty or not: a way must be known to work before its turn comes.
    for contact in state.owner.everybody().into_iter().filter(|contact| is_asked_by(contact, state)) {
        let Some((test, due)) = next_test(contact, state, now) else { continue };
        let due = state.owner.hours.working_from(due.max(now));
        if due <= now {
            plan.tests.push(test);
        } else {
            plan.next_at = Some(plan.next_at.map_or(due, |next| next.min(due)));
        }
    }
    plan
}

/// A test of this path begins: where a person is to answer, from now on somebody waits for it.
pub fn begun(path: &mut Path, proof: Proof, now: Time) {
    path.tested_at = Some(now);
    if proof == Proof::Code && path.asked_at.is_none_or(|at| is_ahead(at, now)) {
        path.asked_at = Some(now);
    }
}

fn is_asked_by(contact: &Contact, state: &State<'_>) -> bool {
    let first = state.owners.iter().find(|owner| owner.everybody().contains(contact));
    first.is_none_or(|first| first.id == state.owner.id)
}

/// The next test of a way, and from when on it is due.
fn next_test<'a>(contact: Contact, state: &State<'a>, now: Time) -> Option<(Test<'a>, Time)> {
    let channel = state.channels.iter().find(|channel| channel.name == contact.channel)?;
    let proof = state.kinds.iter().find(|kind| kind.name == channel.kind)?.proof;
    let path = state.paths.iter().find(|path| path.channel_id == channel.id && path.to == contact.to);
    let known = |at: Option<Time>| at.filter(|at| !is_ahead(*at, now));
    let proved = known(path.and_then(|path| path.proved_at));
    let tested = known(path.and_then(|path| path.tested_at));
    let (occasion, due) = match proof {
        Proof::Answer => {
            let every = every(channel)?;
            // A new channel is proved by whoever made it, or in its turn.
            let last = proved.max(tested).or_else(|| known(Some(channel.id.made_at())));
            (Occasion::Regular, last.map_or(now, |last| last + every))
        }
        Proof::Code => {
            let proved = proved?;
            let ends = proved + Path::PROOF_HOLDS;
            let again = tested.filter(|tested| *tested > proved).map(|tested| tested + Path::ANSWER_WITHIN);
            let due = again.unwrap_or(ends - ASKED_BEFORE).max(ends - ASKED_BEFORE);
            if due.max(now) >= ends + ASKED_AFTER {
                return None;
            }
            (Occasion::Aged(proved), due)
        }
    };
    Some((Test { contact, channel, proof, occasion }, due))
}

/// How often a channel to programs proves its ways.
fn every(channel: &Channel) -> Option<Span> {
    match channel.settings.get(PROVE).and_then(serde_json::Value::as_str) {
        Some("daily") => Some(Span::days(1)),
        Some("monthly") => Some(Span::days(30)),
        Some("never") => None,
        _ => Some(Span::days(7)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::channel::stage::{KINDS, channel};
    use crate::model::{BusinessHours, Days, Duty, OwnerId, Rotation, Rung, Turn, Zone};

    /// A Wednesday, at noon.
    const START: &str = "2026-11-25T12:00:00Z";

    /// An owner with one contact, and what is known of the way to it.
    struct Stage {
        owner: Owner,
        channels: Vec<Channel>,
        path: Option<Path>,
        now: Time,
        log: String,
    }

    impl Stage {
        fn of(kind: &str) -> Self {
            let contact = Contact { channel: "way".to_owned(), to: None };
            Self {
                owner: Owner {
                    id: OwnerId::from_bytes([1; 16]),
                    name: "shop".to_owned(),
                    contacts: vec![contact.into()],
                    owns: Vec::new(),
                    hours: BusinessHours::default(),
                    acknowledge: None,
                },
                channels: vec![channel("way", kind)],
                path: None,
                now: START.parse().unwrap(),
                log: String::new(),
            }
        }

        fn path(&mut self) -> &mut Path {
            let (channel, owner) = (self.channels[0].id, self.owner.id);
            self.path.get_or_insert_with(|| Path::unknown(channel, None, owner))
        }

        fn test(&mut self, proof: Proof, answers: bool) {
            let now = self.now;
            self.log += &format!("{} tested\n", now.for_people());
            begun(self.path(), proof, now);
            if answers {
                self.path().prove(now);
            }
        }

        /// Lets days pass, waking the plan when it asks to be woken, and once a day; `answers` says whether whoever is
        /// tested does.
        fn pass(&mut self, days: i64, answers: bool) {
            let until = self.now + Span::days(days);
            while self.now <= until {
                let owners = [self.owner.clone()];
                let paths: Vec<Path> = self.path.iter().cloned().collect();
                let state = State {
                    owner: &self.owner,
                    owners: &owners,
                    channels: &self.channels,
                    kinds: KINDS,
                    paths: &paths,
                };
                let plan = decide(&state, self.now);
                let now = self.now;
                let proof = plan.tests.first().map(|test| test.proof);
                let next = plan.next_at.unwrap_or(now + Span::days(1)).min(now + Span::days(1));
                if let Some(proof) = proof {
                    self.test(proof, answers);
                }
                let silent = self.path.as_ref().is_some_and(|path| path.silent_since(now).is_some());
                if silent && !self.log.contains("silent") {
                    self.log += &format!("{} silent\n", now.for_people());
                }
                self.now = next;
            }
        }
    }

    #[test]
    fn a_program_is_tested_once_a_week_while_people_work() {
        let mut stage = Stage::of("webhook");
        stage.pass(29, true);
        insta::assert_snapshot!(stage.log, @r"
        2026-11-25 12:00 UTC tested
        2026-12-02 12:00 UTC tested
        2026-12-09 12:00 UTC tested
        2026-12-16 12:00 UTC tested
        2026-12-23 12:00 UTC tested
        ");
    }

    #[test]
    fn what_is_due_at_night_or_at_the_weekend_waits_for_the_morning() {
        let mut stage = Stage::of("webhook");
        stage.path().prove("2026-11-21T03:00:00Z".parse().unwrap());
        stage.pass(7, true);
        insta::assert_snapshot!(stage.log, @"2026-11-30 09:00 UTC tested");
    }

    #[test]
    fn how_often_is_a_setting_and_never_is_one() {
        for (word, tests) in [("daily", 23), ("weekly", 5), ("monthly", 2), ("never", 0)] {
            let mut stage = Stage::of("webhook");
            stage.channels[0].settings.insert(PROVE.to_owned(), word.into());
            stage.pass(30, true);
            assert_eq!(stage.log.lines().count(), tests, "{word}: {}", stage.log);
        }
    }

    /// News that was taken proves as well as a test does.
    #[test]
    fn a_program_that_is_told_of_something_is_not_tested_beside_it() {
        let mut stage = Stage::of("webhook");
        stage.pass(6, true);
        let now = stage.now;
        stage.path().prove(now);
        stage.log.clear();
        stage.pass(6, true);
        assert_eq!(stage.log, "");
    }

    #[test]
    fn people_are_asked_two_weeks_before_their_proof_ends_and_who_answers_is_left_alone() {
        let mut stage = Stage::of("smtp");
        let start = stage.now;
        stage.path().prove(start);
        stage.pass(365, true);
        insta::assert_snapshot!(stage.log, @r"
        2027-05-10 12:00 UTC tested
        2027-10-25 09:00 UTC tested
        ");
    }

    #[test]
    fn who_does_not_answer_is_asked_once_a_week_is_silent_after_one_and_is_left_alone_in_the_end() {
        let mut stage = Stage::of("smtp");
        let start = stage.now;
        stage.path().prove(start);
        stage.pass(365, false);
        insta::assert_snapshot!(stage.log, @r"
        2027-05-10 12:00 UTC tested
        2027-05-17 12:00 UTC tested
        2027-05-17 12:00 UTC silent
        2027-05-24 12:00 UTC tested
        2027-05-31 12:00 UTC tested
        ");
    }

    /// Whom nobody ever asked is not asked by a machine first: `alert.no-proved-path` says what to type.
    #[test]
    fn people_who_never_proved_their_way_are_not_asked_by_themselves() {
        let mut stage = Stage::of("smtp");
        stage.pass(365, false);
        assert_eq!(stage.log, "");
    }

    #[test]
    fn a_contact_of_several_owners_is_tested_by_the_first_of_them() {
        let stage = Stage::of("webhook");
        let other = Owner { id: OwnerId::from_bytes([2; 16]), ..stage.owner.clone() };
        let owners = [stage.owner.clone(), other.clone()];
        let tests = |owner: &Owner| {
            let state = State { owner, owners: &owners, channels: &stage.channels, kinds: KINDS, paths: &[] };
            decide(&state, stage.now).tests.len()
        };
        assert_eq!((tests(&stage.owner), tests(&other)), (1, 0));
    }

    /// A way that is tried for the first time when somebody's turn comes is found broken by an alert.
    #[test]
    fn ways_to_those_who_are_not_on_duty_are_tested_too() {
        let mut stage = Stage::of("webhook");
        let zone = Zone::UTC;
        let rotation = Rotation {
            people: ["ada", "bob", "ada"].map(str::to_owned).to_vec(),
            every: Turn::Week,
            from_day: 0,
            at_minute: 0,
            zone,
        };
        let nights = Duty { days: Days::ALL, from_minute: 18 * 60, to_minute: 8 * 60, zone };
        let turns =
            Rung { channel: "way".to_owned(), to: None, rotation: Some(rotation), duty: Some(nights) };
        stage.owner.contacts = vec![turns];
        let owners = [stage.owner.clone()];
        let (owner, channels) = (&stage.owner, &stage.channels);
        let state = State { owner, owners: &owners, channels, kinds: KINDS, paths: &[] };
        let plan = decide(&state, stage.now);
        let tested: Vec<_> = plan.tests.iter().filter_map(|test| test.contact.to.as_deref()).collect();
        assert_eq!(tested, ["ada", "bob"]);
    }

    #[test]
    fn what_a_clock_that_was_ahead_proved_is_tested_now() {
        let mut stage = Stage::of("webhook");
        let ahead = stage.now + Span::days(400);
        stage.path().prove(ahead);
        stage.pass(0, true);
        assert_eq!(stage.log.lines().count(), 1);
    }
}
