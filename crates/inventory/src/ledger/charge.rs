//! What a CA charges for, as it is kept: one entry for each event and bucket, with what it is exempt from.

use notafter_cert::{Fingerprint, Identifier, Time};

use super::{Counted, Limit, subjects};
use crate::model::{AttemptFailure, Exemption, FailureClass, IssuerId, LineageId, Order};

/// One event in one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The account.
    pub issuer: IssuerId,
    /// The kind of bucket.
    pub counted: Counted,
    /// Whose bucket: a name, the digest of a set of names; empty for the account.
    pub subject: String,
    /// When.
    pub at: Time,
    /// The order, or the lineage whose attempt failed: the same event is charged once.
    pub source: [u8; 16],
    /// Limits that exempt any of this do not count it.
    pub exemption: u8,
}

/// Which charges are needed to know how some buckets of one limit stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The account.
    pub issuer: IssuerId,
    /// The kind of bucket.
    pub counted: Counted,
    /// Whose buckets.
    pub subjects: Vec<String>,
    /// Nothing before this instant matters any more.
    pub since: Time,
    /// Charges that are exempt by any of this are not counted.
    pub without: u8,
}

/// Exempt because the same set of names was issued before.
const SAME_SET: u8 = 1;
/// Exempt because of `replaces` inside the CA's window.
const IN_WINDOW: u8 = 2;

/// What an order is charged for so far.
#[must_use]
pub fn charges(order: &Order) -> Vec<Charge> {
    let mut charges = Vec::new();
    let mut charge = |counted, at| {
        charges.extend(stored_subjects(counted, &order.identifiers).into_iter().map(|subject| Charge {
            issuer: order.issuer_id,
            counted,
            subject,
            at,
            source: *order.id.as_bytes(),
            exemption: bits(order.exemption),
        }));
    };
    charge(Counted::NewOrder, order.opened_at);
    if let (Some(at), Some("issued")) = (order.closed_at, order.ended.as_deref()) {
        charge(Counted::RegisteredDomain, at);
        charge(Counted::ExactSet, at);
    }
    charges
}

/// What a failed attempt is charged for.
#[must_use]
pub fn charges_of_failure(issuer: IssuerId, lineage: LineageId, failure: &AttemptFailure) -> Vec<Charge> {
    let charge = |(counted, subject)| Charge {
        issuer,
        counted,
        subject,
        at: failure.at,
        source: *lineage.as_bytes(),
        exemption: 0,
    };
    refused(failure).into_iter().map(charge).collect()
}

/// What to read before an order of any of these sets of names is decided at `now`.
///
/// The CA refuses what overdraws a bucket, so what is older than twice its filling is paid for: a history stays as short
/// as the CA's own limits make it, however many lineages there are.
#[must_use]
pub fn questions<'a>(
    limits: &[Limit],
    issuer: IssuerId,
    sets: impl Iterator<Item = &'a [Identifier]> + Clone,
    now: Time,
) -> Vec<Question> {
    let question = |limit: &Limit| {
        let mut wanted: Vec<String> =
            sets.clone().flat_map(|set| stored_subjects(limit.counted, set)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let same_set = if limit.exempt_for_renewals { SAME_SET } else { 0 };
        let in_window = if limit.exempt_in_window { IN_WINDOW } else { 0 };
        Question {
            issuer,
            counted: limit.counted,
            subjects: wanted,
            since: now - limit.refill.share(2 * i64::from(limit.burst), 1),
            without: same_set | in_window,
        }
    };
    limits.iter().map(question).collect()
}

/// Only what the CA itself refused for a name counts against that name: a failed self-check never reached it.
pub(super) fn refused(failure: &AttemptFailure) -> Vec<(Counted, String)> {
    if failure.class != FailureClass::Domain || !failure.code.starts_with("acme.") {
        return Vec::new();
    }
    let both = |name: &Identifier| {
        [Counted::FailedAuthorization, Counted::ConsecutiveFailure].map(|counted| (counted, name.to_string()))
    };
    failure.identifiers.iter().flat_map(both).collect()
}

pub(super) fn stored_subjects(counted: Counted, identifiers: &[Identifier]) -> Vec<String> {
    subjects(counted, identifiers).iter().map(|subject| stored(counted, subject)).collect()
}

/// A hundred names are too long for a key of an index.
pub(super) fn stored(counted: Counted, subject: &str) -> String {
    match counted {
        Counted::ExactSet => Fingerprint::of(subject.as_bytes()).to_string(),
        _ => subject.to_owned(),
    }
}

const fn bits(exemption: Exemption) -> u8 {
    let same_set = if exemption.same_set { SAME_SET } else { 0 };
    // RFC 9773 section 5: without the CA's consent to `replaces` it is an order like any other.
    let in_window = if exemption.in_window && exemption.replaces_accepted { IN_WINDOW } else { 0 };
    same_set | in_window
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;

    use super::*;
    use crate::ledger::{LETS_ENCRYPT, Ledger, Prediction, Request};
    use crate::model::{KeyId, OrderId};

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn issuer() -> IssuerId {
        IssuerId::new(NOW, [7; 10])
    }

    fn order(number: u8, exemption: Exemption) -> Order {
        Order {
            id: OrderId::new(NOW, [number; 10]),
            lineage_id: LineageId::new(NOW, [number; 10]),
            issuer_id: issuer(),
            key_id: KeyId::new(NOW, [number; 10]),
            identifiers: vec![format!("w{number}.shop.example").parse().unwrap()],
            csr: Vec::new(),
            flow: serde_json::Value::Null,
            opened_at: NOW,
            closed_at: Some(NOW),
            ended: Some("issued".to_owned()),
            exemption,
            missed_chain: None,
            http01: None,
            signing: None,
        }
    }

    /// As the store answers.
    fn answer(question: &Question, orders: &[Order]) -> Vec<Charge> {
        let fits = |charge: &Charge| {
            charge.counted == question.counted
                && charge.issuer == question.issuer
                && question.subjects.contains(&charge.subject)
                && charge.at >= question.since
                && charge.exemption & question.without == 0
        };
        orders.iter().flat_map(charges).filter(fits).collect()
    }

    /// How the buckets of a new name below the same domain stand after these orders.
    fn new_name(orders: &[Order]) -> Vec<Prediction> {
        let wanted = vec!["new.shop.example".parse().unwrap()];
        let asked = questions(LETS_ENCRYPT, issuer(), [wanted.as_slice()].into_iter(), NOW);
        let ledger = Ledger::of(asked.iter().flat_map(|question| answer(question, orders)));
        let request = Request {
            issuer: issuer(),
            identifiers: &wanted,
            renewal: false,
            in_window: false,
            urgent: false,
        };
        ledger.predict(LETS_ENCRYPT, request, NOW)
    }

    #[test]
    fn a_week_of_renewals_leaves_room_for_a_new_name_of_the_domain() {
        let of_kind = |exemption| (0..100).map(|number| order(number, exemption)).collect::<Vec<_>>();
        let same_set = Exemption { same_set: true, ..Exemption::default() };
        let window = Exemption { in_window: true, replaces_accepted: true, ..Exemption::default() };
        let refused = Exemption { in_window: true, ..Exemption::default() };
        let left = |orders: &[Order]| {
            let told = new_name(orders);
            (told[0].left, told[1].left, told[1].safe_at > NOW)
        };
        assert_eq!(left(&of_kind(same_set)), (300, 50, false));
        assert_eq!(left(&of_kind(window)), (300, 50, false));
        assert_eq!(left(&of_kind(refused)), (200, 0, true), "the CA took no note of `replaces`");
        assert_eq!(left(&of_kind(Exemption::default())), (200, 0, true));
    }

    #[test]
    fn a_renewal_outside_the_window_still_counts_against_its_exact_set() {
        let question = |set: &Order| {
            let sets = [set.identifiers.as_slice()];
            let asked = questions(LETS_ENCRYPT, issuer(), sets.into_iter(), NOW);
            asked.into_iter().find(|one| one.counted == Counted::ExactSet).unwrap()
        };
        let same_set = order(1, Exemption { same_set: true, ..Exemption::default() });
        let in_window = order(1, Exemption { same_set: true, in_window: true, replaces_accepted: true });
        assert_eq!(answer(&question(&same_set), std::slice::from_ref(&same_set)).len(), 1);
        assert_eq!(answer(&question(&in_window), std::slice::from_ref(&in_window)), []);
        let far = Question { since: NOW + Span::seconds(1), ..question(&same_set) };
        assert_eq!(answer(&far, &[same_set]), []);
    }
}
