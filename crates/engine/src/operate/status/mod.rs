//! How everything stands: what needs a person now, and how far each lineage is.

mod lifetimes;
mod lineage;
mod rows;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use notafter_cert::{KeySpec, Time};
use notafter_inventory::model::{
    Actor, Alert, AlertId, Criticality, Deployment, Finding, FindingId, Labels, Lineage, LineageId, Mode,
    Place, PlaceId, ProofState, Renewer, Severity, SilenceId, Step, Subject,
};
use notafter_inventory::plan::deploy::{awaited, last_failure};
use notafter_inventory::plan::renew::{RenewPlan, Runway};
use notafter_store::{Findings, Part, Standing};
use serde::{Deserialize, Serialize};

pub use lifetimes::Lifetimes;
pub use rows::{KeptRows, LineageRows, kept};

pub use lineage::{DeploymentRow, Issuance, LineageStatus, OrderRow, ServedRow, VersionRow, WatchedFiles};

use super::{Fault, Operation, operation};
use crate::context::Context;
use crate::tasks::alert;
use crate::tasks::renew::{Case, Loaded, Source};

/// The operations of this file.
pub const OPERATIONS: &[Operation] =
    &[operation!("status.all", all), operation!("status.lineage", lineage::status)];

/// Nobody reads on after so many; each costs a look into the store.
const MOST_NEEDS: u32 = 1000;

/// No arguments.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Nothing {}

/// How everything stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The instant it is about.
    pub at: Time,
    /// Whether a server keeps everything going; `stalled` where one of its loops does not get on.
    pub server: Server,
    /// Open findings, counted.
    pub findings: Totals,
    /// The worst thousand of them, those at the end that somebody has taken or that are silenced, and alarms of drills.
    pub needs: Vec<Need>,
    /// Every lineage, the one that ends first at the top.
    pub lineages: Vec<LineageRow>,
    /// Deployments that are not proven at every address.
    pub unproven: Vec<Unproven>,
    /// The endpoints.
    pub endpoints: Endpoints,
}

/// Whether a server runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Server {
    /// Nobody renews by himself.
    Absent,
    /// Every loop gets on.
    Runs,
    /// Some loops do not get on.
    Stalled {
        /// Which.
        loops: Vec<String>,
        /// Why they get at no work, where that is known.
        #[serde(default)]
        why: Option<String>,
    },
}

impl Server {
    /// Loops that do not get on, and why where that is known: `scan, alert: no space left for the database`.
    #[must_use]
    pub fn stalled(&self) -> Option<String> {
        let Self::Stalled { loops, why } = self else { return None };
        let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        Some(loops.join(", ") + &why)
    }

    /// Of this process.
    pub(super) fn of(context: &Context) -> Self {
        if context.progress.beats().is_empty() {
            return Self::Absent;
        }
        let stalled = context.progress.stalled(context.clock.now());
        if stalled.is_empty() {
            return Self::Runs;
        }
        Self::Stalled {
            loops: stalled.iter().map(|one| one.name.to_owned()).collect(),
            why: stalled.into_iter().find_map(|one| one.why),
        }
    }
}

/// Something that a person should see to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The finding.
    pub finding: FindingId,
    /// How bad it is.
    pub severity: Severity,
    /// The rule's code.
    pub code: String,
    /// What it is about.
    pub subject: Subject,
    /// What people call that.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// What is wrong.
    pub text: String,
    /// What to do: the command to type.
    pub hint: String,
    /// Since when.
    pub since: Time,
    /// Somebody has taken it.
    pub acknowledged: bool,
    /// The open alert that tells of it.
    #[serde(default)]
    pub alert: Option<AlertId>,
    /// The silence that covers it, of several the one that ends last.
    #[serde(default)]
    pub silence: Option<SilenceId>,
    /// Until when that one does.
    #[serde(default)]
    pub silenced_until: Option<Time>,
    /// How much its subject matters.
    #[serde(default)]
    pub criticality: Criticality,
    /// What is behind its subject: of a place its lineage.
    #[serde(default)]
    pub behind: Option<Subject>,
    /// Since when it does not hold any more.
    #[serde(default)]
    pub closed_at: Option<Time>,
}

/// Needs in the order in which a person sees to them.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Those that wait for somebody, what one alert tells of together: the worst first, then what matters most, then the oldest.
    pub cases: Vec<Vec<Need>>,
    /// Those that somebody has taken, or that are silenced.
    pub aside: Vec<Need>,
    /// Alarms of drills.
    pub drills: Vec<Need>,
}

impl Waiting {
    /// Puts them in order.
    #[must_use]
    pub fn of(needs: Vec<Need>) -> Self {
        let mut waiting = Self::default();
        let mut here = Vec::new();
        for need in needs {
            match need.subject {
                Subject::Drill(_) => waiting.drills.push(need),
                _ if need.acknowledged || need.silence.is_some() => waiting.aside.push(need),
                _ => here.push(need),
            }
        }
        here.sort_by_key(|need| {
            (Reverse(need.severity), Reverse(need.criticality), need.since, need.finding)
        });
        let mut cases: HashMap<AlertId, usize> = HashMap::new();
        for need in here {
            let next = waiting.cases.len();
            match need.alert.map(|alert| *cases.entry(alert).or_insert(next)) {
                Some(known) if known < next => waiting.cases[known].push(need),
                _ => waiting.cases.push(vec![need]),
            }
        }
        waiting
    }

    /// All of them, one after the other.
    #[must_use]
    pub fn in_turn(self) -> Vec<Need> {
        self.cases.into_iter().flatten().chain(self.aside).chain(self.drills).collect()
    }

    /// How many findings wait for somebody.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals::of(self.cases.iter().flatten().map(|need| need.severity))
    }
}

/// A lineage in one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineageRow {
    /// Its name.
    pub name: String,
    /// Its labels.
    #[serde(default)]
    pub labels: Labels,
    /// Who renews it: `notafter`, `certbot`, ...
    pub renewer: String,
    /// The issuer that its certificates come from; nothing where somebody else renews it.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The kind of key that is made for them.
    #[serde(default)]
    pub key: Option<KeySpec>,
    /// The end of its present certificate.
    pub ends: Option<Time>,
    /// When it is renewed next; nothing where somebody else renews it.
    pub next_renewal: Option<Time>,
    /// Why then, or why that is not known.
    pub why: String,
    /// An order is under way.
    pub ordering: bool,
    /// Failed attempts since the last success.
    pub failures: usize,
    /// How many more attempts fit before the end, in words; nothing where none failed.
    pub runway: Option<String>,
}

/// A deployment whose case is not proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unproven {
    /// The lineage.
    pub lineage: String,
    /// The place.
    pub place: String,
    /// How far it is.
    pub step: Step,
    /// Since when it is open.
    pub since: Time,
    /// When it is tried again.
    pub next_at: Option<Time>,
    /// Addresses that must serve it.
    pub addresses: usize,
    /// Those that do.
    pub proven: usize,
    /// The others, each with what it serves.
    pub others: Vec<String>,
    /// What failed last, where it does not get on.
    #[serde(default)]
    pub failure: Option<String>,
}

/// Endpoints, counted by the worst that is known of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// All of them.
    pub known: usize,
    /// Those that nobody has looked at yet: unknown.
    #[serde(default)]
    pub not_looked_at: usize,
    /// Those of which something is amiss, or not known.
    #[serde(flatten)]
    pub amiss: Totals,
}

/// How many of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Somebody must act, now.
    pub critical: usize,
    /// Somebody should act, soon.
    pub warning: usize,
    /// It cannot be judged.
    pub unknown: usize,
}

impl Totals {
    /// `1 critical, 2 warning`; `nothing` where none is counted.
    #[must_use]
    pub fn words(self) -> String {
        let parts: Vec<String> =
            [(self.critical, "critical"), (self.warning, "warning"), (self.unknown, "unknown")]
                .into_iter()
                .filter(|(number, _)| *number > 0)
                .map(|(number, name)| format!("{number} {name}"))
                .collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }

    /// Of what is counted already.
    pub(super) fn counted(severities: &BTreeMap<Severity, u64>) -> Self {
        let number = |severity: Severity| {
            usize::try_from(severities.get(&severity).copied().unwrap_or(0)).unwrap_or(usize::MAX)
        };
        Self {
            critical: number(Severity::Critical),
            warning: number(Severity::Warning),
            unknown: number(Severity::Unknown),
        }
    }

    /// Counts.
    pub fn of(severities: impl Iterator<Item = Severity>) -> Self {
        let mut totals = Self::default();
        for severity in severities {
            match severity {
                Severity::Critical => totals.critical += 1,
                Severity::Warning => totals.warning += 1,
                Severity::Unknown => totals.unknown += 1,
                Severity::Ok => {}
            }
        }
        totals
    }
}

/// What the first page shows.
#[derive(Debug)]
pub struct Overview {
    /// Whether a server keeps everything going.
    pub server: Server,
    /// Open findings, counted.
    pub findings: Totals,
    /// Those that are read: all, where they are not too many to be shown.
    pub waiting: Waiting,
    /// Whether all of them are read.
    pub is_all: bool,
    /// Every lineage.
    pub lineages: Arc<LineageRows>,
    /// How many deployments are not proven at every address.
    pub unproven: usize,
    /// The endpoints.
    pub endpoints: Endpoints,
}

/// What the first page shows, of so many of the findings at most.
///
/// # Errors
/// The store failed.
pub async fn overview(context: &Context, read: u32) -> Result<Overview, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let worst = Part { search: String::new(), from: 0, rows: read };
    let found = store.list_findings(scope, Findings::default(), &worst).await?;
    let (findings, is_all) = (found.rows, found.all <= u64::from(read));
    let open = store.deployments_open(scope).await?;
    Ok(Overview {
        server: Server::of(context),
        endpoints: endpoints(&store.standings(scope).await?),
        findings: Totals::counted(&store.open_severities(scope).await?),
        waiting: Waiting::of(needs(context, findings).await?),
        is_all,
        lineages: kept(context).await?,
        unproven: open.iter().filter(|deployment| !is_proven(deployment)).count(),
    })
}

async fn all(context: &Context, _: &Actor, _: Nothing) -> Result<Status, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let worst = Part { search: String::new(), from: 0, rows: MOST_NEEDS };
    let findings = store.list_findings(scope, Findings::default(), &worst).await?.rows;
    let lineages = store.lineages(scope).await?;
    let now = context.clock.now();
    let loaded = Case::load_all(&Source::of(context), lineages.clone()).await?;
    let mut rows: Vec<LineageRow> = loaded.into_iter().map(|loaded| planned_row(loaded, now)).collect();
    rows.sort_by_key(|row| (row.ends.is_none(), row.ends, row.name.clone()));
    Ok(Status {
        at: now,
        server: Server::of(context),
        endpoints: endpoints(&store.standings(scope).await?),
        findings: Totals::counted(&store.open_severities(scope).await?),
        needs: Waiting::of(needs(context, findings).await?).in_turn(),
        lineages: rows,
        unproven: unproven(context, &lineages).await?,
    })
}

/// These lineages, each in one line, as they come.
///
/// # Errors
/// The store failed.
pub async fn rows(context: &Context, lineages: Vec<Lineage>) -> Result<Vec<LineageRow>, Fault> {
    let now = context.clock.now();
    let loaded = Case::load_all(&Source::of(context), lineages).await?;
    Ok(loaded.into_iter().map(|loaded| planned_row(loaded, now)).collect())
}

/// Findings as people read them.
///
/// # Errors
/// The store failed.
pub async fn needs(context: &Context, findings: Vec<Finding>) -> Result<Vec<Need>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let channels = store.channels(scope).await?;
    let owners = store.owners(scope).await?;
    let background = alert::gather(context, &findings, &channels).await?;
    let alerts = store.alerts_open(scope).await?;
    let mut told: HashMap<FindingId, &Alert> = HashMap::new();
    for alert in &alerts {
        told.extend(alert.findings.iter().map(|finding| (*finding, alert)));
    }
    let now = context.clock.now();
    let silences = store.silences_after(scope, now).await?;
    let need = |finding: Finding| {
        let alert = told.get(&finding.id).copied();
        let root = alert.map_or_else(|| background.behind(&finding.violation.subject), |alert| &alert.root);
        let covering = silences.iter().filter(|silence| silence.covers(&finding, root, now));
        let silence = covering.max_by_key(|silence| silence.until).filter(|_| finding.closed_at.is_none());
        Need {
            finding: finding.id,
            severity: finding.violation.severity,
            name: background.name(&finding.violation.subject),
            owner: owners
                .iter()
                .find(|owner| owner.id == finding.owner_id)
                .map_or_else(|| finding.owner_id.to_string(), |owner| owner.name.clone()),
            acknowledged: alert.is_some_and(|alert| alert.acknowledged.is_some()),
            alert: alert.map(|alert| alert.id),
            silence: silence.map(|silence| silence.id),
            silenced_until: silence.map(|silence| silence.until),
            criticality: background.criticality(&finding.violation.subject),
            behind: Some(background.behind(&finding.violation.subject).clone()),
            closed_at: finding.closed_at,
            code: finding.violation.code,
            subject: finding.violation.subject,
            text: finding.violation.text,
            hint: finding.violation.hint,
            since: finding.opened_at,
        }
    };
    Ok(findings.into_iter().map(need).collect())
}

/// Open findings, counted.
///
/// # Errors
/// The store failed.
pub async fn totals(context: &Context) -> Result<Totals, Fault> {
    Ok(Totals::counted(&context.store.open_severities(&context.scope).await?))
}

/// The lineages that are renewed next by themselves, the soonest first, each with when.
#[must_use]
pub fn next(rows: &[LineageRow], most: usize) -> Vec<(Time, &LineageRow)> {
    let planned = rows.iter().filter_map(|row| Some((row.next_renewal?, row)));
    let mut planned: Vec<(Time, &LineageRow)> = planned.collect();
    planned.sort_by_key(|(at, row)| (*at, &row.name));
    planned.truncate(most);
    planned
}

pub(super) fn endpoints(standings: &BTreeMap<Standing, u64>) -> Endpoints {
    let mut amiss = BTreeMap::new();
    for (standing, number) in standings {
        *amiss.entry(standing.severity()).or_default() += number;
    }
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Endpoints {
        known: size(standings.values().sum()),
        not_looked_at: size(standings.get(&Standing::NotLookedAt).copied().unwrap_or(0)),
        amiss: Totals::counted(&amiss),
    }
}

fn planned_row(loaded: Loaded, now: Time) -> LineageRow {
    let plan = planned(&loaded, now);
    row(loaded, plan, now)
}

fn planned(loaded: &Loaded, now: Time) -> Option<RenewPlan> {
    Some(loaded.case.as_ref().ok()?.as_ref()?.plan(now))
}

fn row(Loaded { lineage, version, case }: Loaded, plan: Option<RenewPlan>, now: Time) -> LineageRow {
    let failures = lineage.renewal.failures.len();
    let issuance = match &lineage.mode {
        Mode::Managed(spec) => Some((spec.issuer.clone(), spec.key)),
        Mode::WatchOnly(_) => None,
    };
    let (issuer, key) = issuance.unzip();
    let blank = LineageRow {
        issuer,
        key,
        renewer: renewer(&lineage.mode).to_owned(),
        name: lineage.name,
        labels: lineage.labels,
        ends: version.map(|version| version.not_after),
        next_renewal: None,
        why: String::new(),
        ordering: lineage.renewal.order.is_some(),
        failures,
        runway: None,
    };
    match (case, plan) {
        (Err(fault), _) => LineageRow { why: fault.what, ..blank },
        (Ok(_), None) => blank,
        (Ok(_), Some(plan)) => {
            let failing = plan.runway.filter(|_| failures > 0);
            LineageRow {
                next_renewal: Some(plan.action.not_before.max(now)),
                why: plan.action.why.clone(),
                runway: failing.as_ref().map(Runway::to_string),
                ..blank
            }
        }
    }
}

/// Who renews what notafter keeps alive.
const NOTAFTER: &str = "notafter";

/// Who renews it.
pub(super) const fn renewer(mode: &Mode) -> &'static str {
    match mode {
        Mode::Managed(_) => NOTAFTER,
        Mode::WatchOnly(automation) => match automation.renewer {
            Renewer::Certbot => "certbot",
            Renewer::Lego => "lego",
            Renewer::AcmeSh => "acme.sh",
            Renewer::Unknown => "nobody known",
        },
    }
}

async fn unproven(context: &Context, lineages: &[Lineage]) -> Result<Vec<Unproven>, Fault> {
    let places: BTreeMap<PlaceId, Place> =
        context.store.places(&context.scope).await?.into_iter().map(|place| (place.id, place)).collect();
    let names: BTreeMap<LineageId, &str> =
        lineages.iter().map(|lineage| (lineage.id, lineage.name.as_str())).collect();
    let open = context.store.deployments_open(&context.scope).await?;
    let not_proven = open.iter().filter(|deployment| !is_proven(deployment));
    Ok(not_proven.map(|deployment| case(deployment, &places, &names)).collect())
}

fn is_proven(deployment: &Deployment) -> bool {
    matches!(deployment.step, Step::Proven | Step::Retired)
}

fn case(
    deployment: &Deployment,
    places: &BTreeMap<PlaceId, Place>,
    names: &BTreeMap<LineageId, &str>,
) -> Unproven {
    let name = names.get(&deployment.lineage_id);
    let waiting = awaited(deployment).filter(|proof| proof.state != ProofState::Proven);
    let addresses = awaited(deployment).count();
    let others: Vec<String> =
        waiting.map(|proof| format!("{} {}", deployment.shown(proof), lineage::told(proof))).collect();
    Unproven {
        lineage: name.map_or_else(|| deployment.lineage_id.to_string(), ToString::to_string),
        place: places
            .get(&deployment.place_id)
            .map_or_else(|| deployment.place_id.to_string(), |place| place.name.clone()),
        step: deployment.step,
        since: deployment.opened_at,
        next_at: deployment.next_at,
        addresses,
        proven: addresses - others.len(),
        others,
        failure: last_failure(deployment).map(|record| record.what.clone()),
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;
    use notafter_inventory::model::DrillId;

    use super::*;

    fn need(name: &str, severity: Severity, alert: Option<u8>) -> Need {
        let at = Time::from_unix_seconds(1_796_000_000);
        Need {
            finding: FindingId::new(at, [0; 10]),
            severity,
            code: "certificate.expired".to_owned(),
            subject: Subject::Named(name.to_owned()),
            name: name.to_owned(),
            owner: "web".to_owned(),
            text: String::new(),
            hint: String::new(),
            since: at,
            acknowledged: false,
            alert: alert.map(|number| AlertId::from_bytes([number; 16])),
            silence: None,
            silenced_until: None,
            criticality: Criticality::Normal,
            behind: None,
            closed_at: None,
        }
    }

    /// What somebody had taken stood at the top, a printer above the shop, and one cause at ten names was ten.
    #[test]
    fn needs_stood_in_the_order_in_which_they_were_found() {
        use Severity::{Critical, Warning};
        let older = |need: Need| Need { since: need.since - Span::hours(1), ..need };
        let drill =
            Need { subject: Subject::Drill(DrillId::from_bytes([9; 16])), ..need("drill", Critical, None) };
        let needs = vec![
            drill,
            Need { acknowledged: true, ..need("taken", Critical, Some(1)) },
            need("warned", Warning, None),
            Need { criticality: Criticality::Low, ..older(need("printer", Critical, None)) },
            need("shop", Critical, Some(2)),
            need("wiki", Critical, Some(3)),
            need("shop, too", Warning, Some(2)),
            Need { criticality: Criticality::High, ..need("till", Critical, None) },
            older(need("first", Critical, None)),
            Need { silence: Some(SilenceId::from_bytes([3; 16])), ..need("silenced", Critical, None) },
        ];
        let waiting = Waiting::of(needs);
        let names = |needs: &[Need]| needs.iter().map(|need| need.name.clone()).collect::<Vec<_>>().join("+");
        let cases: Vec<String> = waiting.cases.iter().map(|case| names(case)).collect();
        assert_eq!(cases, ["till", "first", "shop+shop, too", "wiki", "printer", "warned"]);
        assert_eq!(
            (names(&waiting.aside), names(&waiting.drills)),
            ("taken+silenced".to_owned(), "drill".to_owned())
        );
        assert_eq!(waiting.totals(), Totals { critical: 5, warning: 2, unknown: 0 });
        assert_eq!(waiting.in_turn().len(), 10);
    }
}
