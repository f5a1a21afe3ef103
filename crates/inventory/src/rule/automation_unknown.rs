//! Whether anything starts somebody else's automation cannot be told.

use super::{Kind, Meta, Rule, Said};
use crate::adopt::Watched;
use crate::adopt::fact::Known;
use crate::model::{Renewer, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "automation.unknown",
        title: "cannot tell whether anything starts the renewal",
        why: "What could start it was not to be seen in full: the renewal may be well, or never begin.",
        source: "design law 6: unknown is a value",
        severity: Severity::Unknown,
        hint: "Let the server see timers and cron entries (as root it does), or let notafter renew: `notafter adopt --take-over LINEAGE`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Automation(violated),
};

fn violated(watched: &Watched<'_>) -> Vec<Said> {
    let case = watched.case;
    let Known::Unknown(why) = watched.alive() else { return Vec::new() };
    if case.renewer == Renewer::Unknown {
        return Vec::new();
    }
    let text = format!("cannot tell whether anything starts it: {why}{}", watched.end());
    let said = Said::new(Severity::Unknown, "unknown", text, watched.started());
    let instead = watched.or_take_over_or_why_not();
    vec![said.with_hint(format!("Let the server see timers and cron entries (as root it does){instead}"))]
}
