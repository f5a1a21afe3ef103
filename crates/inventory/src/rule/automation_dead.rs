//! Nothing starts somebody else's automation any more.

use super::{Kind, Meta, Rule, Said};
use crate::adopt::Watched;
use crate::adopt::fact::Known;
use crate::model::{Renewer, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "automation.dead",
        title: "nothing starts the renewal",
        why: "The certificate is good today; its renewal will simply never begin, and nobody will be told.",
        source: "certbot #9931: the timer was missing; systemd.timer(5), cron(8)",
        severity: Severity::Critical,
        hint: "Switch the timer or cron entry on again, or let notafter renew: `notafter adopt --take-over LINEAGE`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Automation(violated),
};

fn violated(watched: &Watched<'_>) -> Vec<Said> {
    let case = watched.case;
    if case.renewer == Renewer::Unknown {
        return Vec::new();
    }
    let Known::No(why) = watched.alive() else { return Vec::new() };
    let by_time = case.newest.as_ref().map_or(Severity::Ok, |newest| {
        watched.thresholds.leaf(newest.lifetime()).severity(newest.not_after().since(watched.now))
    });
    let text = format!("{why}{}", watched.end());
    let said = Said::new(by_time.max(Severity::Warning), "dead", text, watched.started());
    let instead = watched.or_take_over_or_why_not();
    let mend = match case.kept {
        Some(_) => "Switch the timer or cron entry on again",
        None => "Say in the inventory who renews it, and where its chain lies",
    };
    vec![said.with_hint(format!("{mend}{instead}"))]
}
