//! Incidents: opened, told of, over.

use notafter_cert::Time;
use notafter_inventory::code::endpoint_name;
use notafter_inventory::model::{
    Actor, ComponentState, EndpointId, Incident, IncidentId, IncidentStatus, IncidentUpdate,
};
use notafter_inventory::status_page::{self, Event, Report, Shown};
use notafter_store::{Change, Scope};
use serde::{Deserialize, Serialize};

use super::subscriber::{self, Mails};
use super::{components, name, page, refused, still, words};
use crate::context::Context;
use crate::operate::Fault;
use crate::status_page::{HISTORY, Reader};

/// What is told first of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenArgs {
    /// What it is called.
    pub name: String,
    /// What is told of it.
    pub text: String,
    /// The components that it is about.
    pub components: Vec<String>,
    /// How they are at the least while it is open; as looks show them where nothing is said.
    pub state: Option<ComponentState>,
    /// How far it is.
    pub status: IncidentStatus,
    /// When it began; now where nothing is said, or when looks first showed it.
    pub began_at: Option<Time>,
}

/// Tells the public of something that goes wrong. What looks show of its components belongs to it from then on.
///
/// # Errors
/// A component is not on the page; there are no words; or the store failed.
pub(super) async fn open(context: &Context, actor: &Actor, args: OpenArgs) -> Result<Incident, Fault> {
    let now = context.clock.now();
    let began_at = args.began_at.unwrap_or(now);
    if began_at > now || now.since(began_at) > HISTORY {
        let what = "an incident began in the past, and not longer ago than the page tells";
        return Err(refused(what, &format!("give an instant of the last {HISTORY}")));
    }
    if args.status == IncidentStatus::Postmortem {
        return Err(early());
    }
    let incident = Incident {
        id: context.new_id(),
        name: name(&args.name)?,
        components: components(context, &args.components).await?,
        state: state(args.state.unwrap_or_default())?,
        began_at,
        updates: vec![IncidentUpdate {
            at: now,
            status: args.status,
            text: words(&args.text)?,
            by: actor.clone(),
        }],
    };
    context.apply(None, actor, &[Change::PutIncident(incident.clone())]).await?;
    Ok(incident)
}

/// What is told next of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateArgs {
    /// The incident.
    pub id: IncidentId,
    /// How far it is; as before where nothing is said.
    pub status: Option<IncidentStatus>,
    /// What is told.
    pub text: String,
    /// How its components are at the least from now on; as before where nothing is said.
    pub state: Option<ComponentState>,
    /// How many updates it had when this one was written; not asked where nothing is said.
    pub upon: Option<usize>,
}

/// Tells more of an incident, or that it is over.
///
/// # Errors
/// There is no such incident; there are no words; it goes on and is told of as over and done with; somebody told something
/// meanwhile; or the store failed.
pub(super) async fn update(context: &Context, actor: &Actor, args: UpdateArgs) -> Result<Incident, Fault> {
    let mut incident = find(context, args.id).await?;
    still(args.upon, incident.updates.len(), &incident.name)?;
    let status = args.status.unwrap_or_else(|| incident.status());
    if status == IncidentStatus::Postmortem && incident.is_open() {
        return Err(early());
    }
    if let Some(told) = args.state {
        incident.state = state(told)?;
    }
    // Nothing is told before what was told already, whatever the clock says.
    let at = context.clock.now().max(incident.updated_at());
    incident.updates.push(IncidentUpdate { at, status, text: words(&args.text)?, by: actor.clone() });
    context.apply(None, actor, &[Change::PutIncident(incident.clone())]).await?;
    Ok(incident)
}

fn state(state: ComponentState) -> Result<ComponentState, Fault> {
    match ComponentState::TOLD.contains(&state) {
        true => Ok(state),
        false => Err(refused(
            &format!("nobody can tell that a component is {}", state.name()),
            "operational (as looks show it), degraded_performance, partial_outage or major_outage",
        )),
    }
}

fn early() -> Fault {
    refused("what was learnt is told when it is over", "tell that it is resolved first")
}

async fn find(context: &Context, id: IncidentId) -> Result<Incident, Fault> {
    context.store.incident(&context.scope, id).await?.ok_or_else(|| {
        let hint = "see them with `notafter incident list --all`";
        Fault::new("incident.unknown", format!("there is no incident {id}"), hint)
    })
}

/// Which incidents are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListArgs {
    /// Those that are over, too.
    pub all: bool,
}

/// What the public is told of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// What people tell, the newest first.
    pub incidents: Vec<Incident>,
    /// What looks show now, and nobody tells of.
    pub detected: Vec<Event>,
    /// The components of the page.
    pub components: Vec<Shown>,
    /// How mails about it are sent; nothing where none are.
    pub mails: Option<Mails>,
}

/// What people tell, and what they could.
///
/// # Errors
/// The store failed.
pub(super) async fn list(context: &Context, _: &Actor, args: ListArgs) -> Result<Listing, Fault> {
    let since = context.clock.now() - HISTORY;
    let mut incidents = context.store.incidents_since(&context.scope, since).await?;
    incidents.retain(|incident| args.all || incident.is_open());
    incidents.reverse();
    let page = page(context).await?;
    let detected = page.events.into_iter().filter(|event| event.is_detected && event.is_open()).collect();
    let mails = subscriber::mails(&context.within(Scope::EVERYTHING)).await?;
    Ok(Listing { incidents, detected, components: page.components, mails })
}

/// Which incident is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowArgs {
    /// The incident.
    pub id: IncidentId,
}

/// An incident with everything that was told of it.
///
/// # Errors
/// There is none; or the store failed.
pub(super) async fn show(context: &Context, _: &Actor, args: ShowArgs) -> Result<Incident, Fault> {
    find(context, args.id).await
}

/// What is known of an incident, for those who learn from it: with the endpoints and findings within reach.
///
/// # Errors
/// There is none; or the store failed.
pub(super) async fn report(context: &Context, _: &Actor, args: ShowArgs) -> Result<Report, Fault> {
    let incident = find(context, args.id).await?;
    let facts = Reader::default().read(context).await?;
    let watched = facts.components.iter().flat_map(|component| &component.endpoints);
    let ids: Vec<EndpointId> = watched.map(|endpoint| endpoint.id).collect();
    let endpoints = context.store.endpoints_of(&context.scope, &ids).await?;
    let names = endpoints.iter().map(|endpoint| (endpoint.id, endpoint_name(&endpoint.target))).collect();
    Ok(status_page::report(&facts, &incident, &names, context.clock.now()))
}
