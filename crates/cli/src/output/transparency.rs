//! What logs promised of a certificate, for people.

use std::path::Path;

use notafter_cert::Trouble;
use notafter_ct::{LogList, policy};
use notafter_inventory::check::{LogJudge, SctSummary, Transparency};

use crate::failure::Failure;
use crate::file;

/// The list in this file.
pub(crate) fn read(path: &Path) -> Result<LogJudge, Failure> {
    let name = path.display().to_string();
    let octets = file::read(path)
        .map_err(|error| Failure::new(format!("the log list {name} {error}"), error.hint()))?;
    let list = LogList::read(&octets).map_err(|error| {
        let why = std::error::Error::source(&error)
            .map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
        Failure::new(format!("the log list {name} cannot be used"), error.hint()).because(why)
    })?;
    Ok(LogJudge { name, list })
}

/// How many promises hold, by which list, then what each browser makes of them; with each promise, where that is asked for.
pub(crate) fn lines(known: &Transparency, with_each: bool) -> Vec<String> {
    let made = known.list.made.map(|made| format!(" of {}", made.for_people())).unwrap_or_default();
    let promises = match known.scts.len() {
        0 => "no promise of a log".to_owned(),
        count => format!("{} of {count} promises of logs hold", known.report.proved()),
    };
    let asked = if known.required { "" } else { "; browsers ask for them below public anchors alone" };
    let first = format!("{promises}, by {}{made}{asked}", known.list.name);
    let policies = known.report.policies.iter().map(|(id, verdict)| {
        let name = policy::ALL.iter().find(|policy| policy.id == *id).map_or(*id, |policy| policy.name);
        format!("{name}: {verdict}")
    });
    let each = known.scts.iter().filter(|_| with_each).map(sct);
    std::iter::once(first).chain(policies).chain(each).collect()
}

/// `Argon 2026h1 (Google, usable), 2026-03-01 12:00 UTC, in the certificate: valid`.
fn sct(sct: &SctSummary) -> String {
    let log = sct.log.as_ref().or(sct.log_id.as_ref()).map_or("a promise", String::as_str);
    let about: Vec<&str> = sct.operator.as_deref().into_iter().chain(sct.state).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    let time = sct.time.map(|time| format!(", {}", time.for_people())).unwrap_or_default();
    let from = match sct.source {
        "certificate" => "in the certificate",
        "ocsp" => "in the OCSP answer",
        _ => "over TLS",
    };
    let because = sct.because.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
    format!("{log}{about}{time}, {from}: {}{because}", sct.verdict)
}
