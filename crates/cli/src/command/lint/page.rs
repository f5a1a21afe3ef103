//! The manual page of a lint, and the list of all.

use notafter_cert::lint::{Effective, Page, Severity, pages};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::terminal;

/// The page: lines for people, and the same as a document.
pub(crate) fn told(page: &Page) -> (Vec<String>, Value) {
    let mut lines = vec![format!("{}: {}", page.id, page.title)];
    lines.extend(page.why.map(|why| format!("why: {why}")));
    lines.push(format!("hint: {}", page.hint));
    lines.push(format!("source: {}", page.citation));
    lines.push(format!("severity: {}", page.severity.name()));
    lines.push(format!("looks at: {}", page.about.words()));
    lines.extend(in_force(page.effective).map(|when| format!("in force: for what was made {when}")));
    if page.affects_path {
        lines.push("paths: clients that follow the document refuse a certificate that violates it".to_owned());
    }
    lines.extend(page.alias.map(|alias| format!("also called: {alias}")));
    let document = json!({
        "schema": "notafter.code/1",
        "code": page.id,
        "title": page.title,
        "origin": "lint",
        "severity": severity(page.severity),
        "why": page.why.unwrap_or(&page.title),
        "hint": page.hint,
        "source": page.citation,
        "alias": page.alias,
        "about": page.about.word(),
        "affects_path": page.affects_path,
        "effective": effective(page.effective),
    });
    (lines, document)
}

/// As severities of other codes are written.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "ok",
        Severity::Warning => "warning",
        Severity::Error => "critical",
    }
}

/// The page of a lint by its id or its alias.
pub(super) fn explained(name: &str, for_people: bool) -> Result<String, Failure> {
    let Some(page) = Page::find(name) else {
        return Err(Failure::usage(format!("there is no lint {name:?}"), nearest(name)));
    };
    let (lines, document) = told(&page);
    Ok(if for_people { wrapped(&lines) } else { format!("{document:#}\n") })
}

/// What may have been meant.
fn nearest(name: &str) -> String {
    let ids: Vec<String> = pages().map(|page| page.id.into_owned()).collect();
    let slips = |id: &&String| strsim::osa_distance(id, name);
    match ids.iter().min_by_key(slips).filter(|id| slips(id) <= 1 + id.len() / 5) {
        Some(id) => format!("did you mean {id}?"),
        None => "notafter lint --list shows all".to_owned(),
    }
}

/// All of these lints.
pub(super) fn listed(pages: impl Iterator<Item = Page>, for_people: bool) -> String {
    if for_people {
        let line = |page: Page| format!("{} {}: {}", page.severity.name(), page.id, page.title);
        return wrapped(&pages.map(line).collect::<Vec<_>>());
    }
    let lint = |page: Page| {
        json!({
            "lint": page.id,
            "alias": page.alias,
            "about": page.about.word(),
            "source": page.source,
            "title": page.title,
            "why": page.why,
            "citation": page.citation,
            "severity": page.severity.name(),
            "effective": effective(page.effective),
            "affects_path": page.affects_path,
            "hint": page.hint,
        })
    };
    format!("{:#}\n", json!({ "schema": "notafter.lints/1", "lints": pages.map(lint).collect::<Vec<_>>() }))
}

fn day((year, month, day): (i32, u8, u8)) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

fn effective(effective: Effective) -> Value {
    json!({ "from": effective.from.map(day), "until": effective.until.map(day) })
}

fn in_force(effective: Effective) -> Option<String> {
    match (effective.from.map(day), effective.until.map(day)) {
        (None, None) => None,
        (Some(from), None) => Some(format!("since {from}")),
        (None, Some(until)) => Some(format!("before {until}")),
        (Some(from), Some(until)) => Some(format!("since {from} and before {until}")),
    }
}

fn wrapped(lines: &[String]) -> String {
    let width = terminal::width();
    lines.iter().flat_map(|line| terminal::wrap(line, "    ", width)).map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_every_kind() {
        let names = ["zlint:e_dnsname_label_too_long", "crl.malformed", "weak-key.roca", "path.expired"];
        let told = names.map(|name| explained(name, true).unwrap());
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_slip_is_told() {
        let told = ["br.ext-san-mising", "no such thing"].map(|name| explained(name, true).unwrap_err().to_string());
        insta::assert_snapshot!(told.join("\n"));
    }
}
