//! What a drill showed to be amiss, until a later one shows it mended.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::drill::{self, Verdict};
use crate::model::{Drill, DrillEnding, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "drill.failed",
        title: "its last drill failed",
        why: "What failed on the stage would fail when the certificate really runs out, and then there is less time to mend it.",
        source: "docs/drills.md",
        severity: Severity::Warning,
        hint: "Read what the drill showed, mend it, and rehearse again: notafter drill LINEAGE",
        clients: None,
        marks: &[],
    },
    kind: Kind::Drill(violated),
};

/// The cause where nothing was shown: that is not known, and neither good nor bad.
pub(super) const BROKEN_OFF: &str = "broken-off";

fn violated(drill: &Drill) -> Vec<Said> {
    match drill.ended.as_ref().map(|end| &end.how) {
        Some(DrillEnding::Played) => amiss(drill),
        Some(DrillEnding::BrokenOff { why }) => {
            let text = format!("its last drill could not be played: {why}");
            let hint = format!(
                "mend what kept it from being played, and rehearse again: notafter drill {}",
                drill.lineage
            );
            let evidence = json!({ "drill": drill.id });
            vec![Said::new(Severity::Unknown, BROKEN_OFF, text, evidence).with_hint(hint)]
        }
        Some(DrillEnding::CalledOff { .. }) | None => Vec::new(),
    }
}

fn amiss(drill: &Drill) -> Vec<Said> {
    let result = drill::judge(drill);
    if result.has_passed() {
        return Vec::new();
    }
    let is_amiss = |step: &&drill::Step| matches!(step.verdict, Verdict::Failed | Verdict::Partly);
    let amiss: Vec<&str> = result.steps.iter().filter(is_amiss).map(|step| step.name.words()).collect();
    let mend: Vec<&String> = result.steps.iter().flat_map(|step| &step.mend).collect();
    let text = format!("its last drill showed {} of 100; amiss: {}", result.score, amiss.join(", "));
    let first = mend.first().map_or_else(String::new, |first| format!("; begin with: {first}"));
    let hint = format!(
        "read what would have failed (notafter drill show {}), mend it, and rehearse again{first}",
        drill.id
    );
    let evidence = json!({ "drill": drill.id, "score": result.score, "mend": mend });
    vec![Said::new(Severity::Warning, "drill", text, evidence).with_hint(hint)]
}
