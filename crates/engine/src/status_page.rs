//! What the public status page is made of, read from the store. Which endpoints are public is looked up only when the inventory
//! was written: that reads every label, and the rest only what is public.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use notafter_cert::{Span, Time};
use notafter_inventory::model::{
    Actor, COMPONENT, Criticality, Endpoint, EndpointId, Finding, Label, Labels, LineageId, Place, Subject,
    component_of,
};
use notafter_inventory::run_book;
use notafter_inventory::status_page::{Component, Facts, Watched};
use notafter_store::{Change, Endpoints, Part, Revision, Seen};
use tokio::sync::Mutex;

use crate::context::Context;
use crate::operate::Fault;

/// How far back the page tells what went wrong.
pub const HISTORY: Span = Span::days(90);

/// Closed findings that are read at once: what goes wrong every minute is not told as far back.
const CLOSED: u32 = 5_000;

/// Reads what the page is made of, again and again.
#[derive(Debug, Default)]
pub struct Reader {
    public: Option<(Revision, Public)>,
}

/// What nothing has changed since is read again after so long, as another process may write to the same database.
const UNCHANGED_HOLDS: Span = Span::seconds(30);

/// What the page was last made of: of all who tell the public something, one reads it for the others.
#[derive(Debug, Default)]
pub struct KeptFacts(Mutex<Known>);

/// What reads, and what it read last.
#[derive(Debug, Default)]
struct Known(Reader, Option<Kept>);

impl Known {
    async fn renew(&mut self, context: &Context, as_of: (i64, Revision)) -> Result<Arc<Facts>, Fault> {
        let at = context.clock.now();
        let facts = Arc::new(self.0.read(context).await?);
        self.1 = Some(Kept { facts: Arc::clone(&facts), at, as_of });
        Ok(facts)
    }
}

async fn as_of(context: &Context) -> Result<(i64, Revision), Fault> {
    let (store, scope) = (&context.store, &context.scope);
    Ok((store.last_event(scope).await?, store.inventory_revision(scope).await?))
}

#[derive(Debug)]
struct Kept {
    facts: Arc<Facts>,
    at: Time,
    /// The last entry of the log, and the revision of the inventory: whatever changes the page changes one of them.
    as_of: (i64, Revision),
}

impl KeptFacts {
    /// As it is now: read again only where something was written since.
    ///
    /// # Errors
    /// The store failed.
    pub async fn read(&self, context: &Context) -> Result<Arc<Facts>, Fault> {
        let mut known = self.0.lock().await;
        let (now, as_of) = (context.clock.now(), as_of(context).await?);
        if let Some(kept) = &known.1 {
            let age = now.since(kept.at);
            if kept.as_of == as_of && !age.is_negative() && age < UNCHANGED_HOLDS {
                return Ok(Arc::clone(&kept.facts));
            }
        }
        known.renew(context, as_of).await
    }

    /// As it is now, read again in any case.
    ///
    /// # Errors
    /// The store failed.
    pub async fn renew(&self, context: &Context) -> Result<Arc<Facts>, Fault> {
        let mut known = self.0.lock().await;
        let as_of = as_of(context).await?;
        known.renew(context, as_of).await
    }
}

/// The components, by name.
type Public = BTreeMap<String, Labelled>;

/// What has the name of a component.
#[derive(Debug)]
struct Labelled {
    /// When the first of it was made.
    since: Time,
    endpoints: BTreeMap<EndpointId, Way>,
}

/// How an endpoint is looked at, and who comes there.
#[derive(Clone, Copy, Debug)]
struct Way {
    criticality: Criticality,
    is_web: bool,
    /// Since when the public is shown it.
    public_since: Time,
}

impl Reader {
    /// As it is now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn read(&mut self, context: &Context) -> Result<Facts, Fault> {
        let (store, scope) = (&context.store, &context.scope);
        let since = context.clock.now() - HISTORY;
        let revision = store.inventory_revision(scope).await?;
        if self.public.as_ref().is_none_or(|(known, _)| *known != revision) {
            let mut public = public(context).await?;
            remember(context, &mut public).await?;
            self.public = Some((revision, public));
        }
        let none = Public::new();
        let public = self.public.as_ref().map_or(&none, |(_, public)| public);
        Ok(Facts {
            components: components(context, public, since).await?,
            incidents: store.incidents_since(scope, since).await?,
            maintenances: store.maintenances_since(scope, since).await?,
        })
    }
}

/// Those with the label themselves, and those that show what a lineage with the label is installed for.
async fn public(context: &Context) -> Result<Public, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let mut public = Public::new();
    let label = Some(Label { key: COMPONENT, value: None });
    let all = Part { search: String::new(), from: 0, rows: u32::MAX };
    for row in store.list_endpoints(scope, Endpoints { label, ..Endpoints::default() }, &all).await?.rows {
        add(&mut public, &row.endpoint.labels, row.endpoint.id.made_at(), Some(&row.endpoint));
    }
    let mut labelled: HashMap<LineageId, Labels> = HashMap::new();
    for lineage in store.lineages(scope).await? {
        if component_of(&lineage.labels).is_some() {
            add(&mut public, &lineage.labels, lineage.id.made_at(), None);
            labelled.insert(lineage.id, lineage.labels);
        }
    }
    let ids: Vec<LineageId> = labelled.keys().copied().collect();
    for Place { lineage_id, endpoints, .. } in store.places_among(scope, &ids).await? {
        for target in endpoints {
            if let (Some(endpoint), Some(labels)) =
                (store.endpoint_at(scope, &target).await?, labelled.get(&lineage_id))
            {
                add(&mut public, labels, lineage_id.made_at(), Some(&endpoint));
            }
        }
    }
    Ok(public)
}

/// Looks up since when each endpoint is shown, and remembers that of those that are shown from now on. Whoever sees a part of the
/// inventory alone changes nothing.
async fn remember(context: &Context, public: &mut Public) -> Result<(), Fault> {
    let now = context.clock.now();
    let mut known = context.store.public_since(&context.scope).await?;
    let mut changes: Vec<Change> = Vec::new();
    for (name, labelled) in public {
        for (id, way) in &mut labelled.endpoints {
            let since = known.remove(&(name.clone(), *id));
            way.public_since = since.unwrap_or(now);
            if since.is_none() {
                changes.push(notafter_store::Public::Show(name.clone(), *id, now).into());
            }
        }
    }
    let gone = known.into_keys();
    changes
        .extend(gone.map(|(component, endpoint)| notafter_store::Public::Hide(component, endpoint).into()));
    if changes.is_empty() || context.scope.kept_to().is_some() {
        return Ok(());
    }
    Ok(context.apply(None, &Actor::Engine, &changes).await?)
}

fn add(public: &mut Public, labels: &Labels, made_at: Time, endpoint: Option<&Endpoint>) {
    let Some(name) = component_of(labels) else { return };
    let labelled = public.entry(name).or_insert(Labelled { since: made_at, endpoints: BTreeMap::new() });
    labelled.since = labelled.since.min(made_at);
    let way = |endpoint: &Endpoint| Way {
        criticality: endpoint.criticality,
        is_web: run_book::is_web(&endpoint.target),
        public_since: made_at,
    };
    labelled.endpoints.extend(endpoint.map(|endpoint| (endpoint.id, way(endpoint))));
}

async fn components(context: &Context, public: &Public, since: Time) -> Result<Vec<Component>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let ids: Vec<EndpointId> =
        public.values().flat_map(|labelled| labelled.endpoints.keys().copied()).collect();
    let subjects: Vec<Subject> = ids.iter().map(|id| Subject::Endpoint(*id)).collect();
    let seen: HashMap<EndpointId, Seen> =
        store.seen_of(scope, &ids).await?.into_iter().map(|seen| (seen.id, seen)).collect();
    let mut found = store.findings_open_among(scope, &subjects).await?;
    let closed = store.findings_closed_among(scope, &subjects, CLOSED).await?;
    found.extend(closed.into_iter().filter(|finding| finding.closed_at.is_none_or(|at| at > since)));
    let mut findings: HashMap<Subject, Vec<Finding>> = HashMap::new();
    for finding in found {
        findings.entry(finding.violation.subject.clone()).or_default().push(finding);
    }
    let watched = |(id, way): (&EndpointId, &Way)| {
        let seen = seen.get(id);
        Watched {
            id: *id,
            criticality: way.criticality,
            is_web: way.is_web,
            public_since: way.public_since,
            looked_at: seen.and_then(|seen| seen.looked_at),
            addresses: seen.map_or(0, |seen| usize::try_from(seen.addresses).unwrap_or(usize::MAX)),
            findings: findings.get(&Subject::Endpoint(*id)).cloned().unwrap_or_default(),
        }
    };
    let component = |(name, labelled): (&String, &Labelled)| Component {
        name: name.clone(),
        since: labelled.since,
        endpoints: labelled.endpoints.iter().map(watched).collect(),
    };
    Ok(public.iter().map(component).collect())
}
