//! How things stand, for people.

use notafter_cert::Time;
use notafter_engine::operate::status::{
    DeploymentRow, Endpoints, LineageRow, LineageStatus, Need, Server, Status, Totals, Unproven, VersionRow,
};

use crate::here::Here;
use crate::output::terminal;

/// Entries of a list that are shown unless all are asked for.
const SHOWN: usize = 20;

/// Everything.
pub(super) fn all(status: &Status, everything: bool, here: &Here) -> String {
    let most = if everything { usize::MAX } else { SHOWN };
    let at = status.at;
    let mut lines = vec![match &status.server {
        Server::Absent => {
            "server: none runs; nothing is renewed or looked at by itself: notafter serve".to_owned()
        }
        Server::Runs => "server: runs".to_owned(),
        stalled @ Server::Stalled { .. } => {
            format!("server: runs, but does not get on with: {}", stalled.stalled().unwrap_or_default())
        }
    }];
    lines.push(match unjudged(status) {
        parts if parts.is_empty() || status.findings != Totals::default() => headline(status.findings),
        parts => format!("needs a person: no finding so far, but {}", parts.join("; ")),
    });
    lines.extend(listed(&status.needs, most, need));
    lines.push(format!("lineages: {}", count(status.lineages.len())));
    let width = status.lineages.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    lines.extend(listed(&status.lineages, most, |row| lineage_row(row, width, at)));
    if !status.unproven.is_empty() {
        lines.push(format!("deployments not proven: {}", status.unproven.len()));
        lines.extend(listed(&status.unproven, most, |one| unproven(one, at)));
    }
    let Endpoints { known, not_looked_at, amiss: Totals { critical, warning, unknown } } = status.endpoints;
    let start = if status.server == Server::Absent { ": start notafter serve" } else { "" };
    let yet =
        if not_looked_at == 0 { String::new() } else { format!(" ({not_looked_at} not looked at yet{start})") };
    lines.push(format!("endpoints: {known} known, {critical} critical, {warning} warning, {unknown} unknown{yet}"));
    wrapped(&lines, here)
}

/// What no rule has judged yet, and is not well either.
fn unjudged(status: &Status) -> Vec<String> {
    let failing = status.lineages.iter().filter(|row| row.failures > 0).count();
    let told = [
        (failing, "lineages whose renewal failed"),
        (status.unproven.len(), "deployments not proven"),
        (status.endpoints.not_looked_at, "endpoints not looked at yet"),
    ];
    told.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{what}: {number}")).collect()
}

fn wrapped(lines: &[String], here: &Here) -> String {
    let width = terminal::width();
    let lines = lines.iter().map(|line| here.in_words(line));
    lines.flat_map(|line| terminal::wrap(&line, "        ", width)).map(|line| line + "\n").collect()
}

fn listed<T>(all: &[T], most: usize, write: impl Fn(&T) -> Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(most).flat_map(write).collect();
    if all.len() > most {
        lines.push(format!("  and {} more: notafter status --all", all.len() - most));
    }
    lines
}

fn count(number: usize) -> String {
    if number == 0 { "none".to_owned() } else { number.to_string() }
}

fn headline(totals: Totals) -> String {
    format!("needs a person: {}", totals.words())
}

fn need(need: &Need) -> Vec<String> {
    let taken = if need.acknowledged { ", acknowledged" } else { "" };
    let silenced = need.silenced_until.map(Time::for_people);
    let silenced = silenced.map_or_else(String::new, |until| format!(", silenced until {until}"));
    vec![
        format!("  {} {}: {} [{}]", need.severity, need.name, need.text, need.code),
        format!("      owner {}, since {}{taken}{silenced}", need.owner, need.since.for_people()),
        format!("      hint: {}", need.hint),
    ]
}

fn lineage_row(row: &LineageRow, width: usize, at: Time) -> Vec<String> {
    let end = match row.ends {
        Some(end) => end.as_end(at),
        None => "notafter holds none yet".to_owned(),
    };
    let next = match row.next_renewal {
        _ if row.ordering => "an order is under way".to_owned(),
        Some(next) if next <= at => format!("renewal now: {}", row.why),
        Some(next) => format!("renewal {} (in {}): {}", next.for_people(), next.since(at), row.why),
        None if row.renewer == "notafter" => row.why.clone(),
        None => format!("renewed by {}, watched", row.renewer),
    };
    let name = &row.name;
    let mut lines = vec![format!("  {name:width$}  {end}; {next}")];
    if row.failures > 0 {
        let runway = row.runway.as_ref().map(|runway| format!("; {runway}")).unwrap_or_default();
        let attempts = if row.failures == 1 { "attempt" } else { "attempts" };
        lines.push(format!("      {} failed {attempts}{runway}: notafter explain {name}", row.failures));
    }
    lines
}

fn unproven(case: &Unproven, at: Time) -> Vec<String> {
    let Unproven { lineage, place, step, since, next_at, addresses, proven, others, failure } = case;
    let next = match next_at {
        Some(next) if *next > at => format!(", again in {}", next.since(at)),
        _ => String::new(),
    };
    let mut lines = vec![format!(
        "  {lineage} at {place}: {}; {proven} of {addresses} addresses proven; open since {}{next}",
        step.words(),
        since.for_people()
    )];
    lines.extend(others.iter().map(|other| format!("      {other}")));
    lines.extend(failure.iter().map(|failure| format!("      {failure}: notafter status {lineage}")));
    lines
}

/// One lineage.
pub(super) fn lineage(status: &LineageStatus, here: &Here) -> String {
    let LineageStatus { at, name, owner, renewer, .. } = status;
    let mut lines = vec![
        format!("{name}: {}", status.identifiers.join(", ")),
        format!("  {}, owner {owner}, renewed by {renewer}", status.id),
    ];
    lines.extend(status.issuance.iter().map(|issuance| format!("  {}", issuance.words())));
    lines.extend(status.renewal.iter().map(|line| format!("  {line}")));
    lines.push(format!("versions: {}", count(status.versions.len())));
    lines.extend(status.versions.iter().map(|version| version_row(version, *at)));
    lines.push(format!("deployments: {}", count(status.deployments.len())));
    lines.extend(status.deployments.iter().flat_map(|one| deployment(one, *at)));
    lines.extend(status.orders.iter().map(|order| {
        format!("order {} under way since {}: {}", order.id, order.opened_at.for_people(), order.identifiers.join(", "))
    }));
    let found = Totals::of(status.needs.iter().map(|need| need.severity));
    let stuck = status.deployments.iter().filter(|row| row.hint.is_some()).count();
    let failures = status.failures.len();
    lines.push(match found == Totals::default() && stuck + failures > 0 {
        true => format!("needs a person: no finding so far, but {}", tried(failures, stuck)),
        false => headline(found),
    });
    lines.extend(status.needs.iter().flat_map(need));
    wrapped(&lines, here)
}

/// What failed, and no rule has judged yet.
fn tried(attempts: usize, deployments: usize) -> String {
    let told = [(attempts, "failed attempts"), (deployments, "deployments that do not get on")];
    let told: Vec<String> = told.iter().filter(|one| one.0 > 0).map(|(number, what)| format!("{what}: {number}")).collect();
    told.join("; ")
}

fn version_row(version: &VersionRow, at: Time) -> String {
    let state = version.words();
    format!(
        "  {} {}: {state}; from {}, {}",
        version.id,
        version.fingerprint.short(),
        version.obtained_at.for_people(),
        version.not_after.as_end(at)
    )
}

fn deployment(row: &DeploymentRow, at: Time) -> Vec<String> {
    let deployer = if row.deployer.is_empty() { String::new() } else { format!(" ({})", row.deployer) };
    let stands = if row.is_earlier { row.standing().past() } else { row.standing().words(at) };
    let mut lines = vec![format!("  {}{deployer}: {}: {stands}", row.place, row.version)];
    if row.is_earlier {
        return lines;
    }
    lines.extend(row.proofs.iter().map(|proof| {
        let state = proof.state.words();
        let seen = proof.at.map(|seen| format!(", seen {}", seen.for_people())).unwrap_or_default();
        let detail = if proof.detail.is_empty() { String::new() } else { format!(": {}", proof.detail) };
        format!("      {}: {state}{seen}{detail}", proof.place())
    }));
    lines.extend(row.unresolved.iter().map(|one| format!("      {one}")));
    let failed = row.reload.as_ref().or(row.log.last().filter(|last| !last.ok));
    lines.extend(failed.map(|last| format!("      last ({}): {}", last.at.for_people(), last.what)));
    lines.extend(row.hint.iter().map(|hint| format!("      hint: {hint}")));
    lines
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Fingerprint, KeySpec, Span};
    use notafter_engine::operate::status::{Issuance, OrderRow};
    use notafter_inventory::model::{VersionState, AddressProof, Id, Kind, Severity, Step, Subject};

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn id<K: Kind>(seed: u8) -> Id<K> {
        Id::new(NOW, [seed; 10])
    }

    fn one_need(acknowledged: bool) -> Need {
        Need {
            finding: id(1),
            severity: Severity::Critical,
            code: "renewal.failing".to_owned(),
            subject: Subject::Lineage(id(2)),
            name: "shop".to_owned(),
            owner: "payments".to_owned(),
            text: "renewal fails since 3 d: the CA could not connect to shop.example".to_owned(),
            hint: "Open port 80 to the world, then `notafter renew shop`.".to_owned(),
            since: NOW - Span::days(3),
            acknowledged,
            alert: None,
            silence: None,
            silenced_until: None,
            criticality: Default::default(),
            behind: None,
            closed_at: None,
        }
    }

    fn rows() -> Vec<LineageRow> {
        let row = LineageRow {
            name: "shop".to_owned(),
            labels: Default::default(),
            renewer: "notafter".to_owned(),
            issuer: Some("letsencrypt".to_owned()),
            key: Some(KeySpec::EcdsaP256),
            ends: Some(NOW + Span::days(6)),
            next_renewal: Some(NOW + Span::hours(2)),
            why: "third attempt after a failure of the domain".to_owned(),
            ordering: false,
            failures: 2,
            runway: Some("11 attempts fit before 2026-12-05 00:00 UTC".to_owned()),
        };
        let watched = LineageRow {
            name: "wiki.internal".to_owned(),
            renewer: "certbot".to_owned(),
            issuer: None,
            key: None,
            ends: Some(NOW - Span::days(1)),
            next_renewal: None,
            why: String::new(),
            failures: 0,
            runway: None,
            ..row.clone()
        };
        let new = LineageRow { name: "new".to_owned(), ends: None, ordering: true, failures: 0, ..row.clone() };
        vec![watched, row, new]
    }

    #[test]
    fn everything_at_a_glance() {
        let status = Status {
            at: NOW,
            server: Server::Absent,
            needs: vec![one_need(false), Need { silenced_until: Some(NOW + Span::days(1)), ..one_need(true) }],
            lineages: rows(),
            unproven: vec![Unproven {
                lineage: "shop".to_owned(),
                place: "web".to_owned(),
                step: Step::Activated,
                since: NOW - Span::hours(1),
                next_at: Some(NOW + Span::minutes(5)),
                addresses: 2,
                proven: 1,
                others: vec!["192.0.2.7:443 stale: still serves the one before".to_owned()],
                failure: None,
            }],
            findings: Totals { critical: 1, warning: 0, unknown: 0 },
            endpoints: Endpoints { known: 7, not_looked_at: 0, amiss: Totals { critical: 1, warning: 0, unknown: 2 } },
        };
        insta::assert_snapshot!("status_all", all(&status, false, &Here::default()));
    }

    /// It said "needs a person: nothing" and "0 unknown" of endpoints and failures that no rule had judged yet.
    #[test]
    fn what_nobody_has_looked_at_and_what_failed_is_not_told_as_nothing() {
        let amiss = Totals { unknown: 3, ..Totals::default() };
        let status = Status {
            at: NOW,
            server: Server::Absent,
            needs: Vec::new(),
            lineages: rows(),
            unproven: Vec::new(),
            findings: Totals::default(),
            endpoints: Endpoints { known: 3, not_looked_at: 3, amiss },
        };
        insta::assert_snapshot!("status_not_looked_at", all(&status, false, &Here::default()));
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let status = Status {
            at: NOW,
            server: Server::Runs,
            needs: vec![one_need(true); SHOWN + 4],
            lineages: Vec::new(),
            unproven: Vec::new(),
            findings: Totals { critical: SHOWN + 4, ..Totals::default() },
            endpoints: Endpoints::default(),
        };
        assert!(all(&status, false, &Here::default()).contains("  and 4 more: notafter status --all\n"));
        assert!(!all(&status, true, &Here::default()).contains("more: notafter"));
    }

    fn proof(state: &str) -> AddressProof {
        serde_json::from_value(serde_json::json!({
            "target": "shop.example:443", "address": "192.0.2.7:443", "before": null, "before_good": false,
            "now": null, "state": state, "detail": "", "at": NOW,
        }))
        .unwrap()
    }

    #[test]
    fn one_lineage_in_full() {
        let version = VersionRow {
            id: id(3),
            fingerprint: Fingerprint::of(b"x"),
            state: VersionState::Current,
            not_before: NOW - Span::days(84),
            not_after: NOW + Span::days(6),
            obtained_at: NOW - Span::days(84),
            can_roll_back: false,
        };
        let earlier =
            VersionRow { id: id(4), state: VersionState::Superseded, can_roll_back: true, ..version.clone() };
        let status = LineageStatus {
            labels: Default::default(),
            at: NOW,
            name: "shop".to_owned(),
            id: id(2),
            owner: "payments".to_owned(),
            renewer: "notafter".to_owned(),
            identifiers: vec!["shop.example".to_owned(), "www.shop.example".to_owned()],
            versions: vec![version, earlier],
            deployments: vec![DeploymentRow {
                place: "web".to_owned(),
                deployer: "nginx".to_owned(),
                version: id(3),
                is_earlier: false,
                step: Step::Activated,
                opened_at: NOW - Span::hours(1),
                proven_at: None,
                closed_at: None,
                next_at: Some(NOW + Span::minutes(5)),
                proofs: vec![proof("proven"), proof("stale")],
                unresolved: vec!["old.example:443: no such name".to_owned()],
                reload: None,
                hint: None,
                log: Vec::new(),
            }],
            orders: vec![OrderRow {
                id: id(5),
                identifiers: vec!["shop.example".to_owned()],
                opened_at: NOW - Span::minutes(2),
            }],
            failures: Vec::new(),
            failed: Vec::new(),
            issuance: Some(Issuance {
                issuer: "letsencrypt".to_owned(),
                at: None,
                key: KeySpec::EcdsaP256,
                challenge: Some("http-01, answered from /var/www".to_owned()),
            }),
            watched: None,
            renewal: vec!["next renewal 2026-12-03 04:11 UTC (in 6 d): ARI window 1.2 d, drawn".to_owned()],
            needs: Vec::new(),
        };
        insta::assert_snapshot!("status_lineage", lineage(&status, &Here::default()));
    }
}
