//! The life of findings: opened, updated, closed, never silently dropped.
//!
//! A finding is identified by (code, subject, cause) and by nothing that moves: days left, serials and addresses belong
//! to its text and its evidence. A cause that comes back after it was closed is a new finding, so that history keeps both
//! episodes.

use std::collections::BTreeMap;

use notafter_cert::Time;

use crate::model::{Finding, FindingId, FindingState, OwnerId, Random, Severity, Subject, Violation};

/// What becomes of one finding; each carries the finding as it is to be stored.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingChange {
    /// It is new.
    Opened(Finding),
    /// Its severity changed.
    Turned {
        /// What it was.
        from: Severity,
        /// As it is now.
        finding: Finding,
    },
    /// Only its numbers changed, or it was seen to hold once more: worth storing, not worth an event.
    Seen(Finding),
    /// It does not hold any more.
    Closed(Finding),
}

impl FindingChange {
    /// The finding as it is to be stored.
    #[must_use]
    pub const fn finding(&self) -> &Finding {
        match self {
            Self::Opened(finding)
            | Self::Turned { finding, .. }
            | Self::Seen(finding)
            | Self::Closed(finding) => finding,
        }
    }

    /// The verb of the event that tells of it (`notafter.finding.<verb>.v1`); nothing where only numbers moved.
    #[must_use]
    pub const fn verb(&self) -> Option<&'static str> {
        match self {
            Self::Opened(_) => Some("opened"),
            Self::Turned { .. } => Some("turned"),
            Self::Seen(_) => None,
            Self::Closed(_) => Some("closed"),
        }
    }
}

/// The rules' verdict on one subject at one instant.
pub struct Judged<'a> {
    /// Who answers for the subject.
    pub owner_id: OwnerId,
    /// When it was judged.
    pub at: Time,
    /// What is violated.
    pub violations: Vec<Violation>,
    /// Whether an open finding could have been seen at all this time. What could not be judged stays as it is: a server
    /// that does not answer has not been given a new certificate (law 6).
    pub judged: &'a dyn Fn(&Violation) -> bool,
}

/// Everything was judged.
#[must_use]
pub const fn all_judged(_: &Violation) -> bool {
    true
}

/// Compares what was known with what holds now. `open` are the open findings of the judged subjects.
pub fn reconcile(
    open: &[Finding],
    now: Judged<'_>,
    random: &mut dyn FnMut() -> Random,
) -> Vec<FindingChange> {
    let mut held = merge(now.violations);
    let mut changes = Vec::new();
    for finding in open.iter().filter(|finding| finding.state == FindingState::Open) {
        match held.remove(&identity(&finding.violation)) {
            Some(violation) => changes.push(seen(finding, violation, now.owner_id, now.at)),
            None if (now.judged)(&finding.violation) => changes.push(closed(finding, now.at)),
            None => {}
        }
    }
    let opened = held.into_values().map(|violation| {
        FindingChange::Opened(Finding {
            id: FindingId::new(now.at, random()),
            owner_id: now.owner_id,
            violation,
            state: FindingState::Open,
            opened_at: now.at,
            changed_at: now.at,
            seen_at: now.at,
            closed_at: None,
        })
    });
    changes.extend(opened);
    changes
}

type Identity = (String, Subject, String);

fn identity(violation: &Violation) -> Identity {
    (violation.code.clone(), violation.subject.clone(), violation.cause.clone())
}

/// One entry per identity: the worst of several stays, in the rules' order among equals.
fn merge(violations: Vec<Violation>) -> BTreeMap<Identity, Violation> {
    let mut held: BTreeMap<Identity, Violation> = BTreeMap::new();
    for violation in violations.into_iter().filter(|violation| violation.severity != Severity::Ok) {
        match held.get_mut(&identity(&violation)) {
            Some(known) if known.severity >= violation.severity => {}
            Some(known) => *known = violation,
            None => {
                held.insert(identity(&violation), violation);
            }
        }
    }
    held
}

fn seen(finding: &Finding, violation: Violation, owner_id: OwnerId, at: Time) -> FindingChange {
    let from = finding.violation.severity;
    let turned = from != violation.severity;
    let changed = turned || finding.violation != violation || finding.owner_id != owner_id;
    let changed_at = if changed { at } else { finding.changed_at };
    // Nothing begins after it was seen: the clock was set back meanwhile.
    let opened_at = finding.opened_at.min(at);
    let finding = Finding { owner_id, violation, opened_at, changed_at, seen_at: at, ..finding.clone() };
    if turned { FindingChange::Turned { from, finding } } else { FindingChange::Seen(finding) }
}

fn closed(finding: &Finding, at: Time) -> FindingChange {
    FindingChange::Closed(Finding {
        state: FindingState::Closed,
        changed_at: at,
        closed_at: Some(at),
        ..finding.clone()
    })
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;

    use super::*;
    use crate::model::EndpointId;

    fn at(hours: i64) -> Time {
        Time::from_unix_seconds(1_800_000_000) + Span::hours(hours)
    }

    fn owner() -> OwnerId {
        OwnerId::from_bytes([1; 16])
    }

    fn violation(code: &str, severity: Severity, text: &str) -> Violation {
        Violation {
            code: code.to_owned(),
            severity,
            subject: Subject::Endpoint(EndpointId::from_bytes([2; 16])),
            cause: "leaf".to_owned(),
            text: text.to_owned(),
            hint: "renew".to_owned(),
            evidence: serde_json::Value::Null,
        }
    }

    fn judge(open: &[Finding], hours: i64, violations: Vec<Violation>) -> Vec<FindingChange> {
        let judged = Judged { owner_id: owner(), at: at(hours), violations, judged: &all_judged };
        reconcile(open, judged, &mut || [u8::try_from(hours).unwrap_or(0); 10])
    }

    fn only(mut changes: Vec<FindingChange>) -> FindingChange {
        assert_eq!(changes.len(), 1, "{changes:?}");
        changes.remove(0)
    }

    #[test]
    fn a_finding_opens_counts_down_turns_and_closes_under_one_identity() {
        let opened =
            only(judge(&[], 0, vec![violation("certificate.expires-soon", Severity::Warning, "9 d")]));
        assert_eq!(opened.verb(), Some("opened"));
        let first = opened.finding().clone();

        let counted = only(judge(
            std::slice::from_ref(&first),
            1,
            vec![violation("certificate.expires-soon", Severity::Warning, "8 d")],
        ));
        assert_eq!(counted.verb(), None, "numbers that move are no news");
        let counted = counted.finding().clone();
        assert_eq!((counted.id, counted.opened_at, counted.seen_at), (first.id, at(0), at(1)));
        assert_eq!(counted.violation.text, "8 d");

        let turned = only(judge(
            &[counted],
            2,
            vec![violation("certificate.expires-soon", Severity::Critical, "9 h")],
        ));
        assert!(matches!(turned, FindingChange::Turned { from: Severity::Warning, .. }));

        let closed = only(judge(&[turned.finding().clone()], 3, vec![]));
        assert_eq!(closed.verb(), Some("closed"));
        assert_eq!(closed.finding().closed_at, Some(at(3)));
        assert_eq!(closed.finding().violation.text, "9 h", "history keeps what it said last");
    }

    /// One that was opened while the clock was ahead was never confirmed by a second look, and never told.
    #[test]
    fn what_was_opened_while_the_clock_was_ahead_begins_when_it_is_seen() {
        let ahead = only(judge(&[], 200, vec![violation("a.b", Severity::Warning, "")])).finding().clone();
        let seen = only(judge(&[ahead], 1, vec![violation("a.b", Severity::Warning, "")])).finding().clone();
        assert_eq!((seen.opened_at, seen.seen_at), (at(1), at(1)));
        let again = only(judge(&[seen], 2, vec![violation("a.b", Severity::Warning, "")])).finding().clone();
        assert_eq!((again.opened_at, again.seen_at), (at(1), at(2)));
    }

    #[test]
    fn what_comes_back_is_a_new_episode() {
        let first = only(judge(&[], 0, vec![violation("a.b", Severity::Warning, "")])).finding().clone();
        let closed = only(judge(std::slice::from_ref(&first), 1, vec![])).finding().clone();
        let again =
            only(judge(&[closed], 2, vec![violation("a.b", Severity::Warning, "")])).finding().clone();
        assert_ne!(again.id, first.id);
        assert_eq!(again.opened_at, at(2));
    }

    #[test]
    fn what_could_not_be_judged_stays_open() {
        let expired = only(judge(&[], 0, vec![violation("certificate.expired", Severity::Critical, "")]));
        let open = [expired.finding().clone()];
        let judged = Judged {
            owner_id: owner(),
            at: at(1),
            violations: vec![violation("endpoint.timeout", Severity::Unknown, "no answer")],
            judged: &|violation| violation.code.starts_with("endpoint."),
        };
        let changes = reconcile(&open, judged, &mut || [7; 10]);
        assert_eq!(only(changes).finding().violation.code, "endpoint.timeout");
    }

    #[test]
    fn the_worst_of_two_with_one_identity_stays() {
        let changes = judge(
            &[],
            0,
            vec![
                violation("a.b", Severity::Warning, "mild"),
                violation("a.b", Severity::Critical, "bad"),
                violation("a.b", Severity::Warning, "mild again"),
                violation("a.c", Severity::Ok, "nothing"),
            ],
        );
        assert_eq!(only(changes).finding().violation.text, "bad");
    }
}
