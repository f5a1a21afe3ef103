//! Messages do not get out.

use serde_json::json;

use super::{ChannelFacts, Kind, Meta, Rule, Said};
use crate::model::{Path, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "notifier.failing",
        title: "a channel does not take messages",
        why: "Renewals go on, but whoever should hear of trouble through this channel will not.",
        source: "notafter: design, laws 11 and 12",
        severity: Severity::Critical,
        hint: "Mend the channel, then prove it with `notafter alert test`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Channel(violated),
};

fn violated(facts: &ChannelFacts<'_>) -> Vec<Said> {
    let down: Vec<&&Path> = facts.paths.iter().filter(|path| path.is_down()).collect();
    let Some(worst) = down.iter().max_by_key(|path| path.failures) else { return Vec::new() };
    let severity = if down.len() == facts.paths.len() { Severity::Critical } else { Severity::Warning };
    let since = worst.failing_since.unwrap_or(facts.now);
    let to = worst.to.as_ref().map_or_else(String::new, |to| format!(" to {to}"));
    let text = format!(
        "{}{to} has failed for {}, {}: {}",
        facts.channel.name,
        facts.now.since(since).for_people(),
        if worst.failures == 1 { "1 attempt".to_owned() } else { format!("{} attempts", worst.failures) },
        worst.last_error.as_deref().unwrap_or("no reason given"),
    );
    let addresses: Vec<_> = down
        .iter()
        .map(|path| json!({ "to": path.to, "failing_since": path.failing_since, "last_error": path.last_error }))
        .collect();
    let hint = format!("Mend the channel, then prove it with `notafter alert test {}`", facts.channel.name);
    let said = Said::new(severity, "", text, json!({ "failing": addresses, "paths": facts.paths.len() }));
    vec![said.with_hint(hint)]
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::model::channel::stage::channel;
    use crate::rule::owner_unreachable::stage::path;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn said(paths: &[Path]) -> Vec<Said> {
        let channel = channel("hook", "webhook");
        violated(&ChannelFacts { channel: &channel, paths: paths.iter().collect(), now: NOW })
    }

    #[test]
    fn it_is_critical_when_nothing_gets_out_and_a_hiccup_is_nothing() {
        let down = Path {
            failures: Path::DOWN_AFTER,
            failing_since: Some(NOW - Span::hours(2)),
            last_error: Some("connection refused".to_owned()),
            to: Some("ops@example".to_owned()),
            ..path()
        };
        let hiccup = Path { failures: 1, failing_since: Some(NOW), ..path() };
        assert_eq!(said(std::slice::from_ref(&hiccup)), []);
        assert_eq!(said(&[]), []);
        assert_eq!(said(&[hiccup, down.clone()])[0].severity, Severity::Warning);
        let all = said(std::slice::from_ref(&down));
        assert_eq!(all[0].severity, Severity::Critical);
        assert_eq!(all[0].text, "hook to ops@example has failed for 2 h, 3 attempts: connection refused");
        let at_once = Path { failing_since: Some(NOW - Span::millis(98)), ..down };
        assert!(
            said(&[at_once])[0].text.contains("has failed for less than a minute, 3 attempts"),
            "not 98 ms"
        );
    }
}
