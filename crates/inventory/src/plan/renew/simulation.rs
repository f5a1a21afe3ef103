//! Years of renewals on a simulated clock, with a CA that fails at will.

use notafter_cert::{Span, Time};
use proptest::prelude::*;

use super::stage::{failure, held, lineage, names, spec};
use super::*;
use crate::ledger::{LETS_ENCRYPT, Ledger};
use crate::model::FailureClass;

const START: Time = Time::from_unix_seconds(1_796_000_000);
const LIFETIMES: [Span; 7] = [
    Span::hours(12),
    Span::hours(160),
    Span::days(47),
    Span::days(90),
    Span::days(200),
    Span::days(398),
    Span::days(3650),
];
const CLASSES: [FailureClass; 5] = [
    FailureClass::Ours,
    FailureClass::Domain,
    FailureClass::Ca,
    FailureClass::RateLimit,
    FailureClass::Network,
];
/// At least one of so many attempts succeeds.
const LONGEST_STREAK: u32 = 7;
const RENEWALS: u32 = 12;

/// What the world does at one step: consumed from a list of random numbers, over and over.
struct World<'a> {
    numbers: &'a [u32],
    next: usize,
}

impl World<'_> {
    fn draw(&mut self, below: u32) -> u32 {
        let number = self.numbers[self.next % self.numbers.len()].rotate_left(self.next as u32 % 32);
        self.next += 1;
        number % below
    }
}

struct Run {
    attempts: Vec<(Time, Option<FailureClass>)>,
    expired_at: Option<Time>,
}

/// Renews `RENEWALS` times; the CA's windows are ordinary, missing or nonsense.
fn run(lifetime: Span, numbers: &[u32]) -> Run {
    let mut world = World { numbers, next: 0 };
    let mut lineage = lineage(spec());
    let mut ledger = Ledger::default();
    let issuer = IssuerId::from_bytes([5; 16]);
    // Nobody issues certificates of hours under limits of five a week.
    let limits = if lifetime < Span::hours(160) { &[][..] } else { LETS_ENCRYPT };
    let mut current = held(START, lifetime);
    let mut now = START;
    let (mut attempts, mut streak, mut renewals) = (Vec::new(), 0, 0);
    while renewals < RENEWALS {
        let state = State::of(&lineage, Some(&current), &ledger, now).unwrap().from_issuer(issuer, limits);
        let decided = plan(&state);
        if !decided.is_due(now) {
            now = decided.action.not_before;
            continue;
        }
        if now > current.not_after {
            return Run { attempts, expired_at: Some(now) };
        }
        if streak < LONGEST_STREAK && world.draw(4) > 0 {
            streak += 1;
            let class = CLASSES[world.draw(5) as usize];
            let mut one = failure(now, class);
            if class == FailureClass::RateLimit {
                one.retry_after = Some(now + lifetime.share(i64::from(world.draw(100)), 10_000));
            }
            ledger.failed(issuer, &one);
            note_failure(&mut lineage.renewal, one);
            attempts.push((now, Some(class)));
        } else {
            attempts.push((now, None));
            ledger.issued(issuer, now, &spec().identifiers);
            note_success(&mut lineage.renewal);
            current = held(now - Span::hours(1).min(lifetime.share(1, 50)), lifetime);
            current.obtained_at = now;
            lineage.renewal.ari = any_window(&mut world, &current, now);
            (streak, renewals) = (0, renewals + 1);
        }
        now = now + Span::seconds(1 + i64::from(world.draw(30)));
    }
    Run { attempts, expired_at: None }
}

fn any_window(world: &mut World<'_>, held: &Held, now: Time) -> Option<AriChoice> {
    let lifetime = held.lifetime();
    let (start, length) = match world.draw(4) {
        0 => return None,
        1 => (i64::from(world.draw(3000)) - 1000, i64::from(world.draw(500)) + 1),
        _ => (657, 20),
    };
    let start = held.not_before + lifetime.share(start, 1000);
    let answer =
        Window { start, end: start + lifetime.share(length, 1000), explanation_url: None, retry_after: None };
    draw(&answer, held, None, u64::from(world.draw(u32::MAX)) << 32, now)
}

/// The most attempts of a kind within any hour.
fn most_in_an_hour(attempts: &[Time]) -> usize {
    attempts
        .iter()
        .map(|end| attempts.iter().filter(|at| **at <= *end && end.since(**at) < Span::hours(1)).count())
        .max()
        .unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn while_one_attempt_in_eight_succeeds_nothing_ever_expires(
        numbers in prop::collection::vec(any::<u32>(), 40..200),
        which in 0..LIFETIMES.len(),
    ) {
        let lifetime = LIFETIMES[which];
        let run = run(lifetime, &numbers);
        prop_assert_eq!(run.expired_at, None, "{} after {:?}", lifetime, run.attempts);
        let of = |wanted: fn(FailureClass) -> bool| -> Vec<Time> {
            let failed = run.attempts.iter().filter(|(_, class)| class.is_some_and(wanted));
            failed.map(|(at, _)| *at).collect()
        };
        prop_assert!(most_in_an_hour(&of(|class| class == FailureClass::Domain)) <= 5);
        prop_assert!(most_in_an_hour(&of(|_| true)) <= 8);
    }

    #[test]
    fn no_plan_waits_past_the_last_call(
        which in 0..LIFETIMES.len(),
        at in 0..1000i64,
        failures in prop::collection::vec((0..5usize, 0..1000i64, prop::option::of(0..100_000i64)), 0..60),
        not_before in prop::option::of(0..5000i64),
        issued in 0..8u32,
        window in prop::option::of((-1000..3000i64, 1..800i64)),
    ) {
        let lifetime = LIFETIMES[which];
        let held = held(START, lifetime);
        let nets = Nets::of(held.not_before, held.not_after);
        let now = START + nets.last_call.at.since(START).share(at, 1000);
        let mut lineage = lineage(spec());
        let mut ledger = Ledger::default();
        let issuer = IssuerId::from_bytes([5; 16]);
        for (class, ago, asked) in failures {
            let mut one = failure(now - Span::minutes(ago), CLASSES[class]);
            one.retry_after = asked.map(|minutes| one.at + Span::minutes(minutes));
            ledger.failed(issuer, &one);
            note_failure(&mut lineage.renewal, one);
        }
        lineage.renewal.failures.sort_by_key(|one| one.at);
        lineage.renewal.not_before = not_before.map(|share| START + lifetime.share(share, 1000));
        for _ in 0..issued {
            ledger.issued(issuer, now, &names(&["shop.example", "www.shop.example"]));
        }
        lineage.renewal.ari = window.and_then(|(start, length)| {
            let start = START + lifetime.share(start, 1000);
            let answer =
                Window { start, end: start + lifetime.share(length, 1000), explanation_url: None, retry_after: None };
            draw(&answer, &held, None, 1 << 60, now)
        });
        let state = State::of(&lineage, Some(&held), &ledger, now).unwrap().from_issuer(issuer, LETS_ENCRYPT);
        let decided = plan(&state);
        // A little later only after a failure just before it, as the budget for failures asks.
        let latest = nets.last_call.at + Span::minutes(15).min(lifetime.share(1, 50));
        prop_assert!(decided.action.not_before <= latest, "{} > {latest}", decided.action.not_before);
        prop_assert!(latest <= held.not_after);
        prop_assert!(decided.runway.is_some());
    }
}

#[test]
fn a_name_that_fails_for_months_is_tried_within_the_budget_until_long_after_the_end() {
    let mut lineage = lineage(spec());
    let ledger = Ledger::default();
    let held = held(START, Span::days(90));
    let until = held.not_after + Span::days(60);
    let mut now = START;
    let mut attempts = Vec::new();
    while now < until {
        let decided = plan(&State::of(&lineage, Some(&held), &ledger, now).unwrap());
        if decided.is_due(now) {
            attempts.push(now);
            note_failure(&mut lineage.renewal, failure(now, FailureClass::Domain));
        } else {
            now = decided.action.not_before;
        }
    }
    assert!(most_in_an_hour(&attempts) <= 4);
    let in_the_last_month = attempts.iter().filter(|at| until.since(**at) < Span::days(30)).count();
    assert!((50..=62).contains(&in_the_last_month), "{in_the_last_month}: never given up, never a storm");
    // Boulder pauses a name after 1,152 failures in a row, of which one a day is forgiven.
    let before_the_end = attempts.iter().filter(|at| **at <= held.not_after).count();
    assert!(before_the_end < 400 && attempts.len() < 1152 / 3 * 2, "{before_the_end} of {}", attempts.len());
}
