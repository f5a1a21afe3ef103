//! Somebody else's job says that it failed.

use serde_json::json;

use super::{Kind, Meta, PingFacts, Rule, Said};
use crate::model::Severity;
use crate::words;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "ping.failing",
        title: "its job says that it failed",
        why: "The job or hook that looks after this certificate pinged that it failed, and has not pinged since that it went well.",
        source: "healthchecks.io pinging API: /fail and /<exit-status>",
        severity: Severity::Warning,
        hint: "Look at what the job said and at its own log, mend it, and let it run again: a ping that all went well closes this.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Ping(violated),
};

fn violated(facts: &PingFacts<'_>) -> Vec<Said> {
    let (Some(since), Some(last)) = (facts.pings.failing_since, &facts.pings.last_failure) else {
        return Vec::new();
    };
    let body = words::one_line(&last.body, 200);
    let said = if body.is_empty() { String::new() } else { format!(": {body}") };
    let text = format!("the job of {} {} at {}{said}", facts.name, last.says.words(), last.at);
    let evidence = json!({ "since": since, "last": last, "succeeded_at": facts.pings.succeeded_at });
    vec![Said::new(Severity::Warning, "failing", text, evidence)]
}
