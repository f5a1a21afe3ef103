//! Why a name was served as it was at an instant: what was issued, on disk, served and decided then, each with its evidence.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use notafter_cert::{Fingerprint, Time};
use serde::{Deserialize, Serialize};

use crate::log;
use crate::model::{
    Act, AddressProof, Alert, Deployment, Event, Finding, LineageId, Origin, Severity, Silence, Step,
    StepRecord, Subject, Version,
};

/// Events that are told, the last ones before the instant.
const EVENTS: usize = 20;

/// What is on record about a name.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The lineages that it belongs to.
    pub lineages: Vec<OfLineage>,
    /// What its endpoints showed.
    pub endpoints: Vec<OfEndpoint>,
    /// Every episode about one of these, in any order.
    pub findings: Vec<Finding>,
    /// Alerts that may tell of these, in any order.
    pub alerts: Vec<Alert>,
    /// Silences that may cover these, in any order.
    pub silences: Vec<Silence>,
    /// Entries of the log about one of these, in any order.
    pub events: Vec<Event>,
    /// What people call these subjects.
    pub names: BTreeMap<Subject, String>,
}

/// What is on record about a lineage.
#[derive(Clone, Debug)]
pub struct OfLineage {
    /// Which.
    pub id: LineageId,
    /// Its name.
    pub name: String,
    /// Its versions that are known still, in any order.
    pub versions: Vec<Version>,
    /// Its places by name, each with its deployments in any order.
    pub places: Vec<(String, Vec<Deployment>)>,
}

/// What is on record about an endpoint.
#[derive(Clone, Debug)]
pub struct OfEndpoint {
    /// As people write it.
    pub name: String,
    /// Every change of what an address showed, in any order.
    pub changes: Vec<Seen>,
}

/// What an address showed from an instant on.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When it was seen first.
    pub at: Time,
    /// Where.
    pub address: SocketAddr,
    /// What.
    pub what: Shown,
    /// Who looked: a regular look, or a deployment that proved itself.
    pub evidence: String,
}

impl Seen {
    /// What a deployment saw when it proved itself. It looks more often than anybody else, but remembers the last alone.
    #[must_use]
    pub fn by(deployment: &Deployment, proof: &AddressProof) -> Option<Self> {
        let what = match proof.now {
            Some(leaf) => Shown::Leaf(leaf, proof.now_not_after),
            None => Shown::Failed(proof.detail.clone()),
        };
        let evidence = format!("proof of deployment {}", deployment.id);
        Some(Self { at: proof.since?, address: proof.address, what, evidence })
    }
}

/// What an address shows.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A certificate, and its end where that is known.
    Leaf(Fingerprint, Option<Time>),
    /// Nothing that could be judged: why.
    Failed(String),
    /// The name does not lead there any more.
    Gone,
}

/// Which of the questions a line answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What the CA had given.
    Issued,
    /// What lay where servers read it.
    OnDisk,
    /// What was seen on the wire.
    Served,
    /// What was judged.
    Found,
    /// What was in force: a renewal that was planned, alerts that were out, silences, drills.
    Decided,
    /// What was done before, the newest first.
    Done,
}

impl Part {
    /// Its heading.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::OnDisk => "on disk",
            Self::Served => "served",
            Self::Found => "found",
            Self::Decided => "decided",
            Self::Done => "done before",
        }
    }
}

/// One thing that was so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it answers.
    pub part: Part,
    /// Since when it was so; when it happened.
    pub since: Time,
    /// What it is about, as people call it.
    pub subject: String,
    /// What was so.
    pub text: String,
    /// How bad that was, where it was judged.
    pub severity: Option<Severity>,
    /// Where it can be read: a version, a deployment, a look, a finding, an alert, an entry of the log.
    pub evidence: String,
}

/// The evidence of what nobody looked at.
const NOTHING: &str = "nothing is on record";

impl Line {
    /// Whether it says that nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.evidence == NOTHING
    }

    /// How its instant reads: something happened at it, or holds since.
    #[must_use]
    pub fn when(&self) -> &'static str {
        match self.part {
            Part::Issued | Part::Done => "at",
            _ if self.is_unknown() => "at",
            Part::OnDisk | Part::Served | Part::Found | Part::Decided => "since",
        }
    }

    /// The page on which its evidence can be read, where there is one.
    #[must_use]
    pub fn page(&self) -> Option<String> {
        let (kind, which) = self.evidence.split_once(' ')?;
        match kind {
            "event" => which.parse().ok().map(log::page_of_entry),
            "silence" => Some("/silences".to_owned()),
            _ => log::page_of_id(which),
        }
    }
}

/// What was so at this instant. Nothing after it is told: nobody could know it then.
#[must_use]
pub fn at(past: &Past, at: Time) -> Vec<Line> {
    if !is_known(past, at) {
        return Vec::new();
    }
    let mut lines: Vec<Line> = past.lineages.iter().filter_map(|lineage| issued(lineage, at)).collect();
    for lineage in &past.lineages {
        lines.extend(lineage.places.iter().map(|place| on_disk(lineage, place, at)));
    }
    if past.lineages.iter().all(|lineage| lineage.places.is_empty()) {
        lines.extend(no_place(past, at));
    }
    for endpoint in &past.endpoints {
        lines.extend(served(past, endpoint, at));
    }
    let mut found: Vec<Line> = past
        .findings
        .iter()
        .filter(|finding| held(finding, at))
        .map(|finding| self::found(past, finding))
        .collect();
    found.sort_by_key(|line| (std::cmp::Reverse(line.severity), line.since));
    lines.extend(found);
    lines.extend(decided(past, at));
    lines.extend(events(past, at).into_iter().take(EVENTS).map(|event| done(past, event)));
    lines
}

/// How many entries of the log are older than those that [`at`] tells.
#[must_use]
pub fn earlier(past: &Past, at: Time) -> usize {
    events(past, at).len().saturating_sub(EVENTS)
}

/// Each entry of the log until then, the newest first.
fn events(past: &Past, at: Time) -> Vec<&Event> {
    let mut events: Vec<&Event> = past.events.iter().filter(|event| event.at <= at).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.sequence));
    events.dedup_by_key(|event| event.sequence);
    events
}

/// The version that was the newest then.
fn newest(lineage: &OfLineage, at: Time) -> Option<&Version> {
    lineage
        .versions
        .iter()
        .filter(|version| version.obtained_at <= at)
        .max_by_key(|version| version.obtained_at)
}

fn issued(lineage: &OfLineage, at: Time) -> Option<Line> {
    let version = newest(lineage, at)?;
    let from = match &version.origin {
        Origin::Order { order } => format!("order {order}"),
        Origin::Files { path, .. } => format!("file {path}"),
    };
    Some(Line {
        part: Part::Issued,
        since: version.obtained_at,
        subject: format!("lineage {}", lineage.name),
        text: certificate(version.fingerprint, Some(version.not_after), at),
        severity: None,
        evidence: format!("version {}, {from}", version.id),
    })
}

fn on_disk(lineage: &OfLineage, (place, deployments): &(String, Vec<Deployment>), at: Time) -> Line {
    let all = deployments.iter().flat_map(|deployment| {
        deployment.log.iter().filter(|record| matters(record)).map(move |record| (deployment, record))
    });
    let first = all.clone().map(|(_, record)| record.at).min();
    let told = all.filter(|(_, record)| record.at <= at);
    let Some((deployment, record)) = told.max_by_key(|(deployment, record)| (record.at, deployment.id))
    else {
        return unknown(Part::OnDisk, format!("place {place}"), nobody_looked(first), at);
    };
    let version = lineage.versions.iter().find(|version| version.id == deployment.version_id);
    let what = version.map_or_else(
        || "a version that is forgotten by now".to_owned(),
        |version| certificate(version.fingerprint, Some(version.not_after), at),
    );
    Line {
        part: Part::OnDisk,
        since: record.at,
        subject: format!("place {place}"),
        text: match (record.act, record.ok) {
            (Act::Swapped, true) => what,
            (Act::Restoring, _) => format!("the earlier pair again, and not {what}: {}", record.what),
            _ => format!("not yet {what}: {}", record.what),
        },
        severity: None,
        evidence: format!("deployment {}", deployment.id),
    }
}

/// What lay on disk where no place is known.
fn no_place(past: &Past, at: Time) -> Vec<Line> {
    let text = || "unknown: no place here is known to hold it, and nobody looked".to_owned();
    if past.lineages.is_empty() {
        let endpoints = past.endpoints.iter();
        return endpoints.map(|it| unknown(Part::OnDisk, it.name.clone(), text(), at)).collect();
    }
    let subject = |lineage: &OfLineage| format!("lineage {}", lineage.name);
    past.lineages.iter().map(|lineage| unknown(Part::OnDisk, subject(lineage), text(), at)).collect()
}

fn nobody_looked(before: Option<Time>) -> String {
    match before {
        Some(first) => format!("unknown: nobody looked before {first}"),
        None => "unknown: nobody looked".to_owned(),
    }
}

fn unknown(part: Part, subject: String, text: String, at: Time) -> Line {
    Line { part, since: at, subject, text, severity: None, evidence: NOTHING.to_owned() }
}

/// Whether anything at all is on record of that instant or before.
fn is_known(past: &Past, at: Time) -> bool {
    let issued =
        past.lineages.iter().flat_map(|lineage| &lineage.versions).map(|version| version.obtained_at);
    let deployed = past.lineages.iter().flat_map(|lineage| &lineage.places).flat_map(|(_, all)| all);
    let installed = deployed.flat_map(|deployment| &deployment.log).map(|record| record.at);
    let seen = past.endpoints.iter().flat_map(|endpoint| &endpoint.changes).map(|seen| seen.at);
    let found = past.findings.iter().map(|finding| finding.opened_at);
    let done = past.events.iter().map(|event| event.at);
    issued.chain(installed).chain(seen).chain(found).chain(done).any(|known| known <= at)
}

/// What tells which pair lies there, or why the new one does not. What was seen on the wire after that says nothing of it.
fn matters(record: &StepRecord) -> bool {
    matches!(record.act, Act::Swapped | Act::Restoring) || !record.ok && record.step < Step::Activated
}

fn served(past: &Past, endpoint: &OfEndpoint, at: Time) -> Vec<Line> {
    let first = endpoint.changes.iter().map(|seen| seen.at).min();
    if first.is_none_or(|first| first > at) {
        return vec![unknown(Part::Served, endpoint.name.clone(), nobody_looked(first), at)];
    }
    let mut last: BTreeMap<SocketAddr, &Seen> = BTreeMap::new();
    for seen in endpoint.changes.iter().filter(|seen| seen.at <= at) {
        let known = last.entry(seen.address).or_insert(seen);
        if seen.at >= known.at {
            *known = seen;
        }
    }
    let line = |seen: &Seen| {
        let text = match &seen.what {
            Shown::Leaf(leaf, not_after) => {
                format!("{}, {}", certificate(*leaf, *not_after, at), whose(past, *leaf, at))
            }
            Shown::Failed(why) => format!("nothing: {why}"),
            Shown::Gone => return None,
        };
        Some(Line {
            part: Part::Served,
            since: seen.at,
            subject: format!("{} at {}", endpoint.name, seen.address),
            text,
            severity: None,
            evidence: seen.evidence.clone(),
        })
    };
    last.into_values().filter_map(line).collect()
}

/// How a certificate that was seen stands to what was issued.
fn whose(past: &Past, leaf: Fingerprint, at: Time) -> String {
    for lineage in &past.lineages {
        let Some(version) = lineage.versions.iter().find(|version| version.fingerprint == leaf) else {
            continue;
        };
        return match newest(lineage, at) {
            Some(newest) if newest.fingerprint == leaf => format!("the newest of lineage {}", lineage.name),
            Some(newest) => format!(
                "an EARLIER one of lineage {}, whose newest was there since {}",
                lineage.name, newest.obtained_at
            ),
            None => format!("one that lineage {} got later ({})", lineage.name, version.obtained_at),
        };
    }
    "of no lineage here".to_owned()
}

fn certificate(leaf: Fingerprint, not_after: Option<Time>, at: Time) -> String {
    match not_after {
        Some(end) if end < at => format!("certificate {}, which had ENDED at {end}", leaf.short()),
        Some(end) => format!("certificate {}, until {end}", leaf.short()),
        None => format!("certificate {}", leaf.short()),
    }
}

fn held(finding: &Finding, at: Time) -> bool {
    finding.opened_at <= at && finding.closed_at.is_none_or(|closed| at < closed)
}

fn found(past: &Past, finding: &Finding) -> Line {
    let violation = &finding.violation;
    Line {
        part: Part::Found,
        since: finding.opened_at,
        subject: named(past, &violation.subject),
        text: format!("{} [{}]", violation.text, violation.code),
        severity: Some(violation.severity),
        evidence: format!("finding {}", finding.id),
    }
}

/// What was in force: renewals, alerts, silences and drills, in this order.
fn decided(past: &Past, at: Time) -> Vec<Line> {
    let held: Vec<&Finding> = past.findings.iter().filter(|finding| held(finding, at)).collect();
    let mut lines: Vec<Line> =
        past.lineages.iter().filter_map(|lineage| renewal(past, lineage, at)).collect();
    let is_out = |alert: &&Alert| {
        let is_of = |finding: &&Finding| alert.findings.contains(&finding.id);
        let concerns = past.names.contains_key(&alert.root) || past.findings.iter().any(|it| is_of(&it));
        concerns && alert.opened_at <= at && alert.closed_at.is_none_or(|closed| at < closed)
    };
    let out: Vec<&Alert> = past.alerts.iter().filter(is_out).collect();
    let mut told: Vec<Line> = out.iter().map(|alert| self::out(past, alert, at)).collect();
    told.sort_by_key(|line| (std::cmp::Reverse(line.severity), line.since));
    lines.extend(told);
    let root = |finding: &Finding| {
        let of = out.iter().find(|alert| alert.findings.contains(&finding.id));
        of.map_or_else(|| finding.violation.subject.clone(), |alert| alert.root.clone())
    };
    let covers = |silence: &&Silence| held.iter().any(|finding| silence.covers(finding, &root(finding), at));
    lines.extend(past.silences.iter().filter(covers).map(silenced));
    lines.extend(past.lineages.iter().filter_map(|lineage| drill(past, lineage, at)));
    lines
}

/// The last decision about the renewal of a lineage, where it was not carried out by then.
fn renewal(past: &Past, lineage: &OfLineage, at: Time) -> Option<Line> {
    let is_one = |event: &&Event| {
        let kinds = ["notafter.renewal.", "notafter.version.issued."];
        kinds.iter().any(|kind| event.kind.starts_with(kind))
    };
    let event = of_lineage(past, lineage, at).filter(is_one).max_by_key(|event| event.sequence)?;
    let said = |key: &str| event.data.get(key).and_then(|value| value.as_str());
    let text = match (event.kind.as_str(), said("why"), said("message")) {
        (kind, ..) if kind.starts_with("notafter.version.") => {
            "no renewal was under way: the last one had given a certificate".to_owned()
        }
        (_, Some(why), _) => format!("a renewal was under way, because {why}"),
        (_, _, Some(message)) => format!("the renewal had failed and was to be tried again: {message}"),
        _ => log::sentence(event),
    };
    Some(of_event(Part::Decided, event, format!("lineage {}", lineage.name), text))
}

/// A drill that went on.
fn drill(past: &Past, lineage: &OfLineage, at: Time) -> Option<Line> {
    let is_one = |event: &&Event| event.kind.starts_with("notafter.drill.");
    let event = of_lineage(past, lineage, at).filter(is_one).max_by_key(|event| event.sequence)?;
    if event.kind.starts_with("notafter.drill.ended.") {
        return None;
    }
    let stands = event.data.get("stands").and_then(|stands| stands.as_str()).unwrap_or("being played");
    let text = format!("a drill went on: {stands}");
    Some(of_event(Part::Decided, event, format!("lineage {}", lineage.name), text))
}

fn of_lineage<'a>(past: &'a Past, lineage: &OfLineage, at: Time) -> impl Iterator<Item = &'a Event> {
    let subject = Subject::Lineage(lineage.id);
    past.events.iter().filter(move |event| event.at <= at && event.subject == subject)
}

/// An alert that was out, with whom it had reached by then.
fn out(past: &Past, alert: &Alert, at: Time) -> Line {
    let told = alert.told.iter().filter(|told| told.at <= at);
    let told: Vec<String> =
        told.map(|told| format!("{} was {} at {}", told.contact, told.purpose.words(), told.at)).collect();
    let told = if told.is_empty() { "nobody was told yet".to_owned() } else { told.join("; ") };
    let taken = alert.acknowledged.as_ref().filter(|taken| taken.at <= at);
    let taken = taken.map(|taken| format!("; taken by {} at {}", taken.by, taken.at)).unwrap_or_default();
    let worst = alert.told.iter().filter(|told| told.at <= at).map(|told| told.severity).max();
    Line {
        part: Part::Decided,
        since: alert.opened_at,
        subject: named(past, &alert.root),
        text: format!("an alert was out: {told}{taken}"),
        severity: Some(worst.unwrap_or(alert.severity)),
        evidence: format!("alert {}", alert.id),
    }
}

fn silenced(silence: &Silence) -> Line {
    Line {
        part: Part::Decided,
        since: silence.from,
        subject: silence.scope.code.clone().unwrap_or_else(|| "all of it".to_owned()),
        text: format!("silenced by {} until {}: {}", silence.by, silence.until, silence.why),
        severity: None,
        evidence: format!("silence {}", silence.id),
    }
}

fn done(past: &Past, event: &Event) -> Line {
    of_event(Part::Done, event, named(past, &event.subject), log::sentence(event))
}

fn of_event(part: Part, event: &Event, subject: String, text: String) -> Line {
    let evidence = format!("event {}", event.sequence);
    Line { part, since: event.at, subject, text, severity: None, evidence }
}

fn named(past: &Past, subject: &Subject) -> String {
    past.names.get(subject).cloned().unwrap_or_else(|| subject.to_string())
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;
    use serde_json::json;

    use super::*;
    use crate::model::{
        Acknowledgement, Actor, AlertId, AlertState, Contact, DeliveryId, DeploymentId, EndpointId,
        FindingId, FindingState, OwnerId, PlaceId, Purpose, SilenceId, SilenceScope, Told, VersionId,
        VersionState, Violation,
    };

    const SHOP: LineageId = LineageId::from_bytes([1; 16]);
    const POOL: EndpointId = EndpointId::from_bytes([2; 16]);

    fn day(day: i64) -> Time {
        "2026-11-01T00:00:00Z".parse::<Time>().unwrap() + Span::days(day - 1)
    }

    fn version(number: u8, obtained: i64, end: i64) -> Version {
        Version {
            id: VersionId::from_bytes([number; 16]),
            lineage_id: SHOP,
            key_id: None,
            fingerprint: Fingerprint::of(&[number]),
            chain_pem: String::new(),
            not_before: day(obtained),
            not_after: day(end),
            obtained_at: day(obtained),
            origin: Origin::Files { path: "/etc/ssl/shop.pem".to_owned(), insisted: false },
            state: VersionState::Current,
        }
    }

    fn record(at: Time, act: Act, ok: bool, what: &str) -> StepRecord {
        StepRecord { at, step: Step::Activated, what: what.to_owned(), ok, act }
    }

    fn deployment(number: u8, version: u8, log: Vec<StepRecord>) -> Deployment {
        Deployment {
            id: DeploymentId::from_bytes([number; 16]),
            version_id: VersionId::from_bytes([version; 16]),
            lineage_id: SHOP,
            place_id: PlaceId::from_bytes([3; 16]),
            step: Step::Activated,
            snapshot: None,
            proofs: Vec::new(),
            opened_at: log[0].at,
            log,
            attempts: 0,
            next_at: None,
            unresolved: Vec::new(),
            proven_at: None,
            closed_at: None,
        }
    }

    fn stale() -> Finding {
        Finding {
            id: FindingId::from_bytes([4; 16]),
            owner_id: OwnerId::from_bytes([5; 16]),
            violation: Violation {
                code: "deployment.stale".to_owned(),
                severity: Severity::Critical,
                subject: Subject::Lineage(SHOP),
                cause: "web".to_owned(),
                text: "1 of 2 addresses stale".to_owned(),
                hint: String::new(),
                evidence: json!({}),
            },
            state: FindingState::Closed,
            opened_at: day(10) + Span::hours(1),
            changed_at: day(10),
            seen_at: day(12),
            closed_at: Some(day(12)),
        }
    }

    /// Renewed on the 10th, installed, and one node of two not reloaded; put back on the 12th because it became worse.
    fn past() -> Past {
        let seen = |on: i64, node: u8, what| Seen {
            at: day(on),
            address: SocketAddr::from(([192, 0, 2, node], 443)),
            what,
            evidence: "look".to_owned(),
        };
        let leaf = |number: u8, end| Shown::Leaf(Fingerprint::of(&[number]), Some(day(end)));
        let swapped = |on| record(day(on), Act::Swapped, true, "swapped in and reloaded");
        let looked = record(day(11), Act::Other, false, "looked: 1 proven, 1 stale");
        let restoring = record(day(12), Act::Restoring, true, "192.0.2.8:443 became worse");
        Past {
            lineages: vec![OfLineage {
                id: SHOP,
                name: "shop".to_owned(),
                versions: vec![version(2, 10, 100), version(1, 1, 11)],
                places: vec![(
                    "web".to_owned(),
                    vec![
                        deployment(7, 2, vec![swapped(10), looked, restoring]),
                        deployment(6, 1, vec![swapped(1)]),
                    ],
                )],
            }],
            endpoints: vec![OfEndpoint {
                name: "shop.example".to_owned(),
                changes: vec![
                    seen(1, 7, leaf(1, 11)),
                    seen(1, 8, leaf(1, 11)),
                    seen(1, 9, leaf(9, 300)),
                    seen(5, 9, Shown::Gone),
                    seen(10, 7, leaf(2, 100)),
                    seen(12, 7, Shown::Failed("connection refused".to_owned())),
                ],
            }],
            findings: vec![stale()],
            alerts: Vec::new(),
            silences: Vec::new(),
            events: [(1, 1, "imported"), (2, 10, "renewed"), (3, 12, "put-back")]
                .map(|(sequence, on, verb)| Event {
                    sequence,
                    at: day(on),
                    actor: Actor::Engine,
                    kind: format!("notafter.lineage.{verb}.v1"),
                    subject: Subject::Lineage(SHOP),
                    data: json!({}),
                    hash: String::new(),
                })
                .into(),
            names: [
                (Subject::Lineage(SHOP), "lineage shop".to_owned()),
                (Subject::Endpoint(POOL), "shop.example".to_owned()),
            ]
            .into(),
        }
    }

    fn told(at: Time) -> Vec<String> {
        let lines = super::at(&past(), at);
        let sentence = |line: &Line| {
            let severity = line.severity.map(|severity| format!("{severity} ")).unwrap_or_default();
            format!("{}: {severity}{}: {}", line.part.words(), line.subject, line.text)
        };
        lines.iter().map(sentence).collect()
    }

    #[test]
    fn a_node_that_was_not_reloaded_shows_with_the_certificate_that_it_kept() {
        insta::assert_snapshot!(told(day(11) + Span::hours(12)).join("\n"));
    }

    #[test]
    fn what_was_put_back_is_told_and_what_was_closed_is_not() {
        insta::assert_snapshot!(told(day(13)).join("\n"));
    }

    #[test]
    fn nothing_of_after_the_instant_is_told() {
        for (on, lines) in [(0, 0), (1, 6), (4, 6), (5, 5)] {
            assert_eq!(told(day(on)).len(), lines, "{:#?}", told(day(on)));
        }
        let before = super::at(&past(), day(10) - Span::seconds(1));
        assert!(before.iter().all(|line| line.since < day(10)), "{before:#?}");
    }

    /// Planned on the 10th and failed, told on the 11th, taken and silenced; a drill went on.
    fn decided() -> Past {
        let mut past = past();
        let entry = |sequence, on, kind: &str, data| Event {
            sequence,
            at: day(on),
            actor: Actor::Engine,
            kind: kind.to_owned(),
            subject: Subject::Lineage(SHOP),
            data,
            hash: String::new(),
        };
        past.events.extend([
            entry(4, 10, "notafter.renewal.planned.v1", json!({ "why": "a third of its lifetime is left" })),
            entry(5, 11, "notafter.renewal.failed.v1", json!({ "message": "the CA is down" })),
            entry(6, 11, "notafter.drill.begun.v1", json!({ "stands": "being played" })),
            entry(7, 12, "notafter.version.issued.v1", json!({})),
            entry(8, 12, "notafter.drill.ended.v1", json!({ "stands": "over" })),
        ]);
        let told = |on, to: &str, purpose| Told {
            at: day(on),
            contact: Contact { channel: "mail".to_owned(), to: Some(to.to_owned()) },
            purpose,
            severity: Severity::Critical,
            delivery_id: DeliveryId::from_bytes([8; 16]),
        };
        past.alerts.push(Alert {
            id: AlertId::from_bytes([9; 16]),
            owner_id: OwnerId::from_bytes([5; 16]),
            root: Subject::Lineage(SHOP),
            severity: Severity::Critical,
            peak: Severity::Critical,
            findings: vec![stale().id],
            state: AlertState::Open,
            opened_at: day(10) + Span::hours(1),
            quiet_since: None,
            closed_at: None,
            rung: 1,
            told: vec![
                told(11, "ada@example.org", Purpose::Opened),
                told(13, "bea@example.org", Purpose::Escalated),
            ],
            worsened: 0,
            acknowledged: Some(Acknowledgement {
                at: day(11) + Span::hours(2),
                by: Actor::User("ada".to_owned()),
                note: None,
            }),
        });
        past.silences.push(Silence {
            id: SilenceId::from_bytes([10; 16]),
            scope: SilenceScope { code: Some("deployment.*".to_owned()), ..SilenceScope::default() },
            from: day(11),
            until: day(20),
            why: "the node is being replaced".to_owned(),
            by: Actor::User("ada".to_owned()),
        });
        past
    }

    #[test]
    fn what_was_decided_was_missing_with_its_reasons() {
        let told = |at| {
            let lines = super::at(&decided(), at);
            let decided = lines.iter().filter(|line| line.part == Part::Decided);
            let line = |line: &Line| {
                format!("{} {}  {}: {} ({})", line.when(), line.since, line.subject, line.text, line.evidence)
            };
            decided.map(line).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(
            [day(10) + Span::minutes(1), day(11) + Span::hours(12), day(13)].map(told).join("\n\n")
        );
    }

    #[test]
    fn a_place_of_which_nothing_was_known_was_left_out() {
        let mut past = past();
        let Some((_, deployments)) = past.lineages[0].places.first_mut() else { unreachable!() };
        deployments.retain(|deployment| deployment.version_id == VersionId::from_bytes([2; 16]));
        let lines = super::at(&past, day(5));
        let line = lines.iter().find(|line| line.part == Part::OnDisk).unwrap();
        assert_eq!(line.text, format!("unknown: nobody looked before {}", day(10)));
        assert_eq!((line.when(), line.is_unknown(), line.page()), ("at", true, None));

        past.lineages.clear();
        let lines = super::at(&past, day(5));
        let line = lines.iter().find(|line| line.part == Part::OnDisk).unwrap();
        assert_eq!(line.text, "unknown: no place here is known to hold it, and nobody looked");
    }

    #[test]
    fn evidence_leads_to_where_it_can_be_read() {
        let lines = super::at(&decided(), day(11) + Span::hours(12));
        let page = |part| lines.iter().find(|line| line.part == part).unwrap().page();
        assert_eq!(page(Part::Found), Some(format!("/findings/{}", stale().id)));
        assert_eq!(page(Part::Decided), Some("/events?before=6#event-5".to_owned()));
        assert_eq!(page(Part::Served), None);
    }
}
