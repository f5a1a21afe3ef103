//! Every endpoint, with the worst that is known of it.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Extension;
use notafter_cert::Time;
use notafter_inventory::code::endpoint_name;
use notafter_inventory::model::{EndpointId, Severity, Subject};
use notafter_store::{EndpointRow, Standing};

use super::fields::{Asked, chosen};
use super::part::{Part, Wish};
use super::{Frame, Page, class, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "endpoints.html")]
struct Endpoints {
    frame: Frame,
    page: Part,
    chosen: Option<Standing>,
    rows: Vec<Row>,
}

struct Row {
    class: &'static str,
    id: EndpointId,
    target: String,
    state: String,
    addresses: u64,
    looked_at: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(wish): Asked<Wish>) -> Page {
    let context = &visit.context;
    let chosen = chosen("state", &wish.state, wish.standing())?;
    let wanted = notafter_store::Endpoints { label: wish.label(), standing: chosen };
    let listed = context.store.list_endpoints(&context.scope, wanted, &wish.part()).await?;
    let subject = |row: &EndpointRow| Subject::Endpoint(row.endpoint.id);
    let amiss: Vec<Subject> =
        listed.rows.iter().filter(|row| row.standing > Standing::Sound).map(subject).collect();
    let mut worst: HashMap<EndpointId, (Severity, String)> = HashMap::new();
    for finding in context.store.findings_open_among(&context.scope, &amiss).await? {
        let Subject::Endpoint(id) = finding.violation.subject else { continue };
        let severity = finding.violation.severity;
        if worst.get(&id).is_none_or(|(known, _)| *known < severity) {
            worst.insert(id, (severity, finding.violation.text));
        }
    }
    let page = Part::of(&wish.path("/endpoints"), &wish, usize::try_from(listed.all).unwrap_or(usize::MAX));
    let rows = listed.rows.into_iter().map(|row| {
        let worst = worst.remove(&row.endpoint.id);
        view(&row, worst)
    });
    let rows = rows.collect();
    written(&Endpoints { frame: Frame::of(&visit, "/endpoints"), page, chosen, rows })
}

fn view(row: &EndpointRow, worst: Option<(Severity, String)>) -> Row {
    let state = match (worst, row.standing) {
        (Some((severity, text)), _) => format!("{severity}: {text}"),
        (None, Standing::NotLookedAt) => "nobody has looked yet".to_owned(),
        (None, standing) => standing.severity().to_string(),
    };
    Row {
        class: class(row.standing.severity()),
        id: row.endpoint.id,
        target: endpoint_name(&row.endpoint.target),
        state,
        addresses: row.addresses,
        looked_at: row.looked_at.map_or_else(|| "never".to_owned(), Time::for_people),
    }
}

/// The one that an address names.
pub(super) fn parse(id: &str) -> Result<EndpointId, Refusal> {
    id.parse().map_err(|_| Refusal::absent("such endpoint"))
}
