//! Nothing starts somebody else's automation any more.

use serde_json::json;

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
        hint: "Switch the timer or cron entry on again, or let notafter renew: `notafter adopt --take-over`.",
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
    let (why, floor) = match watched.alive() {
        Known::No(why) => (why, Severity::Warning),
        Known::Unknown(why) => (format!("cannot tell whether anything starts it: {why}"), Severity::Unknown),
        Known::Yes | Known::Unasked => return Vec::new(),
    };
    let newest = case.newest.as_ref();
    let by_time = newest.map_or(Severity::Ok, |newest| {
        watched.thresholds.leaf(newest.lifetime()).severity(newest.not_after().since(watched.now))
    });
    let severity = if floor == Severity::Unknown { floor } else { by_time.max(floor) };
    let ends = newest.map(|newest| {
        let left = newest.not_after().since(watched.now);
        if left.is_negative() {
            format!("; expired {} ago", left.abs())
        } else {
            format!("; the certificate ends in {left}")
        }
    });
    let text = format!("{why}{}", ends.unwrap_or_default());
    let triggers: Vec<&str> = case.triggers.iter().map(|trigger| trigger.name.as_str()).collect();
    let evidence = json!({
        "triggers": triggers,
        "last_run": case.runs.last().map(|run| run.at),
        "not_after": newest.map(notafter_cert::Certificate::not_after),
    });
    vec![Said::new(severity, "dead", text, evidence)]
}
