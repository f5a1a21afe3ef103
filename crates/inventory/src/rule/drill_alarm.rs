//! The alarm of a drill: nothing is wrong.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::{Drill, DrillFault, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "drill.alarm",
        title: "an alarm is rehearsed",
        why: "A drill plays that a certificate runs out, and shows whether the alarm about that reaches somebody who takes it.",
        source: "notafter: design, laws 11 and 12; docs/drills.md",
        severity: Severity::Critical,
        hint: "Nothing is wrong: take this alarm as you would a real one.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Alarm(violated),
};

fn violated(drill: &Drill) -> Vec<Said> {
    if !drill.is_open() || drill.alarm.is_none() {
        return Vec::new();
    }
    let lineage = &drill.lineage;
    let because = match drill.script.fault.filter(|fault| fault.is_on_stage()) {
        Some(fault) => format!(", because {}", fault.words()),
        None => String::new(),
    };
    let silent = drill.script.fault == Some(DrillFault::AlertPathSilent);
    let text = format!("the certificate of {lineage} is played to run out{because}");
    let evidence = json!({ "drill": drill.id, "lineage": lineage, "first_contact_silent": silent });
    let hint = format!("nothing is wrong with {lineage}: take this alarm as you would a real one");
    vec![Said::new(Severity::Critical, "", text, evidence).with_hint(hint)]
}
