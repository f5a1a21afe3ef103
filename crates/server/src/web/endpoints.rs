//! Every endpoint, with the worst that is known of it.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Extension;
use notafter_inventory::model::{Endpoint, EndpointId, Severity, Subject};
use notafter_store::EndpointState;

use super::fields::Asked;
use super::part::{Part, ROWS, Wish};
use super::{Frame, Page, class, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "endpoints.html")]
struct Endpoints {
    frame: Frame,
    page: Part,
    rows: Vec<Row>,
}

struct Row {
    class: &'static str,
    id: EndpointId,
    target: String,
    state: String,
    addresses: usize,
    looked_at: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(wish): Asked<Wish>) -> Page {
    let context = &visit.context;
    let mut worst: HashMap<EndpointId, (Severity, String)> = HashMap::new();
    for finding in context.store.findings_open(&context.scope).await? {
        let Subject::Endpoint(id) = finding.violation.subject else { continue };
        let severity = finding.violation.severity;
        if worst.get(&id).is_none_or(|(known, _)| *known < severity) {
            worst.insert(id, (severity, finding.violation.text));
        }
    }
    let mut endpoints = context.store.endpoints(&context.scope).await?;
    endpoints.retain(|endpoint| wish.finds(&endpoint.target.to_string()));
    let severity = |endpoint: &Endpoint| worst.get(&endpoint.id).map(|(severity, _)| *severity);
    endpoints
        .sort_by_cached_key(|endpoint| (std::cmp::Reverse(severity(endpoint)), endpoint.target.to_string()));
    let page = Part::of("/endpoints", &wish, endpoints.len());
    let mut rows = Vec::new();
    for endpoint in endpoints.into_iter().skip(wish.from).take(ROWS) {
        let state = context.store.endpoint_state(&context.scope, endpoint.id).await?;
        rows.push(row(&endpoint, state.as_ref(), worst.remove(&endpoint.id)));
    }
    written(&Endpoints { frame: Frame::of(&visit, "/endpoints"), page, rows })
}

fn row(endpoint: &Endpoint, state: Option<&EndpointState>, worst: Option<(Severity, String)>) -> Row {
    let (severity, text) = match (worst, state) {
        (Some((severity, text)), _) => (severity, format!("{severity}: {text}")),
        (None, Some(_)) => (Severity::Ok, "OK".to_owned()),
        (None, None) => (Severity::Unknown, "nobody has looked yet".to_owned()),
    };
    Row {
        class: class(severity),
        id: endpoint.id,
        target: endpoint.target.to_string(),
        state: text,
        addresses: state.map_or(0, |state| state.looks.len()),
        looked_at: state.map_or_else(|| "never".to_owned(), |state| state.looked_at.for_people()),
    }
}

/// The one that an address names.
pub(super) fn parse(id: &str) -> Result<EndpointId, Refusal> {
    id.parse().map_err(|_| Refusal::absent("such endpoint"))
}
