//! Why a name was served as it was at an instant: what was issued, on disk, served and decided then, each with its evidence.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use notafter_cert::{Fingerprint, Time};
use serde::{Deserialize, Serialize};

use crate::model::{
    Act, AddressProof, Deployment, Event, Finding, LineageId, Origin, Severity, Step, StepRecord, Subject,
    Version,
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

/// Which of the four questions a line answers.
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
    /// Where it can be read: a version, a deployment, a look, a finding, an entry of the log.
    pub evidence: String,
}

/// What was so at this instant. Nothing after it is told: nobody could know it then.
#[must_use]
pub fn at(past: &Past, at: Time) -> Vec<Line> {
    let mut lines: Vec<Line> = past.lineages.iter().filter_map(|lineage| issued(lineage, at)).collect();
    for lineage in &past.lineages {
        lines.extend(lineage.places.iter().filter_map(|place| on_disk(lineage, place, at)));
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

fn on_disk(lineage: &OfLineage, (place, deployments): &(String, Vec<Deployment>), at: Time) -> Option<Line> {
    let records = deployments.iter().flat_map(|deployment| {
        deployment.log.iter().filter(|record| record.at <= at).map(move |record| (deployment, record))
    });
    let told = records.filter(|(_, record)| matters(record));
    let (deployment, record) = told.max_by_key(|(deployment, record)| (record.at, deployment.id))?;
    let version = lineage.versions.iter().find(|version| version.id == deployment.version_id);
    let what = version.map_or_else(
        || "a version that is forgotten by now".to_owned(),
        |version| certificate(version.fingerprint, Some(version.not_after), at),
    );
    Some(Line {
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
    })
}

/// What tells which pair lies there, or why the new one does not. What was seen on the wire after that says nothing of it.
fn matters(record: &StepRecord) -> bool {
    matches!(record.act, Act::Swapped | Act::Restoring) || !record.ok && record.step < Step::Activated
}

fn served(past: &Past, endpoint: &OfEndpoint, at: Time) -> Vec<Line> {
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

fn done(past: &Past, event: &Event) -> Line {
    let told =
        ["text", "what", "reason", "message"].into_iter().find_map(|key| event.data.get(key)?.as_str());
    let what = what_happened(&event.kind);
    Line {
        part: Part::Done,
        since: event.at,
        subject: named(past, &event.subject),
        text: match told {
            Some(told) => format!("{what} by {}: {told}", event.actor),
            None => format!("{what} by {}", event.actor),
        },
        severity: None,
        evidence: format!("event {}", event.sequence),
    }
}

/// `notafter.lineage.renewed.v1` is "lineage renewed".
fn what_happened(kind: &str) -> String {
    let bare = kind.strip_prefix("notafter.").unwrap_or(kind);
    let bare = bare.rsplit_once(".v").map_or(bare, |(bare, _)| bare);
    bare.replace(['.', '-'], " ")
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
        Actor, DeploymentId, EndpointId, FindingId, FindingState, OwnerId, PlaceId, VersionId, VersionState,
        Violation,
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
}
