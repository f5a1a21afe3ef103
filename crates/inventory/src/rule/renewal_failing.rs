//! Attempts to renew fail, and retries did not mend it.

use notafter_cert::Span;
use serde_json::json;

use super::{Kind, Mark, Meta, Rule, Said};
use crate::model::{AttemptFailure, FailureClass, Severity, Subject};
use crate::plan::renew::{self, State, attempts_fit};

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "renewal.failing",
        title: "renewal fails",
        why: "The certificate is still valid, but nothing will replace it. An outage of this kind begins weeks before the expiry, in silence.",
        source: "Bazel, 2025-12-26: a renewal failed for a month before anybody knew",
        severity: Severity::Critical,
        hint: "Read the failure with `notafter explain`, mend its cause, then `notafter renew LINEAGE --force` tries at once.",
        clients: None,
        marks: &[Mark::EndOfLineage],
    },
    kind: Kind::Lineage(violated),
};

/// So few attempts are left that somebody must act now.
const FEW_ATTEMPTS: u32 = 12;

/// A pause after the first failure that is as long as this is told at once: the owner hears on the first day.
const LONG_WAIT: Span = Span::hours(12);

fn violated(state: &State<'_>) -> Vec<Said> {
    let failures = state.failures();
    let (Some(first), Some(last)) = (failures.first(), failures.last()) else { return Vec::new() };
    let plan = renew::plan(state);
    let retried = failures.len() > 1 && last.at.since(first.at) >= patience(state);
    // Where no retry is possible for so long, there is nothing to wait for. The wait counts from the failure, so that
    // nothing looks mended while it runs out.
    let asked = failures.iter().filter_map(|failure| renew::asked_to_wait(state, failure)).max();
    let waits = asked.max(plan.holds.last().map(|hold| hold.until.since(last.at)));
    let waits_long = plan.due_at <= state.now && waits >= Some(LONG_WAIT);
    if !retried && !waits_long {
        return Vec::new();
    }
    let severity = severity(state, plan.runway.map(|runway| runway.attempts));
    let names: Vec<String> = last.identifiers.iter().map(ToString::to_string).collect();
    let text = format!(
        "renewal failing for {}, {}; {} attempts{}: {}",
        state.now.since(first.at).for_people(),
        left(state, plan.runway.map(|runway| runway.attempts)),
        failures.len(),
        if failures.len() < renew::KEPT { "" } else { " or more" },
        last.message,
    );
    let evidence = json!({
        "attempts": failures.len(),
        "since": first.at,
        "last": { "at": last.at, "class": last.class, "code": last.code, "message": last.message, "identifiers": names },
        "next_attempt": plan.action.not_before,
        "runway": plan.runway,
        "not_after": state.held.map(|held| held.not_after),
        "fingerprint": state.held.map(|held| held.fingerprint),
    });
    vec![Said {
        severity,
        cause: cause(state, last),
        text,
        hint: Some(hint(state, last)),
        evidence,
        clients: None,
    }]
}

/// How long retries are given before a failure is told: an hour, less for short lifetimes.
fn patience(state: &State<'_>) -> Span {
    state.held.map_or(Span::hours(1), |held| held.lifetime().share(1, 100).min(Span::hours(1)))
}

fn severity(state: &State<'_>, attempts: Option<u32>) -> Severity {
    let Some(held) = state.held else { return Severity::Warning };
    let by_time = state.thresholds.leaf(held.lifetime()).severity(held.not_after.since(state.now));
    let by_runway = match attempts {
        Some(attempts) if attempts < FEW_ATTEMPTS => Severity::Critical,
        _ => Severity::Warning,
    };
    by_time.max(by_runway)
}

fn left(state: &State<'_>, attempts: Option<u32>) -> String {
    match (state.held, attempts) {
        (None, _) => "there is no certificate yet".to_owned(),
        (Some(held), _) if held.not_after < state.now => {
            format!("expired since {}", state.now.since(held.not_after))
        }
        (Some(held), attempts) => {
            format!("{} left, {}", held.not_after.since(state.now), attempts_fit(attempts.unwrap_or(0)))
        }
    }
}

/// What is behind it: the CA for all that it answers to everybody, this installation, or the domain alone.
fn cause(state: &State<'_>, last: &AttemptFailure) -> String {
    match last.class {
        FailureClass::Ca | FailureClass::RateLimit | FailureClass::Network => {
            Subject::Issuer(state.issuer).to_string()
        }
        FailureClass::Ours => Subject::Installation.to_string(),
        FailureClass::Domain => "domain".to_owned(),
    }
}

fn hint(state: &State<'_>, last: &AttemptFailure) -> String {
    let renew = format!("notafter renew {} --force", state.lineage.name);
    format!("{}; then `{renew}`", last.hint(state.lineage, state.http01_port))
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::ledger::Ledger;
    use crate::model::Lineage;
    use crate::plan::renew::stage::{failure, held, lineage, spec};

    const START: Time = Time::from_unix_seconds(1_796_000_000);

    fn said(lifetime: Span, left: Span, failures: &[(Span, FailureClass)]) -> Vec<Said> {
        let held = held(START, lifetime);
        let now = held.not_after - left;
        let mut lineage = lineage(spec());
        for (ago, class) in failures {
            renew::note_failure(&mut lineage.renewal, failure(now - *ago, *class));
        }
        violated(&State::of(&lineage, Some(&held), &Ledger::default(), now).unwrap())
    }

    #[test]
    fn it_is_told_on_the_first_day_once_retries_had_their_chance() {
        use FailureClass::Domain;
        let (life, left) = (Span::days(90), Span::days(29));
        assert_eq!(said(life, left, &[(Span::days(3), Domain)]), []);
        assert_eq!(said(life, left, &[(Span::minutes(40), Domain), (Span::ZERO, Domain)]), []);
        let told = said(life, left, &[(Span::minutes(61), Domain), (Span::ZERO, Domain)]);
        assert_eq!(told.len(), 1);
        insta::assert_snapshot!(format!("{}\n{}", told[0].text, told[0].hint.clone().unwrap()));
        assert_eq!((told[0].severity, told[0].cause.as_str()), (Severity::Warning, "domain"));
    }

    /// `shedding = "split"` was advised for the lineage that it had made, and `notafter renew` without `--force`, which
    /// waits like everybody in a pause.
    #[test]
    fn splitting_is_advised_only_where_it_would_take_a_name_out() {
        use crate::model::{SHED_FROM, Shedding};
        let failed = AttemptFailure {
            identifiers: vec!["www.shop.example".parse().unwrap()],
            ..failure(START, FailureClass::Domain)
        };
        let hint = |change: &dyn Fn(&mut crate::model::LineageSpec), apart: bool| {
            let mut spec = spec();
            change(&mut spec);
            let mut lineage = lineage(spec);
            if apart {
                lineage.labels.insert(SHED_FROM.to_owned(), "whole".to_owned());
            }
            failed.hint(&lineage, 80)
        };
        let hints = [
            hint(&|_| {}, false),
            hint(&|spec| spec.shedding = Shedding::Split, false),
            hint(&|spec| spec.identifiers.truncate(1), false),
            hint(&|spec| spec.identifiers.truncate(1), true),
        ];
        insta::assert_snapshot!(hints.join("\n"), @r#"
        check DNS, CAA and port 80 of www.shop.example, or take it out of the lineage (`shedding = "split"` does so by itself)
        check DNS, CAA and port 80 of www.shop.example, or take it out of the lineage
        check DNS, CAA and port 80 of www.shop.example
        check DNS, CAA and port 80 of www.shop.example, or take it out of lineage whole
        "#);
    }

    /// A CA that asks to come again in three days leaves no retry that could mend it sooner.
    #[test]
    fn it_is_told_at_once_where_the_next_attempt_is_far() {
        let held = held(START, Span::days(90));
        let now = held.not_after - Span::days(29);
        for (hours, later, told) in [(3, 0, 0), (3, 2, 0), (72, 0, 1), (72, 61, 1), (72, 71, 1), (72, 73, 1)]
        {
            let mut lineage = lineage(spec());
            let retry_after = Some(now + Span::hours(hours));
            let failure = AttemptFailure { retry_after, ..failure(now, FailureClass::RateLimit) };
            renew::note_failure(&mut lineage.renewal, failure);
            let ledger = Ledger::default();
            let at = now + Span::hours(later);
            let said = violated(&State::of(&lineage, Some(&held), &ledger, at).unwrap());
            assert_eq!(said.len(), told, "{hours} h, looked at {later} h later");
        }
    }

    /// A person who asks for another try has not mended anything yet, and neither has a try that failed otherwise.
    #[test]
    fn it_stays_told_until_it_is_renewed() {
        let held = held(START, Span::days(90));
        let now = held.not_after - Span::days(29);
        let mut lineage = lineage(spec());
        let retry_after = Some(now + Span::hours(72));
        renew::note_failure(
            &mut lineage.renewal,
            AttemptFailure { retry_after, ..failure(now, FailureClass::RateLimit) },
        );
        let soon = now + Span::minutes(10);
        lineage.renewal.forced_at = Some(soon);
        let told = |lineage: &Lineage, at: Time| {
            violated(&State::of(lineage, Some(&held), &Ledger::default(), at).unwrap()).len()
        };
        assert_eq!(told(&lineage, soon), 1, "asked for");
        renew::note_failure(&mut lineage.renewal, failure(soon, FailureClass::Network));
        assert_eq!(told(&lineage, soon), 1, "failed otherwise");
        renew::note_success(&mut lineage.renewal);
        assert_eq!(told(&lineage, soon), 0, "renewed");
    }

    /// The record is bounded, and the beginning of the outage is not what falls out of it.
    #[test]
    fn it_is_told_since_when_however_many_attempts_failed() {
        let held = held(START, Span::days(90));
        let now = held.not_after - Span::days(10);
        let mut lineage = lineage(spec());
        for hour in (0..400).rev() {
            renew::note_failure(&mut lineage.renewal, failure(now - Span::hours(hour), FailureClass::Ca));
        }
        let said = violated(&State::of(&lineage, Some(&held), &Ledger::default(), now).unwrap());
        let text = &said[0].text;
        assert!(text.starts_with("renewal failing for 16 d 15 h, 10 d left, "), "{text}");
        assert!(text.contains("; 50 attempts or more: "), "{text}");
    }

    #[test]
    fn it_is_critical_by_time_or_by_runway() {
        use FailureClass::{Ca, Domain};
        let twice = |class| [(Span::hours(2), class), (Span::ZERO, class)];
        let table = [
            (Span::days(90), Span::days(29), Ca, Severity::Warning),
            (Span::days(90), Span::days(11), Ca, Severity::Critical),
            (Span::days(90), Span::ZERO, Ca, Severity::Critical),
            (Span::days(90), -Span::days(1), Ca, Severity::Critical),
            (Span::hours(160), Span::hours(80), Ca, Severity::Warning),
            (Span::hours(160), Span::hours(23), Domain, Severity::Critical),
            (Span::days(398), Span::days(130), Domain, Severity::Warning),
        ];
        for (lifetime, left, class, severity) in table {
            let told = said(lifetime, left, &twice(class));
            assert_eq!(told[0].severity, severity, "{lifetime}, {left} left: {}", told[0].text);
        }
    }

    #[test]
    fn failures_of_the_ca_share_one_cause() {
        use FailureClass::{Ca, Ours};
        let cause = |class| {
            said(Span::days(90), Span::days(29), &[(Span::hours(2), class), (Span::ZERO, class)])[0]
                .cause
                .clone()
        };
        assert!(cause(Ca).starts_with("issuer:is_"));
        assert_eq!(cause(Ours), "installation");
    }
}
