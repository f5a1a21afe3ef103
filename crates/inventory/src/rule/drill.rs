//! What drills say: of their lineages, and as alarms.

use super::{Kind, Rule, drill_failed, find, violations};
use crate::model::{Drill, DrillEnding, Subject, Violation};

/// What a drill says of its lineage.
#[must_use]
pub fn judge_drill(drill: &Drill) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Drill(judge) => judge(drill),
        _ => Vec::new(),
    };
    violations(&Subject::Lineage(drill.lineage_id), judge)
}

/// Whether a drill could show that a finding of its lineage does not hold any more: one that was not played shows nothing of
/// what an earlier one found.
#[must_use]
pub fn judges_drill(drill: &Drill, earlier: &Violation) -> bool {
    let is_played = drill.ended.as_ref().is_some_and(|end| end.how == DrillEnding::Played);
    let is_about_drills = find(&earlier.code).is_some_and(|rule| matches!(rule.kind, Kind::Drill(_)));
    is_about_drills && (is_played || earlier.cause == drill_failed::BROKEN_OFF)
}

/// The alarm of a drill.
#[must_use]
pub fn judge_alarm(drill: &Drill) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Alarm(judge) => judge(drill),
        _ => Vec::new(),
    };
    violations(&Subject::Drill(drill.id), judge)
}
