//! One endpoint: every address side by side, each chain as sent, and what was served before.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::{Certificate, Time};
use notafter_engine::operate::endpoint::Looked;
use notafter_engine::operate::status::needs;
use notafter_inventory::code::endpoint_name;
use notafter_inventory::model::Subject;
use notafter_store::{Look, LookChange};
use notafter_tls::name;
use notafter_tls::observation::{Outcome, Possession, Served};
use serde::Deserialize;
use serde_json::json;

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

struct LinkView {
    subject: String,
    issuer: String,
    ends: String,
    fingerprint: String,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Asked(Done { done }): Asked<Done>,
) -> Page {
    let id = super::endpoints::parse(&id)?;
    let context = &visit.context;
    let (store, scope) = (&context.store, &context.scope);
    let endpoint = store.endpoint(scope, id).await?.ok_or_else(|| Refusal::absent("such endpoint"))?;
    let owner = store.owner(scope, endpoint.owner_id).await?;
    let findings = store.findings_open_of(scope, &Subject::Endpoint(id)).await?;
    let state = store.endpoint_state(scope, id).await?;
    let now = context.clock.now();
    let unresolved =
        state.as_ref().and_then(|state| state.resolution.as_ref().err().map(ToString::to_string));
    let looked_at = state.as_ref().map_or_else(
        || "nobody has looked yet".to_owned(),
        |state| format!("last looked at {}", state.looked_at.for_people()),
    );
    let looks = state.map(|state| state.looks).unwrap_or_default();
    let changes = store.look_changes(scope, id, None, HISTORY).await?;
    written(&EndpointPage {
        frame: Frame::of(&visit, "/endpoints"),
        said: done.as_deref() == Some("looked"),
        target: endpoint_name(&endpoint.target),
        id: id.to_string(),
        owner: owner.map_or_else(|| endpoint.owner_id.to_string(), |owner| owner.name),
        labels: LabelView::all("/endpoints", &endpoint.labels),
        criticality: format!(
            "{}; looked at every {} or oftener",
            endpoint.criticality_for_people(),
            endpoint.criticality.longest_interval()
        ),
        looked_at,
        unresolved,
        needs: needs(context, findings).await?.into_iter().map(NeedView::here).collect(),
        addresses: looks.iter().map(|look| address(look, now)).collect(),
        history: changes.iter().map(changed).collect(),
    })
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

fn address(look: &Look, now: Time) -> AddressView {
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
            chain: served.chain.iter().map(|der| link(der, now)).collect(),
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

fn link(der: &[u8], now: Time) -> LinkView {
    match Certificate::parse(der) {
        Ok(certificate) => LinkView {
            subject: certificate.shown_name(),
            issuer: certificate.issuer_name().to_owned(),
            ends: certificate.not_after().as_end(now),
            fingerprint: certificate.fingerprint().short(),
        },
        Err(error) => LinkView {
            subject: "not a certificate".to_owned(),
            issuer: "nobody".to_owned(),
            ends: error.to_string(),
            fingerprint: notafter_cert::Fingerprint::of(der).short(),
        },
    }
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
