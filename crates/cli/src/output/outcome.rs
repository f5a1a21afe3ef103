//! How a lineage stands after something was done for it, for people and programs.

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::ValueEnum;
use notafter_cert::Time;
use notafter_engine::operate::lifecycle::{
    Attempt, DeploymentSummary, Ending, LeftOut, NotTried, NotTriedFor, Outcome,
};
use notafter_inventory::code::{Difference, FieldChange};
use notafter_inventory::model::{ProofState, Step};
use serde_json::json;
use toml::Table;

use super::{reader, terminal};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::here::Here;
use crate::session::Session;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One document
    Json,
}

/// Writes outcomes and answers how the command ends: the worst of them.
pub(crate) fn write(outcomes: &[Outcome], format: Format, session: &Session) -> Result<Exit, Failure> {
    let written = match format {
        Format::Text => texts(outcomes, session.clock.now(), &session.here),
        Format::Json => format!("{:#}\n", json!({ "schema": "notafter.outcome/1", "lineages": outcomes })),
    };
    print(&written)?;
    let ends: Vec<Ending> = outcomes.iter().map(|outcome| outcome.ending).collect();
    if ends.contains(&Ending::Failed) {
        return Ok(Exit::Failed);
    }
    Ok(if ends.contains(&Ending::Waiting) { Exit::OutcomeUnknown } else { Exit::Done })
}

/// One after the other; of several lineages, those for which nothing was due have a line each, and are counted.
fn texts(outcomes: &[Outcome], now: Time, here: &Here) -> String {
    let (quiet, told): (Vec<&Outcome>, Vec<&Outcome>) =
        outcomes.iter().partition(|outcome| outcomes.len() > 1 && is_quiet(outcome));
    let mut texts: Vec<String> = told.into_iter().map(|outcome| text(outcome, now, here)).collect();
    if !quiet.is_empty() {
        let mut lines: String = quiet
            .iter()
            .map(|outcome| format!("{}: {}\n", outcome.lineage, headline(outcome, now)))
            .collect();
        let not_due = outcomes.iter().filter(|outcome| is_not_due(outcome)).count();
        lines += &format!("{not_due} of {} lineages were not due\n", outcomes.len());
        texts.push(lines);
    }
    texts.join("\n")
}

/// Whether nothing was due and nothing was done, and nothing is amiss.
fn is_quiet(outcome: &Outcome) -> bool {
    let installed = outcome.deployments.iter().any(|one| one.installed);
    is_not_due(outcome) && outcome.ending == Ending::Done && !installed && outcome.left_out.is_none()
}

/// Whether no renewal was due, whatever else there is to tell.
fn is_not_due(outcome: &Outcome) -> bool {
    outcome.not_tried.as_ref().is_some_and(|not| not.reason == NotTriedFor::NotDue)
}

/// Writes to standard output. Whoever stops reading it has seen enough.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// What is no text.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    reader::or_gone(out.write_all(bytes).and_then(|()| out.flush())).map_err(|error| {
        let hint = "check where standard output goes; what was done stays done: notafter status";
        Failure::new("cannot write the result", hint).because(error)
    })
}

fn text(outcome: &Outcome, now: Time, here: &Here) -> String {
    let changes = outcome.changed.iter().map(change);
    let without = outcome.left_out.as_ref().map(|left_out| format!("; without {}", names(left_out)));
    let headline = headline(outcome, now);
    let mut lines = vec![format!("{}: {headline}{}", outcome.lineage, without.unwrap_or_default())];
    if let Some(version) = &outcome.version {
        let until = version.not_after.as_end(now);
        lines.push(format!("  certificate {} {until}", version.fingerprint.short()));
    }
    lines.extend(changes.flatten());
    lines.extend(outcome.deployments.iter().flat_map(deployment));
    let same = |one: &Attempt, other: &Attempt| (&one.code, &one.message) == (&other.code, &other.message);
    for failures in outcome.failures.chunk_by(same) {
        let Some(failure) = failures.last() else { continue };
        let times = if failures.len() > 1 { format!(" ({} times)", failures.len()) } else { String::new() };
        lines.push(format!("  failed{times}: {} [{}]", failure.message, failure.code));
        lines.push(format!("    hint: {}", failure.hint));
    }
    lines.extend(outcome.left_out.iter().flat_map(left_out));
    lines.extend(outcome.remarks.iter().map(|remark| format!("  note: {remark}")));
    // Where a place is amiss, another certificate would not mend it.
    let not_tried = outcome.not_tried.iter();
    let told = not_tried.filter(|not| not.reason == NotTriedFor::Held || outcome.ending == Ending::Done);
    lines.extend(told.map(|not| format!("  hint: {}", not.hint)));
    lines.extend(outcome.next.iter().map(|line| format!("  {line}")));
    let width = terminal::width();
    let mut shown = String::new();
    let lines = lines.iter().map(|line| here.in_words(line));
    for line in lines.flat_map(|line| terminal::wrap(&line, "      ", width)) {
        shown.push_str(&line);
        shown.push('\n');
    }
    shown
}

/// What was changed; of a table only what differs in it.
fn change(change: &Difference) -> Vec<String> {
    let fields: Vec<String> = change.fields.iter().flat_map(differing).collect();
    let mut lines = vec![format!("  changed: {} {}: {}", change.kind, change.name, fields.join(", "))];
    lines.extend(change.note.iter().map(|note| format!("    {note}")));
    lines
}

fn differing(change: &FieldChange) -> Vec<String> {
    let table = |text: &Option<String>| -> Option<Table> {
        let read: Table = format!("it = {}", text.as_deref()?).parse().ok()?;
        read.get("it")?.as_table().cloned()
    };
    let (Some(from), Some(to)) = (table(&change.from), table(&change.to)) else {
        return vec![instead(&change.field, change.from.as_deref(), change.to.as_deref())];
    };
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let keys = keys.into_iter().filter(|key| from.get(*key) != to.get(*key));
    let said = |table: &Table, key: &str| table.get(key).map(ToString::to_string);
    keys.map(|key| instead(key, said(&from, key).as_deref(), said(&to, key).as_deref())).collect()
}

fn instead(key: &str, from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{key} is {to}, and was {from}"),
        (None, Some(to)) => format!("{key} is {to}"),
        (Some(from), None) => format!("{key} is no longer {from}"),
        (None, None) => key.to_owned(),
    }
}

fn names(left_out: &LeftOut) -> String {
    left_out.identifiers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn left_out(left_out: &LeftOut) -> [String; 2] {
    let waits = match &left_out.lineage {
        Some(name) => format!("it waits for a certificate of its own, in lineage {name}"),
        None => "it waits until it passes".to_owned(),
    };
    [
        format!("  left out: {} fails the self-check; {waits}", names(left_out)),
        format!("    hint: {}", left_out.hint),
    ]
}

fn headline(outcome: &Outcome, now: Time) -> String {
    let ended = ended(outcome);
    let Some(NotTried { reason, until, .. }) = &outcome.not_tried else { return ended.to_owned() };
    let when = format!("{} (in {})", until.for_people(), until.since(now));
    let installed = outcome.deployments.iter().any(|one| one.installed);
    match (reason, outcome.ending) {
        (NotTriedFor::NotDue, Ending::Done) if !installed && outcome.changed.is_empty() => {
            format!("nothing was due; next renewal {when}")
        }
        (NotTriedFor::NotDue, Ending::Done) if !installed => {
            format!("changed; no renewal was due, the next one is {when}")
        }
        (NotTriedFor::Held, Ending::Done | Ending::Waiting) => {
            format!("not tried now: the next attempt is {when}")
        }
        _ => format!("{ended}; no renewal before {when}"),
    }
}

/// How it ended, whether something was ordered or not.
fn ended(outcome: &Outcome) -> &'static str {
    let imported = outcome.version.as_ref().is_some_and(|version| version.imported);
    match (outcome.ending, outcome.renewed, outcome.deployments.is_empty()) {
        (Ending::Done, true, true) if imported => "imported; no place to deploy to",
        (Ending::Done, true, false) if imported => "imported, deployed, and proven at every address",
        (Ending::Done, true, true) => "issued; no place to deploy to",
        (Ending::Done, true, false) => "issued, deployed, and proven at every address",
        (Ending::Done, false, true) => "nothing to do; no place to deploy to",
        (Ending::Done, false, false) => "deployed, and proven at every address",
        (Ending::Waiting, ..)
            if installed(outcome) && !outcome.deployments.iter().any(|one| one.provable) =>
        {
            "installed, and not proven: no endpoint is named that could prove it"
        }
        (Ending::Waiting, ..) if outcome.deployments.iter().any(|one| one.step == Step::Activated) => {
            "installed, but not proven at every address; looked at again while `notafter serve` runs"
        }
        (Ending::Waiting, ..) => "not finished; it goes on by itself while `notafter serve` runs",
        (Ending::Failed, ..) => undone(outcome),
    }
}

/// Only what was never swapped, or is seen to be back, is still served.
fn undone(outcome: &Outcome) -> &'static str {
    let any = |one: &DeploymentSummary, state| one.proofs.iter().any(|proof| proof.state == state);
    let put_back = || outcome.deployments.iter().filter(|one| one.step == Step::Restored);
    if put_back().any(|one| any(one, ProofState::Worse) || any(one, ProofState::Pending)) {
        "failed, and being put back: an address became worse; looked at again while `notafter serve` runs"
    } else if put_back().next().is_some() {
        "failed, and put back: an address became worse, and what was served before is served again"
    } else if outcome.deployments.iter().any(|one| one.step == Step::Activated && any(one, ProofState::Worse))
    {
        "installed, and an address became worse than before; looked at again while `notafter serve` runs"
    } else {
        untouched(outcome)
    }
}

/// Nothing was swapped: what stands there is told as far as it is known to stand there, and to be any good.
fn untouched(outcome: &Outcome) -> &'static str {
    let Some(version) = &outcome.version else { return "failed; there is no certificate yet" };
    let was_there = |one: &DeploymentSummary| {
        one.step >= Step::Activated || one.proofs.iter().any(|proof| proof.before.is_some())
    };
    match (version.revoked, outcome.deployments.iter().any(was_there)) {
        (true, true) => "failed; the certificate that is still served is revoked",
        (true, false) => "failed; the present certificate is revoked",
        (false, true) => "failed; what was served before is still served",
        (false, false) if outcome.renewed => "issued, and not installed; nothing was changed where it goes",
        (false, false) => "failed; the present certificate stays",
    }
}

fn installed(outcome: &Outcome) -> bool {
    let is_installed = |one: &DeploymentSummary| one.step >= Step::Activated;
    !outcome.deployments.is_empty() && outcome.deployments.iter().all(is_installed)
}

fn deployment(deployment: &DeploymentSummary) -> Vec<String> {
    let proven = deployment.proofs.iter().filter(|proof| proof.state == ProofState::Proven).count();
    let all = deployment.proofs.len();
    let mut lines = vec![format!("  place {}: {proven} of {all} addresses proven", deployment.place)];
    if let Some(last) = deployment.last.as_ref().filter(|_| !deployment.ok) {
        lines.push(format!("    last: {last}"));
    }
    for proof in deployment.proofs.iter().filter(|proof| proof.state != ProofState::Proven) {
        let state = match proof.state {
            ProofState::Pending => "not looked at yet",
            ProofState::Proven => "proven",
            ProofState::Stale => "stale",
            ProofState::Worse => "worse than before",
            ProofState::Unreachable => "unreachable",
        };
        let detail = if proof.detail.is_empty() { String::new() } else { format!(": {}", proof.detail) };
        lines.push(format!("    {}: {state}{detail}", proof.place()));
    }
    lines.extend(deployment.hint.iter().map(|hint| format!("    hint: {hint}")));
    lines
}

#[cfg(test)]
mod tests {
    use notafter_engine::operate::lifecycle::VersionSummary;
    use notafter_inventory::code::{Kind, Verb};

    use super::*;

    fn version(revoked: bool) -> VersionSummary {
        serde_json::from_value(json!({
            "id": format!("vr_{}", "0".repeat(32)),
            "fingerprint": "ab".repeat(32),
            "not_before": "2026-11-01T00:00:00Z",
            "not_after": "2027-01-30T00:00:00Z",
            "revoked": revoked,
        }))
        .unwrap()
    }

    /// "What was served before is still served" was said of first certificates, before which nothing was served, and of one
    /// that had just been revoked.
    #[test]
    fn what_is_still_served_is_said_only_of_what_was_served_and_is_good() {
        let outcome = |version, step: Option<Step>, renewed| Outcome {
            lineage: "shop".to_owned(),
            ending: Ending::Failed,
            renewed,
            version,
            changed: Vec::new(),
            deployments: step.into_iter().map(place).collect(),
            failures: Vec::new(),
            remarks: Vec::new(),
            left_out: None,
            not_tried: None,
            next: Vec::new(),
        };
        let told = [
            outcome(None, None, false),
            outcome(Some(version(false)), Some(Step::Proven), false),
            outcome(Some(version(false)), Some(Step::Staged), true),
            outcome(Some(version(false)), None, false),
            outcome(Some(version(true)), Some(Step::Proven), false),
            outcome(Some(version(true)), None, false),
        ];
        let told = told.map(|outcome| ended(&outcome));
        insta::assert_snapshot!(told.join("\n"), @r"
        failed; there is no certificate yet
        failed; what was served before is still served
        issued, and not installed; nothing was changed where it goes
        failed; the present certificate stays
        failed; the certificate that is still served is revoked
        failed; the present certificate is revoked
        ");
    }

    fn place(step: Step) -> DeploymentSummary {
        DeploymentSummary {
            place: "web".to_owned(),
            step,
            proofs: Vec::new(),
            last: None,
            ok: true,
            installed: false,
            provable: true,
            hint: None,
        }
    }

    /// `renew` without a name wrote five to ten lines for each lineage that was not due.
    #[test]
    fn what_was_not_due_among_several_has_a_line_and_is_counted() {
        let now = Time::from_unix_seconds(1_796_000_000);
        let outcome = |lineage: &str, not_due: bool| Outcome {
            lineage: lineage.to_owned(),
            ending: Ending::Done,
            renewed: !not_due,
            version: None,
            changed: Vec::new(),
            deployments: vec![place(Step::Proven)],
            failures: Vec::new(),
            remarks: Vec::new(),
            left_out: None,
            not_tried: not_due.then(|| NotTried {
                reason: NotTriedFor::NotDue,
                until: now + notafter_cert::Span::hours(30),
                hint: "notafter renew shop --force renews now".to_owned(),
            }),
            next: vec!["next renewal planned".to_owned()],
        };
        let told = texts(
            &[outcome("mail", true), outcome("shop", false), outcome("wiki", true)],
            now,
            &Here::default(),
        );
        let mut waiting = outcome("mix", true);
        waiting.ending = Ending::Waiting;
        let counted = texts(&[waiting, outcome("mail", true), outcome("shop", false)], now, &Here::default());
        assert!(
            counted.ends_with("2 of 3 lineages were not due\n"),
            "the first is told above, as not due: {counted}"
        );
        let here = Here::of(&crate::settings::Global { data: Some("/srv/na".into()), config: None });
        let mut mine = outcome("shop", true);
        mine.deployments.clear();
        let elsewhere = texts(&[mine], now, &here);
        assert!(elsewhere.contains("hint: notafter --data /srv/na renew shop --force"), "{elsewhere}");
        insta::assert_snapshot!(told, @r"
        shop: issued, deployed, and proven at every address
          place web: 0 of 0 addresses proven
          next renewal planned

        mail: nothing was due; next renewal 2026-12-01 06:53 UTC (in 1 d 6 h)
        wiki: nothing was due; next renewal 2026-12-01 06:53 UTC (in 1 d 6 h)
        2 of 3 lineages were not due
        ");
    }

    /// `issue` with another reload said "nothing was due", and nothing of the reload.
    #[test]
    fn a_setting_that_was_changed_is_told_though_nothing_was_due() {
        let now = Time::from_unix_seconds(1_796_000_000);
        let change = |kind, name: &str, fields: &[(&str, Option<&str>, Option<&str>)], note: Option<&str>| {
            let field = |(field, from, to): &(&str, Option<&str>, Option<&str>)| FieldChange {
                field: (*field).to_owned(),
                from: from.map(str::to_owned),
                to: to.map(str::to_owned),
            };
            let (fields, note) = (fields.iter().map(field).collect(), note.map(str::to_owned));
            Difference { verb: Verb::Change, kind, name: name.to_owned(), fields, note }
        };
        let settings = (
            "settings",
            Some(r#"{ key = "/etc/tls/key.pem", reload = { command = ["true"] } }"#),
            Some(r#"{ key = "/etc/tls/key.pem", reload = { command = ["false"] } }"#),
        );
        let outcome = Outcome {
            lineage: "fil".to_owned(),
            ending: Ending::Done,
            renewed: false,
            version: None,
            changed: vec![
                change(Kind::Lineage, "fil", &[("profile", None, Some("\"short\""))], None),
                change(
                    Kind::Place,
                    "fil/files",
                    &[settings, ("endpoints", Some("[\"fil.example\"]"), None)],
                    Some("used when the next certificate is installed; at once with `notafter deploy fil`"),
                ),
            ],
            deployments: vec![place(Step::Proven)],
            failures: Vec::new(),
            remarks: Vec::new(),
            left_out: None,
            not_tried: Some(NotTried {
                reason: NotTriedFor::NotDue,
                until: now + notafter_cert::Span::hours(30),
                hint: "notafter renew fil --force renews now".to_owned(),
            }),
            next: Vec::new(),
        };
        insta::assert_snapshot!(text(&outcome, now, &Here::default()));
    }

    /// What nginx says of its configuration began at the left margin.
    #[test]
    fn what_nginx_said_stays_below_its_place() {
        let said = "nginx refuses its configuration: `nginx -t` ended with exit status: 1: nginx: [emerg] unknown \
                    directive \"listne\" in /etc/nginx/conf.d/shop.conf:3\nnginx: configuration file \
                    /etc/nginx/nginx.conf test failed (run `nginx -t` and mend the line that it names)";
        let place = DeploymentSummary {
            place: "nginx".to_owned(),
            step: Step::Staged,
            proofs: Vec::new(),
            last: Some(said.to_owned()),
            ok: false,
            installed: false,
            provable: true,
            hint: None,
        };
        let outcome = Outcome {
            lineage: "shop".to_owned(),
            ending: Ending::Failed,
            renewed: true,
            version: None,
            changed: Vec::new(),
            deployments: vec![place],
            failures: Vec::new(),
            remarks: Vec::new(),
            left_out: None,
            not_tried: None,
            next: Vec::new(),
        };
        insta::assert_snapshot!(text(&outcome, Time::from_unix_seconds(1_796_000_000), &Here::default()));
    }

    /// "What was served before is still served" stood above what the new certificate did, and nothing said that it was
    /// put back.
    #[test]
    fn what_was_put_back_is_said_to_be_put_back_and_what_is_worse_is_not_said_to_be_as_before() {
        let proof = |state| {
            let proof = serde_json::json!({
                "target": "shop.example", "address": "127.0.0.1:443", "before": null, "before_good": true, "now": null,
                "state": state, "detail": "", "at": null,
            });
            serde_json::from_value(proof).unwrap()
        };
        let mut told = String::new();
        let now = Time::from_unix_seconds(1_796_000_000);
        for (step, state) in [
            (Step::Staged, ProofState::Pending),
            (Step::Activated, ProofState::Worse),
            (Step::Restored, ProofState::Worse),
            (Step::Restored, ProofState::Stale),
        ] {
            let place = DeploymentSummary {
                place: "web".to_owned(),
                step,
                proofs: vec![proof(state)],
                last: None,
                ok: true,
                installed: false,
                provable: true,
                hint: None,
            };
            let outcome = Outcome {
                lineage: "shop".to_owned(),
                ending: Ending::Failed,
                renewed: true,
                version: Some(version(false)),
                changed: Vec::new(),
                deployments: vec![place],
                failures: Vec::new(),
                remarks: Vec::new(),
                left_out: None,
                not_tried: None,
                next: Vec::new(),
            };
            told += &format!("{step:?}, {state:?}: {}\n", headline(&outcome, now));
        }
        insta::assert_snapshot!(told, @r"
        Staged, Pending: issued, and not installed; nothing was changed where it goes
        Activated, Worse: installed, and an address became worse than before; looked at again while `notafter serve` runs
        Restored, Worse: failed, and being put back: an address became worse; looked at again while `notafter serve` runs
        Restored, Stale: failed, and put back: an address became worse, and what was served before is served again
        ");
    }

    /// Without a server nobody ordered the certificate of what was left out, and nobody said so.
    #[test]
    fn what_is_left_out_is_said_with_what_goes_on_with_it() {
        let left_out = LeftOut {
            identifiers: vec!["dead.shop.example".parse().unwrap()],
            lineage: Some("shop-shed".to_owned()),
            hint: "mend DNS and port 80 of dead.shop.example; `notafter serve` tries again by itself"
                .to_owned(),
        };
        let outcome = Outcome {
            lineage: "shop".to_owned(),
            ending: Ending::Done,
            renewed: true,
            version: None,
            changed: Vec::new(),
            deployments: Vec::new(),
            failures: Vec::new(),
            remarks: Vec::new(),
            left_out: Some(left_out),
            not_tried: None,
            next: vec!["renewal planned".to_owned()],
        };
        insta::assert_snapshot!(text(&outcome, Time::from_unix_seconds(1_796_000_000), &Here::default()));
    }

    /// "Deployed, and proven at every address" was said of what had been done weeks before, and of an attempt that waited.
    #[test]
    fn what_was_not_tried_is_said_with_the_next_instant_and_what_forces_it() {
        let now = Time::from_unix_seconds(1_796_000_000);
        let outcome = |reason, ending, installed| Outcome {
            lineage: "shop".to_owned(),
            ending,
            renewed: false,
            version: None,
            changed: Vec::new(),
            deployments: vec![DeploymentSummary {
                place: "web".to_owned(),
                step: Step::Proven,
                proofs: Vec::new(),
                last: None,
                ok: true,
                installed,
                provable: true,
                hint: None,
            }],
            failures: Vec::new(),
            remarks: Vec::new(),
            left_out: None,
            not_tried: Some(NotTried {
                reason,
                until: now + notafter_cert::Span::hours(30),
                hint: "notafter renew shop --force renews now".to_owned(),
            }),
            next: vec!["next renewal 2026-12-01T06:26Z (in 1 d 6 h): 1/3 of lifetime left".to_owned()],
        };
        let told = [
            outcome(NotTriedFor::NotDue, Ending::Done, false),
            outcome(NotTriedFor::NotDue, Ending::Done, true),
            outcome(NotTriedFor::NotDue, Ending::Waiting, false),
            outcome(NotTriedFor::Held, Ending::Waiting, false),
            outcome(NotTriedFor::Held, Ending::Failed, false),
        ];
        insta::assert_snapshot!(told.map(|outcome| text(&outcome, now, &Here::default())).join("\n"));
    }
}
