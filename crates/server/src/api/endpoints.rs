//! Endpoints: where certificates are served, what each address shows, and what was served before.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use notafter_cert::{Certificate, Fingerprint, Time};
use notafter_engine::operate::endpoint;
use notafter_engine::operate::status::needs;
use notafter_inventory::model::{self, Endpoint, EndpointId, Finding, Label, Subject, Violation};
use notafter_store::{Endpoints, Look, LookChange};
use notafter_tls::name;
use notafter_tls::observation::{self, Outcome, Served};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Begun, One, Part};
use super::call::{Call, call};
use super::list::{AfterId, Limit, part, shown};
use super::request::{Asked, Json, NoBody, Nothing};
use super::view::{Instant, OpenFinding, Severity, words};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static LIST: Call =
    call!("list-endpoints", "Every endpoint, with the worst that is known of it", list);
pub(crate) static SHOW: Call = call!(
    "show-endpoint",
    "One endpoint: every address, each chain as sent, and what was served before",
    show
);
pub(crate) static CHECK: Call =
    call!("check-endpoint", "Looks at an endpoint now: within seconds its `looked_at` is later", check);

/// So many changes are shown.
const HISTORY: u32 = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Words that the address or the name asked for has, each of the first four, in whatever case.
    #[serde(default)]
    q: String,
    /// A label that it has: `service`, or `service=checkout`.
    #[serde(default)]
    label: String,
    /// How it stands.
    state: Option<Standing>,
    /// How many at once.
    #[serde(default)]
    limit: Limit,
    /// The `next` of the part before.
    after: Option<AfterId<EndpointId>>,
}

#[derive(Deserialize, JsonSchema)]
struct At {
    /// Identity (`ep_...`).
    id: String,
}

words! {
    /// How much an endpoint matters.
    Criticality = model::Criticality {
        /// Looked at less often.
        Low,
        /// The default.
        Normal,
        /// Looked at more often.
        High,
        /// Looked at every 20 seconds, before everything else.
        Critical,
    }
}

/// Who says how much an endpoint matters.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum CriticalityBy {
    /// Its own entry.
    Endpoint,
    /// A rule on a label.
    Label,
    /// Nobody: it has the default.
    Default,
}

words! {
    /// Whether the peer showed that it holds the key of its certificate.
    Possession = observation::Possession {
        /// Checked, and right.
        Proven,
        /// Checked, and wrong.
        Wrong,
        /// Not checked.
        Unchecked,
    }
}

/// How an endpoint stands: the worst of its open findings.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Standing {
    /// Somebody must act, now.
    Critical,
    /// Somebody should act, soon.
    Warning,
    /// It could not be judged.
    Unknown,
    /// Nobody has looked yet.
    NotLookedAt,
    /// Nothing is amiss.
    Ok,
}

impl Standing {
    const fn stored(self) -> notafter_store::Standing {
        match self {
            Self::Critical => notafter_store::Standing::Critical,
            Self::Warning => notafter_store::Standing::Warning,
            Self::Unknown => notafter_store::Standing::Unknown,
            Self::NotLookedAt => notafter_store::Standing::NotLookedAt,
            Self::Ok => notafter_store::Standing::Sound,
        }
    }
}

/// An endpoint in short.
#[derive(Serialize, JsonSchema)]
struct EndpointRow {
    /// Identity.
    id: String,
    /// Where it is: `shop.example:443`, `smtp://mail.example:25`.
    target: String,
    /// The name asked for, where it is not the host.
    sni: Option<String>,
    /// Who answers for it (`ow_...`).
    owner_id: String,
    /// Free marks.
    labels: BTreeMap<String, String>,
    /// How much it matters.
    criticality: Criticality,
    /// Who says so.
    criticality_by: CriticalityBy,
    /// The label of the rule that says so, as it is written in the inventory; nothing where no rule does.
    criticality_label: Option<String>,
    /// The worst that is known of it; `unknown` where nobody has looked yet.
    severity: Severity,
    /// The worst finding, in words; nothing where none is open.
    worst: Option<String>,
    /// How many addresses were seen.
    addresses: usize,
    /// When it was last looked at.
    looked_at: Option<Instant>,
}

/// One endpoint.
#[derive(Serialize, JsonSchema)]
struct OneEndpoint {
    /// In short.
    endpoint: EndpointRow,
    /// Who answers for it.
    owner: String,
    /// Why its name did not resolve, where it did not.
    unresolved: Option<String>,
    /// What is open about it.
    needs: Vec<OpenFinding>,
    /// Every address.
    addresses: Vec<Address>,
    /// What was served before, newest first.
    history: Vec<Changed>,
}

/// What one address shows.
#[derive(Serialize, JsonSchema)]
struct Address {
    /// The address, with its port.
    address: String,
    /// Since when it shows this.
    since: Instant,
    /// Why there is no certificate, or why the handshake was not completed.
    failure: Option<String>,
    /// The handshake; nothing where no certificate was seen.
    handshake: Option<Handshake>,
}

/// The facts of a handshake.
#[derive(Serialize, JsonSchema)]
struct Handshake {
    /// The protocol's version.
    version: String,
    /// The cipher suite.
    suite: String,
    /// Whether the peer holds the key.
    possession: Possession,
    /// The chain as sent, leaf first.
    chain: Vec<Link>,
}

/// One certificate of a chain.
#[derive(Serialize, JsonSchema)]
struct Link {
    /// SHA-256 of its DER.
    fingerprint: String,
    /// Whose it is; nothing where it cannot be read.
    subject: Option<String>,
    /// Who issued it.
    issuer: Option<String>,
    /// Its first instant.
    not_before: Option<Instant>,
    /// Its last instant.
    not_after: Option<Instant>,
    /// Why it cannot be read.
    unreadable: Option<String>,
}

/// One change of what an address shows.
#[derive(Serialize, JsonSchema)]
struct Changed {
    /// When it was seen first.
    at: Instant,
    /// The address, with its port.
    address: String,
    /// Whether the name leads there at all.
    resolved: bool,
    /// Why there is no certificate.
    failure: Option<String>,
    /// The leaf that is served from then on.
    leaf: Option<Link>,
}

/// A look that was asked for.
#[derive(Serialize, JsonSchema)]
struct AskedLook {
    /// The endpoint.
    id: String,
    /// Where it is.
    target: String,
    /// When it was asked for.
    asked_at: Instant,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<Part<EndpointRow>, Refusal> {
    let Wish { q, label, state, limit, after } = asked.query;
    let context = &visit.context;
    let (store, scope) = (&context.store, &context.scope);
    let wanted = Endpoints { label: Label::read(&label), standing: state.map(Standing::stored) };
    let which = (after.map(|after| after.id()), limit.and_one());
    let found = store.search_endpoints(scope, wanted, &q, which).await?;
    let (rows, next) = part(found, limit, |last| AfterId::written(last.endpoint.id));
    let amiss = rows.iter().filter(|row| row.standing > notafter_store::Standing::NotLookedAt);
    let subjects: Vec<Subject> = amiss.map(|row| Subject::Endpoint(row.endpoint.id)).collect();
    let mut worst = worst_of(store.findings_open_among(scope, &subjects).await?);
    Ok(shown((rows, next), |found| {
        let worst = worst.remove(&Subject::Endpoint(found.endpoint.id));
        row(found.endpoint, worst, (usize::try_from(found.addresses).unwrap_or(usize::MAX), found.looked_at))
    }))
}

/// The worst of each subject; of several that are as bad the last.
fn worst_of(findings: Vec<Finding>) -> BTreeMap<Subject, Violation> {
    let mut worst: BTreeMap<Subject, Violation> = BTreeMap::new();
    for Finding { violation, .. } in findings {
        match worst.entry(violation.subject.clone()) {
            Entry::Vacant(place) => _ = place.insert(violation),
            Entry::Occupied(mut known) if known.get().severity <= violation.severity => {
                known.insert(violation);
            }
            Entry::Occupied(_) => {}
        }
    }
    worst
}

fn row(
    endpoint: Endpoint,
    worst: Option<Violation>,
    (addresses, looked_at): (usize, Option<Time>),
) -> EndpointRow {
    let severity = match (&worst, looked_at) {
        (Some(worst), _) => worst.severity,
        (None, Some(_)) => model::Severity::Ok,
        (None, None) => model::Severity::Unknown,
    };
    let (criticality_by, criticality_label) = match &endpoint.criticality_by {
        model::CriticalityBy::Label(label) => (CriticalityBy::Label, Some(label.clone())),
        _ if endpoint.criticality_said().is_some() => (CriticalityBy::Endpoint, None),
        _ => (CriticalityBy::Default, None),
    };
    EndpointRow {
        id: endpoint.id.to_string(),
        target: endpoint.target.to_string(),
        sni: endpoint.target.sni.clone(),
        owner_id: endpoint.owner_id.to_string(),
        labels: endpoint.labels,
        criticality: endpoint.criticality.into(),
        criticality_by,
        criticality_label,
        severity: severity.into(),
        worst: worst.map(|worst| worst.text),
        addresses,
        looked_at: looked_at.map(Instant::from),
    }
}

async fn show(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneEndpoint>, Refusal> {
    let absent = || Refusal::absent("such endpoint");
    let id: EndpointId = asked.path.id.parse().map_err(|_| absent())?;
    let context = &visit.context;
    let (store, scope) = (&context.store, &context.scope);
    let endpoint = store.endpoint(scope, id).await?.ok_or_else(absent)?;
    let owner = store.owner(scope, endpoint.owner_id).await?;
    let findings = store.findings_open_of(scope, &Subject::Endpoint(id)).await?;
    let state = store.endpoint_state(scope, id).await?;
    let changes = store.look_changes(scope, id, None, HISTORY).await?;
    let resolution = state.as_ref().map(|state| &state.resolution);
    let looks = state.iter().flat_map(|state| &state.looks);
    let worst = worst_of(findings.clone()).pop_first().map(|(_, worst)| worst);
    let shown = state.as_ref().map_or((0, None), |state| (state.looks.len(), Some(state.looked_at)));
    Ok(One(OneEndpoint {
        owner: owner.map_or_else(|| endpoint.owner_id.to_string(), |owner| owner.name),
        unresolved: resolution.and_then(|resolution| resolution.as_ref().err().map(ToString::to_string)),
        addresses: looks.map(address).collect(),
        endpoint: row(endpoint, worst, shown),
        needs: needs(context, findings).await?.into_iter().map(OpenFinding::from).collect(),
        history: changes.iter().map(changed).collect(),
    }))
}

async fn check(visit: Visit, asked: Asked<At, Nothing, Json<Nothing>>) -> Result<Begun<AskedLook>, Refusal> {
    let id: EndpointId = asked.path.id.parse().map_err(|_| Refusal::absent("such endpoint"))?;
    let at = endpoint::At { endpoint: id.to_string() };
    let endpoint::Asked { id, target, asked_at } = operate(&visit, "endpoint.check", at).await?;
    Ok(Begun(AskedLook { id: id.to_string(), target, asked_at: asked_at.into() }))
}

fn address(Look { since, observation }: &Look) -> Address {
    let (failure, handshake) = match &observation.outcome {
        Outcome::Failed(failure) => (Some(failure), None),
        Outcome::Served(served) => (served.incomplete.as_ref(), Some(handshake(served))),
    };
    Address {
        address: observation.address.to_string(),
        since: (*since).into(),
        failure: failure.map(|failure| failure.detail.clone()),
        handshake,
    }
}

fn handshake(served: &Served) -> Handshake {
    Handshake {
        version: name::version(served.version).to_string(),
        suite: name::suite(served.suite).to_string(),
        possession: served.possession.into(),
        chain: served.chain.iter().map(|der| link(der)).collect(),
    }
}

fn link(der: &[u8]) -> Link {
    let fingerprint = Fingerprint::of(der).to_string();
    match Certificate::parse(der) {
        Ok(certificate) => Link {
            fingerprint,
            subject: Some(certificate.shown_name()),
            issuer: Some(certificate.issuer_name().to_owned()),
            not_before: Some(certificate.not_before().into()),
            not_after: Some(certificate.not_after().into()),
            unreadable: None,
        },
        Err(error) => Link {
            fingerprint,
            subject: None,
            issuer: None,
            not_before: None,
            not_after: None,
            unreadable: Some(error.to_string()),
        },
    }
}

fn changed(change: &LookChange) -> Changed {
    let outcome = change.observation.as_ref().map(|seen| &seen.outcome);
    let (failure, leaf) = match outcome {
        None => (None, None),
        Some(Outcome::Failed(failure)) => (Some(failure.detail.clone()), None),
        Some(Outcome::Served(served)) => (None, served.chain.first().map(|der| link(der))),
    };
    Changed {
        at: change.at.into(),
        address: change.address.to_string(),
        resolved: outcome.is_some(),
        failure,
        leaf,
    }
}
