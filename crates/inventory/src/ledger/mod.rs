//! What was asked of a CA, counted the way the CA counts it, so that a limit is seen before it is hit.
//!
//! Public CAs count in token buckets: a bucket holds `burst` tokens, every counted event takes one, and one comes back
//! every `refill`. The ledger replays our own history through the same buckets (as a generic cell rate algorithm, which
//! is how Boulder keeps them) and says how many tokens are left and when it becomes safe to go on.

mod charge;
mod limits;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use notafter_cert::{Identifier, Time};
use serde::Serialize;

pub use charge::{Charge, Question, charges, charges_of_failure, questions};
pub use limits::{Counted, LETS_ENCRYPT, Limit, NONE, limits_of, registered_domain};

use crate::model::{AttemptFailure, IssuerId};

/// Our own history with the CAs, by what their limits are counted on.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// In the order of time.
    events: BTreeMap<Key, Vec<Time>>,
}

/// What a bucket belongs to. Buckets of different issuers never mix, because the issuer is part of each key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    issuer: IssuerId,
    counted: Counted,
    subject: String,
}

/// An order that is about to be placed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The account it is placed with.
    pub issuer: IssuerId,
    /// What is ordered.
    pub identifiers: &'a [Identifier],
    /// The same exact set was issued before: a renewal, which a CA may exempt from some limits.
    pub renewal: bool,
    /// It carries `replaces` and falls inside the window that the CA suggested (RFC 9773 section 5).
    pub in_window: bool,
    /// It may take the last token: without it a service goes down.
    pub urgent: bool,
}

/// How full one bucket is for one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prediction {
    /// The limit's name, as people read it.
    pub limit: &'static str,
    /// What it is counted on: a name, a set of names, the account.
    pub subject: String,
    /// Tokens in the bucket now.
    pub left: u32,
    /// Tokens in a full bucket.
    pub burst: u32,
    /// When the request may be made without burning the last token (or, when urgent, with it).
    pub safe_at: Time,
}

impl fmt::Display for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}): {} of {} left, the next one at {}",
            self.limit,
            self.subject,
            self.left,
            self.burst,
            self.safe_at.for_people()
        )
    }
}

impl Ledger {
    /// The ledger of what was charged, in any order.
    #[must_use]
    pub fn of(charges: impl IntoIterator<Item = Charge>) -> Self {
        let mut ledger = Self::default();
        for Charge { issuer, counted, subject, at, .. } in charges {
            ledger.note(Key { issuer, counted, subject }, at);
        }
        ledger
    }

    /// An order was placed.
    pub fn ordered(&mut self, issuer: IssuerId, at: Time) {
        self.note(Key { issuer, counted: Counted::NewOrder, subject: String::new() }, at);
    }

    /// A certificate was issued.
    pub fn issued(&mut self, issuer: IssuerId, at: Time, identifiers: &[Identifier]) {
        for counted in [Counted::ExactSet, Counted::RegisteredDomain] {
            for subject in charge::stored_subjects(counted, identifiers) {
                self.note(Key { issuer, counted, subject }, at);
            }
        }
    }

    /// An attempt failed.
    pub fn failed(&mut self, issuer: IssuerId, failure: &AttemptFailure) {
        for (counted, subject) in charge::refused(failure) {
            self.note(Key { issuer, counted, subject }, failure.at);
        }
    }

    /// How every bucket that `request` would draw from stands at `now`, in the order of `limits`.
    #[must_use]
    pub fn predict(&self, limits: &[Limit], request: Request<'_>, now: Time) -> Vec<Prediction> {
        let mut predictions = Vec::new();
        for limit in limits {
            let exempt = (request.in_window && limit.exempt_in_window)
                || (request.renewal && limit.exempt_for_renewals);
            if exempt {
                continue;
            }
            for subject in subjects(limit.counted, request.identifiers) {
                predictions.push(self.bucket(limit, request, subject, now));
            }
        }
        predictions
    }

    fn bucket(&self, limit: &Limit, request: Request<'_>, subject: String, now: Time) -> Prediction {
        let stored = charge::stored(limit.counted, &subject);
        let key = Key { issuer: request.issuer, counted: limit.counted, subject: stored };
        // The instant at which the bucket is full again.
        let full_at = self
            .events
            .get(&key)
            .into_iter()
            .flatten()
            .take_while(|at| **at <= now)
            .fold(Time::from_micros(i64::MIN), |full_at, at| full_at.max(*at) + limit.refill);
        let missing = full_at.since(now).as_micros().max(0).cast_unsigned();
        let refill = limit.refill.as_micros().max(1).cast_unsigned();
        let gone = u32::try_from(missing.div_ceil(refill)).unwrap_or(u32::MAX);
        let needed = if request.urgent { 1 } else { limit.burst.min(2) };
        let spare = i64::from(limit.burst - needed);
        let safe_at = (full_at - limit.refill.share(spare, 1)).max(now);
        Prediction {
            limit: limit.name,
            subject: if subject.is_empty() { "this account".to_owned() } else { subject },
            left: limit.burst.saturating_sub(gone),
            burst: limit.burst,
            safe_at,
        }
    }

    fn note(&mut self, key: Key, at: Time) {
        let events = self.events.entry(key).or_default();
        events.insert(events.partition_point(|known| *known <= at), at);
    }
}

/// What requests are counted on, as people read it.
fn subjects(counted: Counted, identifiers: &[Identifier]) -> Vec<String> {
    match counted {
        Counted::NewOrder => vec![String::new()],
        Counted::ExactSet => vec![exact_set(identifiers)],
        Counted::RegisteredDomain => registered_domains(identifiers).into_iter().collect(),
        Counted::FailedAuthorization | Counted::ConsecutiveFailure => {
            identifiers.iter().map(Identifier::to_string).collect()
        }
    }
}

fn exact_set(identifiers: &[Identifier]) -> String {
    let set: BTreeSet<String> = identifiers.iter().map(Identifier::to_string).collect();
    set.into_iter().collect::<Vec<_>>().join(",")
}

fn registered_domains(identifiers: &[Identifier]) -> BTreeSet<String> {
    identifiers.iter().map(registered_domain).collect()
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;

    use super::*;
    use crate::model::FailureClass;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn issuer() -> IssuerId {
        IssuerId::new(NOW, [7; 10])
    }

    fn names(list: &[&str]) -> Vec<Identifier> {
        list.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn request(identifiers: &[Identifier]) -> Request<'_> {
        Request { issuer: issuer(), identifiers, renewal: true, in_window: false, urgent: false }
    }

    fn exact(ledger: &Ledger, request: Request<'_>, now: Time) -> Prediction {
        ledger
            .predict(LETS_ENCRYPT, request, now)
            .into_iter()
            .find(|one| one.limit == "certificates per exact set of names")
            .unwrap()
    }

    #[test]
    fn the_last_token_of_an_exact_set_is_kept_for_an_emergency() {
        let set = names(&["b.example", "a.example"]);
        let mut ledger = Ledger::default();
        for _ in 0..4 {
            ledger.issued(issuer(), NOW, &names(&["a.example", "b.example"]));
        }
        let calm = exact(&ledger, request(&set), NOW);
        assert_eq!((calm.left, calm.burst), (1, 5));
        assert_eq!(calm.safe_at, NOW + Span::hours(34));
        let urgent = exact(&ledger, Request { urgent: true, ..request(&set) }, NOW);
        assert_eq!(urgent.safe_at, NOW);
        ledger.issued(issuer(), NOW, &set);
        let spent = exact(&ledger, Request { urgent: true, ..request(&set) }, NOW);
        assert_eq!((spent.left, spent.safe_at), (0, NOW + Span::hours(34)));
        assert_eq!(exact(&ledger, request(&set), NOW + Span::days(8)).left, 5);
    }

    #[test]
    fn another_set_another_issuer_and_the_future_do_not_count() {
        let set = names(&["a.example"]);
        let mut ledger = Ledger::default();
        ledger.issued(issuer(), NOW, &names(&["a.example", "b.example"]));
        ledger.issued(IssuerId::new(NOW, [8; 10]), NOW, &set);
        ledger.issued(issuer(), NOW + Span::hours(1), &set);
        assert_eq!(exact(&ledger, request(&set), NOW).left, 5);
    }

    #[test]
    fn exemptions_are_those_of_the_ca() {
        let set = names(&["a.example"]);
        let limits = |request: Request<'_>| {
            Ledger::default()
                .predict(LETS_ENCRYPT, request, NOW)
                .into_iter()
                .map(|one| one.limit)
                .collect::<Vec<_>>()
                .join("; ")
        };
        let failures = "failed authorizations per name; consecutive failures per name";
        assert_eq!(
            limits(Request { renewal: false, ..request(&set) }),
            format!(
                "new orders; certificates per registered domain; certificates per exact set of names; {failures}"
            )
        );
        assert_eq!(limits(request(&set)), format!("certificates per exact set of names; {failures}"));
        assert_eq!(limits(Request { in_window: true, ..request(&set) }), failures);
        assert!(Ledger::default().predict(NONE, request(&set), NOW).is_empty());
    }

    #[test]
    fn only_what_the_ca_refused_counts_as_a_failed_authorization() {
        let set = names(&["a.example"]);
        let failure = |code: &str, class| AttemptFailure {
            at: NOW,
            class,
            code: code.to_owned(),
            message: String::new(),
            identifiers: set.clone(),
            retry_after: None,
        };
        let mut ledger = Ledger::default();
        for _ in 0..9 {
            ledger.failed(issuer(), &failure("renewal.self-check", FailureClass::Domain));
            ledger.failed(issuer(), &failure("acme.unreachable", FailureClass::Network));
        }
        let left = |ledger: &Ledger| {
            let all = ledger.predict(LETS_ENCRYPT, request(&set), NOW);
            all.into_iter().find(|one| one.limit == "failed authorizations per name").unwrap()
        };
        assert_eq!(left(&ledger).left, 5);
        for _ in 0..4 {
            ledger.failed(issuer(), &failure("acme.challenge-failed", FailureClass::Domain));
        }
        assert_eq!(
            left(&ledger).to_string(),
            format!(
                "failed authorizations per name (a.example): 1 of 5 left, the next one at {}",
                (NOW + Span::minutes(12)).for_people()
            )
        );
    }
}
