//! From judgements to stored findings, and from findings to the alert task: the one way in for every task that judges.

use notafter_inventory::finding::{FindingChange, Judged, reconcile};
use notafter_inventory::model::{Criticality, Finding, OwnerId, Random, Subject, Violation};
use notafter_inventory::plan::alert;
use notafter_store::{Change, StoreError, TaskSubject};
use serde_json::json;

use crate::context::Context;

/// The kind of the task that decides who hears of an owner's findings.
pub const ALERT: &str = "alert";

/// What to store after a judgement: the findings, an event for each that opened, turned or closed, and a wake-up for the
/// alert task of every owner for whom that is news. `open` are the open findings of the judged subjects, which matter so much.
pub fn changes(
    open: &[Finding],
    judged: Judged<'_>,
    criticality: Criticality,
    random: &mut dyn FnMut() -> Random,
) -> Vec<Change> {
    let at = judged.at;
    let mut changes = Vec::new();
    let mut owners: Vec<OwnerId> = Vec::new();
    for change in reconcile(open, judged, random) {
        let finding = change.finding();
        if is_news(&change, open, criticality) && !owners.contains(&finding.owner_id) {
            owners.push(finding.owner_id);
        }
        if is_worth_storing(&change, open, criticality) {
            changes.push(Change::PutFinding(finding.clone()));
        }
        if let Some(verb) = change.verb() {
            changes.push(Change::Event {
                kind: format!("notafter.finding.{verb}.v1"),
                subject: finding.violation.subject.clone(),
                data: json!({
                    "finding": finding.id,
                    "code": finding.violation.code,
                    "severity": finding.violation.severity,
                    "cause": finding.violation.cause,
                    "text": finding.violation.text,
                }),
            });
        }
    }
    changes.extend(owners.into_iter().map(|owner| Change::Schedule {
        task: ALERT,
        subject: TaskSubject::of(owner),
        due_at: at,
    }));
    changes
}

/// A finding that holds on as it was is not written again, once it is old enough to be told: a million unchanged looks
/// leave the database as it is.
fn is_worth_storing(change: &FindingChange, open: &[Finding], criticality: Criticality) -> bool {
    let FindingChange::Seen(finding) = change else { return true };
    let before = open.iter().find(|known| known.id == finding.id);
    let same = |before: &Finding| {
        before.violation == finding.violation
            && before.owner_id == finding.owner_id
            && alert::is_confirmed(before, criticality)
    };
    !before.is_some_and(same)
}

/// Numbers that move wake nobody; a finding that was too young to be told and no longer is, does, and so does one that
/// somebody else answers for now.
fn is_news(change: &FindingChange, open: &[Finding], criticality: Criticality) -> bool {
    let FindingChange::Seen(finding) = change else { return true };
    let before = open.iter().find(|known| known.id == finding.id);
    let told =
        |before: &Finding| alert::is_confirmed(before, criticality) && before.owner_id == finding.owner_id;
    alert::is_confirmed(finding, criticality) && !before.is_some_and(told)
}

/// Ends the open findings about a subject whose codes `ends` names: nobody judges them any more.
///
/// # Errors
/// The store failed.
pub async fn end_of(
    context: &Context,
    subject: &Subject,
    ends: impl Fn(&str) -> bool + Sync,
) -> Result<Vec<Change>, StoreError> {
    let open = context.store.findings_open_of(&context.scope, subject).await?;
    let Some(owner_id) = open.first().map(|finding| finding.owner_id) else { return Ok(Vec::new()) };
    let judged = |violation: &Violation| ends(&violation.code);
    let judged = Judged { owner_id, at: context.clock.now(), violations: Vec::new(), judged: &judged };
    Ok(changes(&open, judged, Criticality::default(), &mut || context.random()))
}

/// As [`changes`], for one subject whose open findings are read here.
///
/// # Errors
/// The store failed.
pub async fn of_subject(
    context: &Context,
    owner_id: OwnerId,
    subject: &Subject,
    violations: Vec<Violation>,
    judged: &(dyn Fn(&Violation) -> bool + Sync),
) -> Result<Vec<Change>, StoreError> {
    let open = context.store.findings_open_of(&context.scope, subject).await?;
    let judged = Judged { owner_id, at: context.clock.now(), violations, judged };
    Ok(changes(&open, judged, Criticality::default(), &mut || context.random()))
}

#[cfg(test)]
mod tests {
    use notafter_inventory::finding::all_judged;
    use notafter_inventory::model::{FindingId, FindingState, LineageId, Severity};

    use super::*;

    /// A finding that holds on as it was stayed with whoever answered for its subject when it opened.
    #[test]
    fn a_finding_goes_to_whoever_answers_for_its_subject_now() {
        let at = notafter_cert::Time::from_unix_seconds(1_796_000_000);
        let [before, team] = [[1; 16], [2; 16]].map(OwnerId::from_bytes);
        let violation = Violation {
            code: "renewal.late".to_owned(),
            severity: Severity::Warning,
            subject: Subject::Lineage(LineageId::from_bytes([3; 16])),
            cause: String::new(),
            text: "late".to_owned(),
            hint: "look".to_owned(),
            evidence: json!({}),
        };
        let finding = Finding {
            id: FindingId::from_bytes([4; 16]),
            owner_id: before,
            violation: violation.clone(),
            state: FindingState::Open,
            opened_at: at,
            changed_at: at,
            seen_at: at,
            closed_at: None,
        };
        let judged =
            |owner_id| Judged { owner_id, at, violations: vec![violation.clone()], judged: &all_judged };
        let changed = |owner_id| {
            let open = std::slice::from_ref(&finding);
            changes(open, judged(owner_id), Criticality::default(), &mut || [0; 10])
        };
        assert!(changed(before).is_empty());
        let changes = changed(team);
        let [Change::PutFinding(moved), Change::Schedule { task: ALERT, subject, .. }] = changes.as_slice()
        else {
            panic!("{changes:?}")
        };
        assert_eq!((moved.owner_id, subject), (team, &TaskSubject::of(team)));
    }
}
