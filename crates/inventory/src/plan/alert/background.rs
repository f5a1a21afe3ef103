//! What a message needs to know besides the findings: names, what is behind what, what was tried, what comes next, and
//! what to type.

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::Time;
use notafter_tls::Target;

use crate::code::endpoint_name;
use crate::model::{
    Channel, Criticality, Deployment, Endpoint, Finding, Issuer, Lineage, LineageId, Mode, Owner, Place,
    Step, Subject, Violation,
};

/// What is mended in the inventory file alone: a renewal would change nothing.
const WRITTEN: [&str; 2] = ["place.no-endpoint", "lineage.no-place"];

/// Whoever judged the automation knows whether it can be taken over, and says so in the hint.
const TAKING_OVER: &str = "notafter adopt --take-over";

/// The entities around the findings; what is missing here is only called by its identifier.
#[derive(Default)]
pub struct Inventory<'a> {
    /// Endpoints with findings.
    pub endpoints: &'a [Endpoint],
    /// Endpoints of the places of lineages with findings: what these matter follows from them.
    pub served: &'a [Endpoint],
    /// Lineages with findings, or with a place at such an endpoint.
    pub lineages: &'a [Lineage],
    /// Their places.
    pub places: &'a [Place],
    /// Their open deployments.
    pub deployments: &'a [Deployment],
    /// Those among the lineages whose first certificate is being issued or installed.
    pub beginning: BTreeSet<LineageId>,
    /// All issuers.
    pub issuers: &'a [Issuer],
    /// All owners.
    pub owners: &'a [Owner],
    /// All channels.
    pub channels: &'a [Channel],
}

/// Circumstances by subject.
#[derive(Clone, Debug, Default)]
pub struct Background(BTreeMap<Subject, Circumstance>);

/// What surrounds one subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Circumstance {
    /// What people call it.
    pub name: String,
    /// The subject whose failure would show here first.
    pub behind: Option<Subject>,
    /// What was tried, oldest first.
    pub tried: Vec<Tried>,
    /// What is tried next without anybody's help.
    pub next_try: Option<NextTry>,
    /// How much still fits before it is too late.
    pub runway: Option<String>,
    /// What to type.
    pub commands: Vec<String>,
    /// How far the first certificate is that shall be served there, while its case is open.
    pub first: Option<First>,
    /// How much it matters: an endpoint by its own level, a lineage or a place by those of the endpoints that it serves;
    /// nothing where nothing says so.
    pub criticality: Option<Criticality>,
}

/// How far the first certificate of a lineage is on its way to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// It is being issued or installed.
    OnItsWay,
    /// Every address served it at this instant: what was seen before says nothing about it.
    ServedSince(Time),
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// When.
    pub at: Time,
    /// What, and what came of it.
    pub what: String,
}

/// The next automatic try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextTry {
    /// When.
    pub at: Time,
    /// What.
    pub what: String,
}

/// More than this tells nothing new at 03:00; what was tried over and over is shown as one line.
const TRIED_KEPT: usize = 60;

impl Background {
    /// From the entities themselves.
    #[must_use]
    pub fn of(inventory: &Inventory<'_>) -> Self {
        let mut known = BTreeMap::new();
        for lineage in inventory.lineages {
            known.insert(Subject::Lineage(lineage.id), of_lineage(lineage, inventory));
        }
        for place in inventory.places {
            known.insert(Subject::Place(place.id), of_place(place, inventory));
        }
        for endpoint in inventory.endpoints {
            known.insert(Subject::Endpoint(endpoint.id), of_endpoint(endpoint, inventory));
        }
        for issuer in inventory.issuers {
            let commands = vec![format!("notafter get issuer {}", issuer.name())];
            known.insert(Subject::Issuer(issuer.id()), named(&format!("issuer {}", issuer.name()), commands));
        }
        for owner in inventory.owners {
            let commands =
                vec![format!("notafter get owner {}", owner.name), "notafter alert test".to_owned()];
            known.insert(Subject::Owner(owner.id), named(&format!("owner {}", owner.name), commands));
        }
        for channel in inventory.channels {
            let commands = vec![format!("notafter alert test {}", channel.name)];
            known.insert(Subject::Channel(channel.id), named(&format!("channel {}", channel.name), commands));
        }
        known.insert(
            Subject::Installation,
            named("this installation of notafter", vec!["notafter doctor".to_owned()]),
        );
        Self(known)
    }

    /// With the drills whose alarms are among these findings.
    #[must_use]
    pub fn with_drills(mut self, findings: &[Finding]) -> Self {
        for Violation { subject, evidence, .. } in findings.iter().map(|finding| &finding.violation) {
            if let (Subject::Drill(id), Some(lineage)) = (subject, evidence["lineage"].as_str()) {
                let commands = vec![format!("notafter drill show {id}")];
                self.insert(subject.clone(), named(&format!("drill of {lineage}"), commands));
            }
        }
        self
    }

    /// Adds or replaces what is known about one subject.
    pub fn insert(&mut self, subject: Subject, circumstance: Circumstance) {
        self.0.insert(subject, circumstance);
    }

    /// What is known about a subject.
    #[must_use]
    pub fn about(&self, subject: &Subject) -> Option<&Circumstance> {
        self.0.get(subject)
    }

    /// What to type about a violation, of its subject and of what is behind that.
    #[must_use]
    pub fn to_type(&self, violation: &Violation) -> Vec<String> {
        let subject = &violation.subject;
        let behind = Some(self.behind(subject)).filter(|behind| *behind != subject);
        let known = [Some(subject), behind].into_iter().flatten().filter_map(|subject| self.about(subject));
        let all = known.flat_map(|known| known.commands.iter());
        all.filter(|command| helps(command, std::iter::once(violation))).cloned().collect()
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self, subject: &Subject) -> String {
        match (self.0.get(subject), subject) {
            (Some(known), _) => known.name.clone(),
            (None, Subject::Named(name)) => name.clone(),
            (None, other) => other.to_string(),
        }
    }

    /// How much a subject matters.
    #[must_use]
    pub fn criticality(&self, subject: &Subject) -> Criticality {
        self.0.get(subject).and_then(|known| known.criticality).unwrap_or_default()
    }

    /// What is behind a subject: itself, where nothing else is known.
    #[must_use]
    pub fn behind<'a>(&'a self, subject: &'a Subject) -> &'a Subject {
        self.0.get(subject).and_then(|known| known.behind.as_ref()).unwrap_or(subject)
    }
}

/// Whether a command helps against any of these.
pub(super) fn helps<'a>(command: &str, violations: impl Iterator<Item = &'a Violation> + Clone) -> bool {
    let is_renewal = command.starts_with("notafter renew");
    let is_take_over = command.starts_with(TAKING_OVER);
    (!is_renewal || violations.clone().any(|violation| !WRITTEN.contains(&violation.code.as_str())))
        && (!is_take_over || violations.clone().any(|violation| violation.hint.contains(TAKING_OVER)))
}

fn named(name: &str, commands: Vec<String>) -> Circumstance {
    Circumstance { name: name.to_owned(), commands, ..Circumstance::default() }
}

fn of_lineage(lineage: &Lineage, inventory: &Inventory<'_>) -> Circumstance {
    let mut tried: Vec<Tried> = lineage
        .renewal
        .failures
        .iter()
        .map(|failure| Tried {
            at: failure.at,
            what: format!("renewal failed: {} ({})", failure.message, failure.code),
        })
        .collect();
    let mut next_try = lineage
        .renewal
        .not_before
        .filter(|_| !lineage.renewal.failures.is_empty())
        .map(|at| NextTry { at, what: "the renewal is tried again".to_owned() });
    for deployment in inventory.deployments.iter().filter(|deployment| deployment.lineage_id == lineage.id) {
        let (steps, next) = of_deployment(deployment, inventory);
        tried.extend(steps);
        next_try = match (next_try, next) {
            (Some(one), Some(other)) if other.at < one.at => Some(other),
            (one, other) => one.or(other),
        };
    }
    tried.sort_by_key(|tried| tried.at);
    let tried = tried.split_off(tried.len().saturating_sub(TRIED_KEPT));
    let commands = match lineage.mode {
        Mode::Managed(_) => {
            vec![format!("notafter explain {}", lineage.name), format!("notafter renew {}", lineage.name)]
        }
        Mode::WatchOnly(_) => vec![
            format!("notafter explain {}", lineage.name),
            format!("notafter adopt --take-over {}", lineage.name),
        ],
    };
    let criticality = served_by(inventory, |place| place.lineage_id == lineage.id);
    Circumstance {
        name: lineage.name.clone(),
        tried,
        next_try,
        commands,
        criticality,
        ..Circumstance::default()
    }
}

/// The highest level among the endpoints of these places.
fn served_by(inventory: &Inventory<'_>, of: impl Fn(&Place) -> bool) -> Option<Criticality> {
    let targets: BTreeSet<&Target> =
        inventory.places.iter().filter(|place| of(place)).flat_map(|place| &place.endpoints).collect();
    let known = inventory.endpoints.iter().chain(inventory.served);
    known.filter(|endpoint| targets.contains(&endpoint.target)).map(|endpoint| endpoint.criticality).max()
}

fn of_deployment(deployment: &Deployment, inventory: &Inventory<'_>) -> (Vec<Tried>, Option<NextTry>) {
    let place = inventory
        .places
        .iter()
        .find(|place| place.id == deployment.place_id)
        .map_or_else(|| deployment.place_id.to_string(), |place| place.name.clone());
    let tried = deployment
        .log
        .iter()
        .map(|record| Tried { at: record.at, what: format!("{place}: {}", record.what) })
        .collect();
    let what = match deployment.step {
        Step::Activated | Step::Proven | Step::Restored => {
            format!("every address of {place} is looked at again")
        }
        _ => format!("the deployment to {place} is tried again"),
    };
    let open = deployment.closed_at.is_none();
    (tried, deployment.next_at.filter(|_| open).map(|at| NextTry { at, what }))
}

fn of_place(place: &Place, inventory: &Inventory<'_>) -> Circumstance {
    let lineage = inventory.lineages.iter().find(|lineage| lineage.id == place.lineage_id);
    let name =
        lineage.map_or_else(|| place.name.clone(), |lineage| format!("{} at {}", lineage.name, place.name));
    let commands = lineage.map(|lineage| format!("notafter deploy {}", lineage.name)).into_iter().collect();
    let behind = Some(Subject::Lineage(place.lineage_id));
    let criticality = served_by(inventory, |other| other.id == place.id);
    Circumstance { name, behind, commands, criticality, ..Circumstance::default() }
}

fn of_endpoint(endpoint: &Endpoint, inventory: &Inventory<'_>) -> Circumstance {
    let place = inventory.places.iter().find(|place| place.endpoints.contains(&endpoint.target));
    let name = endpoint_name(&endpoint.target);
    let sni = endpoint.target.sni.as_ref().map(|sni| format!(" --sni {sni}")).unwrap_or_default();
    let commands = vec![format!("notafter check {}{sni}", endpoint.target)];
    let behind = place.map(|place| Subject::Lineage(place.lineage_id));
    let first = place.and_then(|place| first_at(place, inventory));
    let criticality = Some(endpoint.criticality);
    Circumstance { name, behind, commands, first, criticality, ..Circumstance::default() }
}

fn first_at(place: &Place, inventory: &Inventory<'_>) -> Option<First> {
    let deployment = inventory.deployments.iter().find(|deployment| deployment.place_id == place.id);
    let proven = deployment.and_then(|deployment| deployment.proven_at);
    let begins = inventory.beginning.contains(&place.lineage_id);
    begins.then(|| proven.map_or(First::OnItsWay, First::ServedSince))
}
