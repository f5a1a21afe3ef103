//! What becomes of a message after each try, and what that says about the way it took.

use notafter_cert::{Span, Time};
use serde_json::json;

use super::ahead::is_ahead;
use super::alert::to_confirm;
use crate::model::{
    Alert, AlertState, Channel, Contact, Delivery, DeliveryAttempt, DeliveryId, DeliveryState, Message,
    Owner, OwnerId, Path, Proof, Purpose, Random, Receipt,
};

/// The first pause after a failed try; it doubles.
const FIRST_PAUSE: Span = Span::seconds(30);
/// The longest pause between two tries.
const LONGEST_PAUSE: Span = Span::hours(1);
/// A message that could not be handed over for this long is given up; reminders and the next contact go on.
const GIVE_UP_AFTER: Span = Span::days(1);
/// History kept with the message.
const ATTEMPTS_KEPT: usize = 50;
/// How long a test's code can be confirmed.
const CODE_HOLDS: Span = Path::ANSWER_WITHIN;
/// Crockford's alphabet: nothing in it is taken for something else when read aloud.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A try that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the other side said, or what went wrong.
    pub said: String,
    /// Whether trying again can help.
    pub again: Again,
    /// Not before this instant, says the other side.
    pub until: Option<Time>,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It may go away by itself.
    Soon,
    /// Somebody must mend it first: an address, a password, a mail server's rules.
    OnceMended,
    /// There is no way any more.
    Never,
}

/// Brings message and path up to date after one try.
pub fn note(delivery: &mut Delivery, path: &mut Path, outcome: Result<Receipt, Failure>, now: Time) {
    let (accepted, detail) = match &outcome {
        Ok(receipt) => (true, receipt.detail.clone()),
        Err(failure) => (false, failure.said.clone()),
    };
    delivery.created_at = delivery.created_at.min(now);
    if delivery.purpose == Purpose::Test {
        path.tested_at = path.tested_at.max(Some(delivery.created_at));
    }
    delivery.attempts.push(DeliveryAttempt { at: now, accepted, detail });
    let excess = delivery.attempts.len().saturating_sub(ATTEMPTS_KEPT);
    delivery.attempts.drain(..excess);
    match outcome {
        Ok(receipt) => taken(delivery, path, &receipt, now),
        Err(failure) => failed(delivery, path, failure, now),
    }
}

/// Until when a message waits for its next try; nothing where it is due. What a clock that was ahead put off is not waited
/// for.
#[must_use]
pub fn waits_until(delivery: &Delivery, now: Time) -> Option<Time> {
    let planned_at = delivery.attempts.last().map_or(delivery.created_at, |last| last.at);
    delivery.next_at.filter(|next| *next > now && !is_ahead(planned_at, now))
}

fn taken(delivery: &mut Delivery, path: &mut Path, receipt: &Receipt, now: Time) {
    delivery.state = if receipt.end_to_end { DeliveryState::Confirmed } else { DeliveryState::Accepted };
    delivery.next_at = None;
    path.accepted_at = Some(now);
    if path.is_down() {
        // What could not be carried could not be answered.
        path.asked_at = path.asked_at.map(|_| now);
    }
    path.failing_since = None;
    path.failures = 0;
    path.last_error = None;
    if receipt.end_to_end {
        path.prove(now);
    }
}

fn failed(delivery: &mut Delivery, path: &mut Path, failure: Failure, now: Time) {
    path.failing_since.get_or_insert(now);
    path.failures = path.failures.saturating_add(1);
    path.last_error = Some(failure.said);
    let pause = match failure.again {
        Again::Soon => pause(delivery),
        Again::OnceMended | Again::Never => {
            path.failures = path.failures.max(Path::DOWN_AFTER);
            LONGEST_PAUSE
        }
    };
    let next = (now + pause).max(failure.until.unwrap_or(now));
    let gone = match failure.again {
        Again::Soon => false,
        // Whoever tests a path reads the refusal, and tests again.
        Again::OnceMended => delivery.purpose == Purpose::Test,
        Again::Never => true,
    };
    if gone || next.since(delivery.created_at) > GIVE_UP_AFTER {
        delivery.state = DeliveryState::Failed;
        delivery.next_at = None;
    } else {
        delivery.next_at = Some(next);
    }
}

/// What makes a message that waits old news, so that it is not sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overtaken {
    /// What it tells of is over: the recovery is told, and says what was wrong.
    Over,
    /// Somebody took it: the product that it goes to would page for it.
    Taken,
}

/// Whether later news overtook a message; `hears_who_took_it` is its kind of channel's.
#[must_use]
pub fn overtaken(delivery: &Delivery, alert: &Alert, hears_who_took_it: bool) -> Option<Overtaken> {
    match delivery.purpose {
        Purpose::Recovered => None,
        _ if alert.state == AlertState::Closed => Some(Overtaken::Over),
        Purpose::Acknowledged => None,
        _ if hears_who_took_it && alert.acknowledged.is_some() => Some(Overtaken::Taken),
        _ => None,
    }
}

/// Gives up a message that was overtaken.
pub fn overtake(delivery: &mut Delivery, why: Overtaken, now: Time) {
    let why = match why {
        Overtaken::Over => "it is over",
        Overtaken::Taken => "somebody took it",
    };
    let detail = format!("not sent any more: {why}");
    delivery.attempts.push(DeliveryAttempt { at: now, accepted: false, detail });
    delivery.state = DeliveryState::Failed;
    delivery.next_at = None;
}

fn pause(delivery: &Delivery) -> Span {
    let tries = i64::try_from(delivery.attempts.len()).unwrap_or(i64::MAX).clamp(1, 16);
    FIRST_PAUSE.share(1 << (tries - 1), 1).min(LONGEST_PAUSE)
}

/// Why a path is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A person asked for it.
    Wanted,
    /// The proof of this instant grows old, by itself.
    Aged(Time),
    /// Programs prove their ways by themselves.
    Regular,
}

/// A message that proves a path: it carries a code that a person types, unless the channel's answer is the proof.
pub fn test(
    owner: &Owner,
    contact: &Contact,
    (channel, proof): (&Channel, Proof),
    occasion: Occasion,
    now: Time,
    random: &mut dyn FnMut() -> Random,
) -> Delivery {
    let code = match proof {
        Proof::Code => Some(code(random())),
        Proof::Answer => None,
    };
    let what = match (&code, occasion) {
        (Some(code), Occasion::Aged(proved)) => format!(
            "Somebody who reads this can be told when a certificate is in danger. That messages\narrive here was last confirmed on {}, and counts until {}.\nTo confirm it anew:\n\n{}\n\nIf nobody does so within {}, others are told that nobody answers here.\n",
            proved.for_people(),
            (proved + Path::PROOF_HOLDS).for_people(),
            to_confirm(code),
            CODE_HOLDS,
        ),
        (Some(code), _) => format!(
            "Somebody who reads this can be told when a certificate is in danger.\nTo prove it, type:\n\n{}\n\nUntil then this path counts as unproved, and a finding says so.\n",
            to_confirm(code),
        ),
        (None, Occasion::Regular) => {
            "This path is tested regularly; that this was taken proves it. Nothing is to be done.\n"
                .to_owned()
        }
        (None, _) => "This path is being tested; that this was taken proves it.\n".to_owned(),
    };
    let subject = match &code {
        Some(code) => format!("TEST notafter: confirm that this arrived: {code}"),
        None => "TEST notafter: this path is being proved".to_owned(),
    };
    let body =
        format!("{what}\nOwner: {}\nChannel: {}\nWritten: {}\n", owner.name, channel.name, now.for_people());
    Delivery {
        id: DeliveryId::new(now, random()),
        owner_id: owner.id,
        alert_id: None,
        channel_id: channel.id,
        to: contact.to.clone(),
        purpose: Purpose::Test,
        message: Message {
            subject,
            body,
            data: json!({ "schema": "notafter.path-test/1", "owner": owner.name, "channel": channel.name }),
        },
        code,
        state: DeliveryState::Pending,
        attempts: Vec::new(),
        next_at: Some(now),
        created_at: now,
    }
}

/// Six characters of thirty bits.
fn code(random: Random) -> String {
    random.iter().take(6).map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// Why a code proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// No test carries it.
    #[error("no test message carries the code {0}")]
    Unknown(String),
    /// The test is too old.
    #[error("the test message with the code {code} is older than {CODE_HOLDS}")]
    Stale {
        /// The code.
        code: String,
    },
}

impl notafter_cert::Trouble for ConfirmError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "alert.code-unknown",
            Self::Stale { .. } => "alert.code-stale",
        }
    }

    fn hint(&self) -> String {
        "send a new one with `notafter alert test` and type the code that arrives".to_owned()
    }

    fn retry(&self) -> notafter_cert::Retry {
        notafter_cert::Retry::Never
    }
}

/// The test message that a typed code belongs to; letters that look alike are taken for one another, as Crockford's
/// alphabet means them.
///
/// # Errors
/// No test carries the code, or the test is too old to say anything about today.
pub fn confirmed<'a>(tests: &'a [Delivery], typed: &str, now: Time) -> Result<&'a Delivery, ConfirmError> {
    let typed: String = typed
        .trim()
        .to_ascii_uppercase()
        .chars()
        .filter(|letter| *letter != '-' && *letter != ' ')
        .map(|letter| match letter {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    let mut found = tests.iter().filter(|delivery| delivery.code.as_deref() == Some(typed.as_str()));
    let newest = found.by_ref().max_by_key(|delivery| delivery.created_at);
    match newest {
        None => Err(ConfirmError::Unknown(typed)),
        Some(test) if now.since(test.created_at) > CODE_HOLDS => Err(ConfirmError::Stale { code: typed }),
        Some(test) => Ok(test),
    }
}

/// A person typed the code: the message arrived, and so the path works.
pub fn confirm(delivery: &mut Delivery, path: &mut Path, now: Time) {
    delivery.state = DeliveryState::Confirmed;
    delivery.next_at = None;
    path.prove(now);
    path.failing_since = None;
    path.failures = 0;
    path.last_error = None;
}

/// The path that a delivery takes, known or not.
#[must_use]
pub fn path_of(paths: &[Path], delivery: &Delivery, owner_id: OwnerId) -> Path {
    paths
        .iter()
        .find(|path| path.channel_id == delivery.channel_id && path.to == delivery.to)
        .cloned()
        .unwrap_or_else(|| Path::unknown(delivery.channel_id, delivery.to.clone(), owner_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::channel::stage::channel;
    use crate::model::{Acknowledgement, Actor, AlertId, BusinessHours, Severity, Subject};

    fn at(minutes: i64) -> Time {
        Time::from_unix_seconds(1_800_000_000) + Span::minutes(minutes)
    }

    fn owner() -> Owner {
        Owner {
            id: OwnerId::from_bytes([1; 16]),
            name: "shop".to_owned(),
            contacts: Vec::new(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        }
    }

    fn message() -> (Delivery, Path) {
        let contact = Contact { channel: "mail".to_owned(), to: Some("ops@example".to_owned()) };
        let mail = (&channel("mail", "smtp"), Proof::Code);
        let delivery = test(&owner(), &contact, mail, Occasion::Wanted, at(0), &mut || [0x1f; 10]);
        let path = path_of(&[], &delivery, owner().id);
        (delivery, path)
    }

    fn later(said: &str) -> Result<Receipt, Failure> {
        Err(Failure { said: said.to_owned(), again: Again::Soon, until: None })
    }

    #[test]
    fn retries_back_off_within_a_day_and_three_failures_are_a_path_that_is_down() {
        let (mut delivery, mut path) = message();
        let (mut now, mut tries) = (at(0), 0);
        while let Some(next) = delivery.next_at {
            now = next;
            note(&mut delivery, &mut path, later("451 later"), now);
            tries += 1;
            assert_eq!(path.is_down(), tries >= 3);
        }
        assert_eq!(delivery.state, DeliveryState::Failed);
        assert!(now.since(at(0)) > Span::hours(22) && now.since(at(0)) <= Span::days(1), "{now}");
        assert!((25..=35).contains(&tries), "{tries}");
        assert_eq!(path.failing_since, Some(at(0)));
    }

    /// A message whose next try had been put off by a clock that was 400 days ahead waited for that day.
    #[test]
    fn a_message_that_was_put_off_while_the_clock_was_ahead_is_due() {
        let (mut delivery, mut path) = message();
        assert_eq!(waits_until(&delivery, at(0)), None);
        note(&mut delivery, &mut path, later("451 later"), at(0));
        assert_eq!(waits_until(&delivery, at(0)), delivery.next_at);
        let ahead = at(400 * 24 * 60);
        delivery.created_at = ahead;
        note(&mut delivery, &mut path, later("451 later"), ahead);
        assert!(delivery.next_at > Some(ahead));
        assert_eq!(waits_until(&delivery, at(5)), None);
        note(&mut delivery, &mut path, later("451 later"), at(5));
        assert_eq!(delivery.created_at, at(5), "it is given up a day from now, and not from then");
        assert_eq!(waits_until(&delivery, at(5)), delivery.next_at);
    }

    #[test]
    fn the_other_sides_wish_to_wait_is_honoured() {
        let (mut delivery, mut path) = message();
        let failure = Failure { said: "429".to_owned(), again: Again::Soon, until: Some(at(90)) };
        note(&mut delivery, &mut path, Err(failure), at(0));
        assert_eq!(delivery.next_at, Some(at(90)));
    }

    #[test]
    fn a_refusal_for_good_ends_it_and_the_next_acceptance_mends_the_path() {
        let (mut delivery, mut path) = message();
        let refused = |again| Failure { said: "550 no such user".to_owned(), again, until: None };
        note(&mut delivery, &mut path, Err(refused(Again::OnceMended)), at(0));
        assert_eq!((delivery.state, delivery.next_at), (DeliveryState::Failed, None));
        assert!(path.is_down());
        // News is kept for whoever mends the channel within the day; nothing mends one that was removed.
        let (alert, _) = message();
        for (again, next) in [(Again::OnceMended, Some(at(60))), (Again::Never, None)] {
            let mut alert = Delivery { purpose: Purpose::Opened, ..alert.clone() };
            note(&mut alert, &mut path, Err(refused(again)), at(0));
            assert_eq!(alert.next_at, next);
        }
        let (mut delivery, _) = message();
        let receipt = Receipt { detail: "250 ok".to_owned(), end_to_end: false };
        note(&mut delivery, &mut path, Ok(receipt), at(1));
        assert_eq!(delivery.state, DeliveryState::Accepted);
        assert!(!path.is_down() && !path.is_proved(at(1)), "accepted is not proved: {path:?}");
    }

    #[test]
    fn only_the_code_that_arrived_proves_a_mail_path() {
        let (mut delivery, mut path) = message();
        assert_eq!(delivery.code.as_deref(), Some("ZZZZZZ"));
        let receipt = Receipt { detail: "250 ok".to_owned(), end_to_end: false };
        note(&mut delivery, &mut path, Ok(receipt), at(0));
        assert!(!path.is_proved(at(60)));
        let tests = [delivery.clone()];
        assert!(matches!(confirmed(&tests, "AAAAAA", at(1)), Err(ConfirmError::Unknown(_))));
        assert!(matches!(confirmed(&tests, "ZZZZZZ", at(8 * 1440)), Err(ConfirmError::Stale { .. })));
        assert_eq!(confirmed(&tests, " zzz-zzz", at(1)).map(|test| test.id), Ok(delivery.id));
        confirm(&mut delivery, &mut path, at(1));
        assert!(path.is_proved(at(2)));
        assert!(!path.is_proved(at(2) + Path::PROOF_HOLDS), "a proof ages");
    }

    #[test]
    fn a_webhook_proves_itself() {
        let channel = channel("hook", "webhook");
        let contact = Contact { channel: "hook".to_owned(), to: None };
        let hook = (&channel, Proof::Answer);
        let mut delivery = test(&owner(), &contact, hook, Occasion::Wanted, at(0), &mut || [0; 10]);
        assert_eq!(delivery.code, None);
        let mut path = path_of(&[], &delivery, owner().id);
        let receipt = Receipt { detail: "204".to_owned(), end_to_end: true };
        note(&mut delivery, &mut path, Ok(receipt), at(0));
        assert_eq!(delivery.state, DeliveryState::Confirmed);
        assert!(path.is_proved(at(0)));
    }

    #[test]
    fn old_news_is_not_sent_any_more() {
        let alert = |state, taken: bool| Alert {
            id: AlertId::from_bytes([2; 16]),
            owner_id: owner().id,
            root: Subject::Installation,
            severity: Severity::Critical,
            peak: Severity::Critical,
            findings: Vec::new(),
            state,
            opened_at: at(0),
            quiet_since: None,
            closed_at: None,
            rung: 1,
            told: Vec::new(),
            worsened: 0,
            acknowledged: taken.then(|| Acknowledgement { at: at(1), by: Actor::Engine, note: None }),
        };
        let (open, closed) = (AlertState::Open, AlertState::Closed);
        let table = [
            (Purpose::Opened, open, false, true, None),
            (Purpose::Opened, open, true, true, Some(Overtaken::Taken)),
            (Purpose::Opened, open, true, false, None),
            (Purpose::Risen, closed, true, true, Some(Overtaken::Over)),
            (Purpose::Acknowledged, open, true, true, None),
            (Purpose::Acknowledged, closed, true, true, Some(Overtaken::Over)),
            (Purpose::Recovered, closed, true, true, None),
        ];
        for (purpose, state, taken, hears, expected) in table {
            let delivery = Delivery { purpose, ..message().0 };
            let found = overtaken(&delivery, &alert(state, taken), hears);
            assert_eq!(found, expected, "{purpose:?} {state:?} {taken} {hears}");
        }
    }

    #[test]
    fn the_test_message_reads_well() {
        let (delivery, _) = message();
        insta::assert_snapshot!(format!(
            "Subject: {}\n\n{}",
            delivery.message.subject, delivery.message.body
        ));
    }

    #[test]
    fn whoever_is_asked_anew_reads_why_and_until_when() {
        let contact = Contact { channel: "mail".to_owned(), to: Some("ops@example".to_owned()) };
        let mail = (&channel("mail", "smtp"), Proof::Code);
        let aged = Occasion::Aged(at(0) - Span::days(166));
        let delivery = test(&owner(), &contact, mail, aged, at(0), &mut || [0x1f; 10]);
        insta::assert_snapshot!(delivery.message.body);
    }

    #[test]
    fn a_question_that_could_not_be_carried_is_asked_from_when_it_could() {
        let (mut delivery, mut path) = message();
        path.asked_at = Some(at(0));
        for minutes in 0..3 {
            note(&mut delivery, &mut path, later("451 later"), at(minutes));
        }
        let week = Path::ANSWER_WITHIN;
        assert_eq!(path.silent_since(at(0) + week), None, "it is down: that is told already");
        let receipt = Receipt { detail: "250 ok".to_owned(), end_to_end: false };
        note(&mut delivery, &mut path, Ok(receipt), at(100));
        assert_eq!(path.silent_since(at(99) + week), None);
        assert_eq!(path.silent_since(at(100) + week), Some(at(100)));
        confirm(&mut delivery, &mut path, at(200));
        assert_eq!(path.silent_since(at(200) + week), None, "answered");
    }
}
