//! What drills say: of their lineages, and as alarms.

use super::{Kind, Rule, find, violations};
use crate::model::{Drill, Subject, Violation};

/// What a drill says of its lineage.
#[must_use]
pub fn judge_drill(drill: &Drill) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Drill(judge) => judge(drill),
        _ => Vec::new(),
    };
    violations(&Subject::Lineage(drill.lineage_id), judge)
}

/// Whether the code is of a rule about what drills showed.
#[must_use]
pub fn is_about_drills(code: &str) -> bool {
    find(code).is_some_and(|rule| matches!(rule.kind, Kind::Drill(_)))
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
