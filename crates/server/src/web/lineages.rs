//! Every lineage, the one that ends first at the top.

use askama::Template;
use axum::extract::Extension;
use notafter_cert::Time;
use notafter_engine::operate::status::{self, LineageRow, LineageRows};

use super::fields::Asked;
use super::part::{Part, ROWS, Wish};
use super::{Frame, Page, written};
use crate::auth::Visit;

#[derive(Template)]
#[template(path = "lineages.html")]
struct Lineages {
    frame: Frame,
    page: Part,
    rows: Vec<Row>,
}

struct Row {
    class: &'static str,
    name: String,
    ends: String,
    next: String,
    issuer: String,
    renewer: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(wish): Asked<Wish>) -> Page {
    let LineageRows { at, rows, .. } = &*status::kept(&visit.context).await?;
    let label = wish.label();
    let is_chosen = |row: &&LineageRow| label.is_none_or(|label| label.is_among(&row.labels));
    let chosen: Vec<&LineageRow> =
        rows.iter().filter(|row| wish.finds(&row.name)).filter(is_chosen).collect();
    let page = Part::of(&wish.path("/lineages"), &wish, chosen.len());
    let rows = chosen.into_iter().skip(wish.from).take(ROWS).map(|lineage| row(lineage, *at)).collect();
    written(&Lineages { frame: Frame::of(&visit, "/lineages"), page, rows })
}

fn row(row: &LineageRow, at: Time) -> Row {
    let class = match row.ends {
        Some(end) if end <= at => "critical",
        _ if row.failures > 0 => "warning",
        _ => "",
    };
    let next = match row.next_renewal {
        _ if row.ordering => "an order is under way".to_owned(),
        Some(next) if next <= at => format!("renewal now: {}", row.why),
        Some(next) => format!("renewal {} (in {}): {}", next.for_people(), next.since(at), row.why),
        None if row.renewer == "notafter" => row.why.clone(),
        None => "watched".to_owned(),
    };
    let failed = match (row.failures, &row.runway) {
        (0, _) => String::new(),
        (number, Some(runway)) => format!("; {number} failed, {runway}"),
        (number, None) => format!("; {number} failed"),
    };
    Row {
        class,
        ends: row.ends.map_or_else(|| "none yet".to_owned(), |end| end.with_distance(at)),
        next: next + &failed,
        issuer: match (&row.issuer, row.key) {
            (Some(issuer), Some(key)) => format!("{issuer}, {key}"),
            (Some(issuer), None) => issuer.clone(),
            (None, _) => "not known here".to_owned(),
        },
        name: row.name.clone(),
        renewer: row.renewer.clone(),
    }
}
