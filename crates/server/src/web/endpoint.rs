//! One endpoint: every address side by side, each chain as sent, and what was served before.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::{Certificate, Time};
use notafter_engine::operate::endpoint::{self, Looked, Shown};
use notafter_inventory::check::Link;
use notafter_inventory::code::endpoint_name;
use notafter_store::{Look, LookChange};
use notafter_tls::observation::{Outcome, Possession, Served};
use notafter_tls::{Target, name};
use serde::Deserialize;
use serde_json::json;

use super::chain::LinkView;
use super::fields::Asked;
use super::part::LabelView;
use super::{Frame, NeedView, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// So many changes are shown.
const HISTORY: u32 = 50;

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "endpoint.html")]
struct EndpointPage {
    frame: Frame,
    said: bool,
    target: String,
    id: String,
    owner: String,
    how: String,
    host: String,
    lineages: Vec<String>,
    labels: Vec<LabelView>,
    criticality: String,
    looked_at: String,
    unresolved: Option<String>,
    needs: Vec<NeedView>,
    addresses: Vec<AddressView>,
    history: Vec<String>,
}

struct AddressView {
    address: String,
    since: String,
    failure: Option<String>,
    facts: String,
    chain: Vec<LinkView>,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Asked(Done { done }): Asked<Done>,
) -> Page {
    let id = super::endpoints::parse(&id)?;
    let context = &visit.context;
    let absent = || Refusal::absent("such endpoint");
    let Shown { endpoint, owner, at, state, chains, lineages, needs } =
        endpoint::show(context, id).await?.ok_or_else(absent)?;
    let unresolved =
        state.as_ref().and_then(|state| state.resolution.as_ref().err().map(ToString::to_string));
    let looked_at = state.as_ref().map_or_else(
        || "nobody has looked yet".to_owned(),
        |state| format!("last looked at {}", state.looked_at.for_people()),
    );
    let looks = state.map(|state| state.looks).unwrap_or_default();
    let changes = context.store.look_changes(&context.scope, id, None, HISTORY).await?;
    written(&EndpointPage {
        frame: Frame::of(&visit, "/endpoints"),
        said: done.as_deref() == Some("looked"),
        target: endpoint_name(&endpoint.target),
        how: how(&endpoint.target),
        host: endpoint.target.expected_name().to_string(),
        lineages,
        id: id.to_string(),
        owner,
        labels: LabelView::all("/endpoints", &endpoint.labels),
        criticality: format!(
            "{}; looked at every {} or oftener",
            endpoint.criticality_for_people(),
            endpoint.criticality.longest_interval()
        ),
        looked_at,
        unresolved,
        needs: needs.into_iter().map(NeedView::here).collect(),
        addresses: looks.iter().zip(&chains).map(|(look, chain)| address(look, chain, at)).collect(),
        history: changes.iter().map(changed).collect(),
    })
}

/// How it is asked: what is sent as the server's name, and how TLS begins.
fn how(target: &Target) -> String {
    let sni = match target.server_name() {
        Some(name) => format!("SNI {name}"),
        None => "no SNI".to_owned(),
    };
    match target.starttls {
        Some(protocol) => format!("{sni}; STARTTLS in {}", protocol.name()),
        None => format!("{sni}; TLS from the first byte"),
    }
}

/// Looks at it now.
pub(crate) async fn look(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Redirect, Refusal> {
    let id = super::endpoints::parse(&id)?;
    let _: Looked = operate(&visit, "endpoint.look", json!({ "endpoints": [id] })).await?;
    Ok(Redirect::to(&format!("/endpoints/{id}?done=looked")))
}

fn address(look: &Look, chain: &[Link], now: Time) -> AddressView {
    let view = AddressView {
        address: look.observation.address.to_string(),
        since: look.since.for_people(),
        failure: None,
        facts: String::new(),
        chain: Vec::new(),
    };
    match &look.observation.outcome {
        Outcome::Failed(failure) => AddressView { failure: Some(failure.detail.clone()), ..view },
        Outcome::Served(served) => AddressView {
            failure: served.incomplete.as_ref().map(|failure| failure.detail.clone()),
            facts: facts(served),
            chain: LinkView::all(chain, now),
            ..view
        },
    }
}

fn facts(served: &Served) -> String {
    let possession = match served.possession {
        Possession::Proven => "holds the key",
        Possession::Unchecked => "did not show that it holds the key",
        Possession::Wrong => "does not hold the key",
    };
    format!("{}, {}; {possession}", name::version(served.version), name::suite(served.suite))
}

fn changed(change: &LookChange) -> String {
    let what = match change.observation.as_ref().map(|seen| &seen.outcome) {
        None => "the name does not lead there any more".to_owned(),
        Some(Outcome::Failed(failure)) => failure.detail.clone(),
        Some(Outcome::Served(served)) => match served.chain.first().map(|der| Certificate::parse(der)) {
            Some(Ok(leaf)) => format!(
                "{} by {}, until {} ({})",
                leaf.shown_name(),
                leaf.issuer_name(),
                leaf.not_after().for_people(),
                leaf.fingerprint().short()
            ),
            Some(Err(error)) => error.to_string(),
            None => "an empty chain".to_owned(),
        },
    };
    format!("{} {}: {what}", change.at.for_people(), change.address)
}
