//! What came of what a person asked for, in words.

use notafter_engine::operate::lifecycle::{Attempt, DeploymentSummary, Ending, NotTriedFor, Outcome};
use notafter_inventory::cause::steady;
use notafter_inventory::model::Step;

/// What was done just now.
pub(super) struct Said {
    pub(super) class: &'static str,
    pub(super) lines: Vec<Line>,
}

/// A sentence, or what to do about the one before.
pub(super) struct Line {
    pub(super) class: &'static str,
    pub(super) text: String,
}

impl Line {
    fn sentence(text: impl Into<String>) -> Self {
        Self { class: "sentence", text: text.into() }
    }

    fn hint(text: impl Into<String>) -> Self {
        Self { class: "hint", text: text.into() }
    }
}

/// What came of a renewal.
pub(super) fn renewed(outcome: Outcome) -> Said {
    let mut lines = Vec::new();
    let class = match outcome.ending {
        Ending::Failed => {
            lines.extend(failures("The renewal failed", &outcome.failures));
            let done = if outcome.renewed { "It was renewed, and not installed" } else { "It failed" };
            lines.extend(amiss(done, &outcome.deployments));
            "critical"
        }
        Ending::Waiting if outcome.renewed => {
            lines.push(Line::sentence(
                "Renewed, and not proven everywhere yet. It goes on by itself; below is how it stands.",
            ));
            "warning"
        }
        _ if !outcome.renewed => {
            lines.extend(not_tried(&outcome));
            "warning"
        }
        _ if outcome.deployments.is_empty() => {
            lines.push(Line::sentence("Renewed. There is no place to install it at."));
            "ok"
        }
        _ => {
            lines.push(Line::sentence("Renewed, installed, and proven everywhere."));
            "ok"
        }
    };
    lines.extend(outcome.remarks.into_iter().map(Line::sentence));
    Said { class, lines }
}

/// What came of going back to an earlier version.
pub(super) fn went_back(outcome: Outcome) -> Said {
    let (class, text) = match outcome.ending {
        Ending::Done => ("ok", "The earlier version is installed again, and proven everywhere."),
        Ending::Waiting => (
            "warning",
            "The earlier version is not proven everywhere yet. It goes on by itself; below is how it stands.",
        ),
        Ending::Failed => {
            ("critical", "The earlier version could not be installed again; below is how it stands.")
        }
    };
    let mut lines = vec![Line::sentence(text)];
    lines.extend(amiss("It failed", &outcome.deployments));
    Said { class, lines }
}

/// What came of a revocation: what was revoked where, what went wrong since, and how it goes on.
pub(super) fn revoked(outcome: Outcome) -> Said {
    let (class, ending) = match outcome.ending {
        Ending::Done => ("ok", "Another version took its place, and is proven everywhere."),
        Ending::Waiting => ("", "It goes on by itself; below is how it stands."),
        Ending::Failed => ("critical", "Nothing has taken its place yet; below is why, and how it goes on."),
    };
    let mut lines: Vec<Line> = outcome.remarks.into_iter().map(Line::sentence).collect();
    lines.extend(outcome.failures.into_iter().map(|failure| Line::sentence(failure.message)));
    lines.push(Line::sentence(ending));
    Said { class, lines }
}

/// Each cause once, with what to do.
fn failures(what: &str, failures: &[Attempt]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut told: Vec<(&str, String)> = Vec::new();
    for failure in failures.iter().rev() {
        let cause = (failure.code.as_str(), steady(&failure.message));
        if told.contains(&cause) {
            continue;
        }
        lines.push(Line::sentence(format!("{what}: {}", cause.1)));
        lines.push(Line::hint(failure.hint.clone()));
        told.push(cause);
    }
    lines
}

/// Places where it did not go well.
fn amiss(what: &str, deployments: &[DeploymentSummary]) -> Vec<Line> {
    let failed = deployments.iter().filter(|one| !one.ok || one.step == Step::Restored);
    failed
        .flat_map(|one| {
            let last = one.last.as_deref().unwrap_or("it is not known why");
            let sentence = Line::sentence(format!("{what} at {}: {last}", one.place));
            [Some(sentence), one.hint.clone().map(Line::hint)].into_iter().flatten()
        })
        .collect()
}

/// Nothing was ordered, or not to its end.
fn not_tried(outcome: &Outcome) -> Vec<Line> {
    let Some(not) = &outcome.not_tried else {
        return vec![Line::sentence("The order is under way. It goes on by itself; below is how it stands.")];
    };
    let until = not.until.for_people();
    let text = match not.reason {
        NotTriedFor::NotDue => format!("Nothing was ordered: it is due {until}"),
        NotTriedFor::Held => format!("Nothing was ordered: the next try waits until {until}; below is why"),
    };
    vec![Line::sentence(text), Line::hint(not.hint.clone())]
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;
    use serde_json::{Value, json};

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn outcome(ending: &str, more: &Value) -> Outcome {
        let mut whole = json!({
            "lineage": "crm", "ending": ending, "renewed": false, "version": null, "deployments": [],
            "failures": [], "next": [],
        });
        for (key, value) in more.as_object().unwrap() {
            whole[key] = value.clone();
        }
        serde_json::from_value(whole).unwrap()
    }

    fn text(said: &Said) -> String {
        let lines = said.lines.iter().map(|line| format!("  {}: {}", line.class, line.text));
        let lines: Vec<String> = lines.collect();
        format!("{}\n{}", said.class, lines.join("\n"))
    }

    /// "The renewal was carried out" stood there whatever had come of it.
    #[test]
    fn a_renewal_that_failed_is_told_as_failed() {
        let attempt = |token: &str| {
            json!({
                "at": NOW, "code": "challenge.not-visible", "hint": "check DNS, CAA and port 80 of crm.example",
                "message": format!("crm.example: http://crm.example/.well-known/acme-challenge/{token} answers 404"),
            })
        };
        let place = |ok: bool, last: &str| json!({ "place": "web", "step": "issued", "proofs": [], "last": last, "ok": ok, "hint": "look at the rights" });
        let not = json!({ "reason": "held", "until": NOW, "hint": "the CA's limits hold" });
        let said = [
            renewed(outcome("failed", &json!({ "failures": [attempt("1f"), attempt("2e")] }))),
            renewed(outcome(
                "failed",
                &json!({ "renewed": true, "deployments": [place(false, "no space")] }),
            )),
            renewed(outcome("waiting", &json!({ "renewed": true, "deployments": [place(true, "swapped")] }))),
            renewed(outcome("waiting", &json!({ "not_tried": not }))),
            renewed(outcome("waiting", &json!({}))),
            renewed(outcome("done", &json!({ "renewed": true, "remarks": ["another chain was taken"] }))),
            renewed(outcome("done", &json!({ "renewed": true, "deployments": [place(true, "swapped")] }))),
            went_back(outcome("failed", &json!({ "deployments": [place(false, "no space")] }))),
            went_back(outcome("done", &json!({}))),
        ];
        insta::assert_snapshot!(said.iter().map(text).collect::<Vec<_>>().join("\n"));
    }
}
