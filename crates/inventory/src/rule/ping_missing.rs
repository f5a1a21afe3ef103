//! Somebody else's job does not say any more that it went well.

use serde_json::json;

use super::{Kind, Meta, PingFacts, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "ping.missing",
        title: "its job does not report",
        why: "The job or hook that looks after this certificate was to ping that it went well, and did not in time: it may have ended, hang, or not reach this server.",
        source: "healthchecks.io: period and grace time",
        severity: Severity::Warning,
        hint: "See whether the job is still started and what its log says; a ping that all went well closes this. Its address: notafter ping list",
        clients: None,
        marks: &[],
    },
    kind: Kind::Ping(violated),
};

fn violated(facts: &PingFacts<'_>) -> Vec<Said> {
    let PingFacts { name, pings, expected, now } = *facts;
    let evidence = json!({
        "succeeded_at": pings.succeeded_at,
        "since": pings.since,
        "every_seconds": expected.every.as_seconds(),
        "grace_seconds": expected.grace.as_seconds(),
    });
    let mut said = Vec::new();
    if let Some((begun, late_at)) = pings.unended(expected)
        && now >= late_at
    {
        let text = format!(
            "the job of {name} began at {} and did not say within {} how it ended",
            begun.at, expected.grace
        );
        said.push(Said::new(Severity::Warning, "unended", text, evidence.clone()));
    }
    // That it failed is told already.
    if now >= pings.late_at(expected) && pings.failing_since.is_none() {
        let every = format!("{} and {} of grace", expected.every, expected.grace);
        let text = match pings.succeeded_at {
            Some(at) => {
                format!("the job of {name} went well last at {at}; it was to say so again within {every}")
            }
            None => format!(
                "the job of {name} never said that it went well, since {}; it was to within {every}",
                pings.since
            ),
        };
        said.push(Said::new(Severity::Warning, "missing", text, evidence));
    }
    said
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use crate::model::{Expected, LineageId, Ping, Pings, Says, Subject};
    use crate::rule::{PingFacts, judge_ping};

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);
    const DAILY: Expected = Expected { every: Span::days(1), grace: Span::hours(1) };

    fn told(pings: &Pings, after: Span) -> Vec<String> {
        let subject = Subject::Lineage(LineageId::from_bytes([1; 16]));
        let facts = PingFacts { name: "blog", pings, expected: DAILY, now: NOW + after };
        judge_ping(&facts, &subject)
            .into_iter()
            .map(|it| format!("{} ({}): {}", it.code, it.cause, it.text))
            .collect()
    }

    #[test]
    fn a_job_is_told_of_when_it_fails_ends_or_hangs_and_not_before() {
        let ping = |after: Span, says, body: &str| Ping {
            at: NOW + after,
            says,
            run: None,
            from: "192.0.2.1".to_owned(),
            body: body.to_owned(),
        };
        let new = Pings::new(LineageId::from_bytes([1; 16]), NOW);
        let well = new.with(ping(Span::hours(2), Says::Success, ""));
        let begun = well.with(ping(Span::hours(3), Says::Start, ""));
        let fails = Says::Fail { exit: Some(1) };
        let failed = begun.with(ping(Span::hours(4), fails, "no \u{1b}[31mrights\u{1b}[0m\non /etc/ssl"));
        let mended = failed.with(ping(Span::hours(5), Says::Success, ""));
        let minute = Span::minutes(1);
        let cases = [
            (&new, Span::hours(25) - minute),
            (&new, Span::hours(25)),
            (&well, Span::hours(27) - minute),
            (&well, Span::hours(27)),
            (&begun, Span::hours(4) - minute),
            (&begun, Span::hours(4)),
            (&failed, Span::hours(4)),
            (&failed, Span::days(9)),
            (&mended, Span::hours(6)),
        ];
        let told: Vec<String> = cases
            .iter()
            .map(|(pings, after)| format!("{after}: {}", told(pings, *after).join("; ")))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
