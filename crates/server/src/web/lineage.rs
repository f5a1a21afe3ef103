//! One lineage: when it is renewed and why, where it is installed and proved, its versions; renew, go back.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::Time;
use notafter_engine::operate::ping;
use notafter_engine::operate::status::{DeploymentRow, LineageStatus, VersionRow};
use notafter_inventory::model::{AddressProof, Ping, ProofState, Step, VersionId};
use notafter_inventory::words::one_line;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{Asked, Filled};
use super::part::LabelView;
use super::{Frame, NeedView, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "lineage.html")]
struct Lineage {
    frame: Frame,
    said: Option<&'static str>,
    name: String,
    id: String,
    identifiers: String,
    owner: String,
    labels: Vec<LabelView>,
    renewer: String,
    managed: bool,
    needs: Vec<NeedView>,
    renewal: Vec<String>,
    failures: Vec<String>,
    pings: Option<PingsView>,
    deployments: Vec<DeploymentView>,
    versions: Vec<VersionView>,
}

/// What the job that looks after it says of itself.
struct PingsView {
    expected: String,
    recent: Vec<String>,
    url: String,
}

struct DeploymentView {
    class: &'static str,
    place: String,
    state: String,
    proofs: Vec<ProofView>,
    hint: Option<String>,
    log: Vec<String>,
}

struct ProofView {
    class: &'static str,
    text: String,
}

struct VersionView {
    id: VersionId,
    obtained: String,
    ends: String,
    state: &'static str,
    fingerprint: String,
    can_roll_back: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct To {
    to: String,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Path(lineage): Path<String>,
    Asked(Done { done }): Asked<Done>,
) -> Page {
    let status: LineageStatus = operate(&visit, "status.lineage", json!({ "lineage": lineage })).await?;
    let at = status.at;
    written(&Lineage {
        frame: Frame::of(&visit, "/lineages"),
        said: done.as_deref().and_then(said),
        id: status.id.to_string(),
        identifiers: status.identifiers.join(", "),
        owner: status.owner,
        labels: LabelView::all("/lineages", &status.labels),
        managed: status.renewer == "notafter",
        renewer: status.renewer,
        needs: status.needs.into_iter().map(NeedView::here).collect(),
        renewal: status.renewal,
        failures: status
            .failures
            .iter()
            .map(|failure| format!("{}: {}", failure.at.for_people(), failure.message))
            .collect(),
        pings: ping::of(&visit.context, status.id).await?.map(pings),
        deployments: status.deployments.iter().map(|row| deployment(row, at)).collect(),
        versions: status.versions.iter().map(|row| version(row, at)).collect(),
        name: status.name,
    })
}

fn pings(row: ping::Row) -> PingsView {
    let said = |ping: &Ping| {
        let body = one_line(&ping.body, 200);
        let body = if body.is_empty() { body } else { format!(": {body}") };
        format!("{} the job {}, from {}{body}", ping.at.for_people(), ping.says.words(), ping.from)
    };
    PingsView {
        expected: format!("Its job is to ping every {}, with {} of grace.", row.every, row.grace),
        recent: row.recent.iter().rev().map(said).collect(),
        url: row.url,
    }
}

fn said(done: &str) -> Option<&'static str> {
    match done {
        "renewed" => Some("The renewal was carried out; below is how it stands."),
        "went-back" => Some("The earlier version is being installed; below is how it stands."),
        _ => None,
    }
}

/// Renews it now.
pub(crate) async fn renew(
    Extension(visit): Extension<Visit>,
    Path(lineage): Path<String>,
) -> Result<Redirect, Refusal> {
    let args = json!({ "lineage": lineage, "force": true, "block_key": false });
    let _: Value = operate(&visit, "lifecycle.renew", args).await?;
    Ok(back(&lineage, "renewed"))
}

/// Installs an earlier version again.
pub(crate) async fn roll_back(
    Extension(visit): Extension<Visit>,
    Path(lineage): Path<String>,
    Filled(To { to }): Filled<To>,
) -> Result<Redirect, Refusal> {
    let _: Value = operate(&visit, "lifecycle.rollback", json!({ "lineage": lineage, "to": to })).await?;
    Ok(back(&lineage, "went-back"))
}

fn back(lineage: &str, done: &str) -> Redirect {
    let name = askama::filters::urlencode(lineage).map_or_else(|_| String::new(), |name| name.to_string());
    Redirect::to(&format!("/lineages/{name}?done={done}"))
}

fn deployment(row: &DeploymentRow, at: Time) -> DeploymentView {
    let next = match row.next_at {
        Some(next) if next > at && row.closed_at.is_none() => format!(", again in {}", next.since(at)),
        _ => String::new(),
    };
    let class = match row.step {
        Step::Proven | Step::Retired => "ok",
        Step::Restored => "critical",
        Step::Superseded => "",
        Step::Issued | Step::Staged | Step::Validated | Step::Activated => "warning",
    };
    let mut proofs: Vec<ProofView> = row.proofs.iter().map(proof).collect();
    proofs.extend(row.unresolved.iter().map(|text| ProofView { class: "unknown", text: text.clone() }));
    let log = row.log.iter().map(|step| {
        format!("{} {}{}", step.at.for_people(), step.what, if step.ok { "" } else { " (failed)" })
    });
    DeploymentView {
        class,
        place: row.place.clone(),
        state: format!("{} since {}{next}", row.step.words(), row.opened_at.for_people()),
        proofs,
        hint: row.hint.clone(),
        log: log.collect(),
    }
}

fn proof(proof: &AddressProof) -> ProofView {
    let class = match proof.state {
        ProofState::Proven => "ok",
        ProofState::Pending => "unknown",
        ProofState::Stale | ProofState::Unreachable => "warning",
        ProofState::Worse => "critical",
    };
    let seen = proof.at.map(|seen| format!(", seen {}", seen.for_people())).unwrap_or_default();
    let detail = if proof.detail.is_empty() { String::new() } else { format!(": {}", proof.detail) };
    let place = proof.place();
    ProofView { class, text: format!("{place}: {}{seen}{detail}", proof.state.words()) }
}

fn version(row: &VersionRow, at: Time) -> VersionView {
    VersionView {
        id: row.id,
        obtained: row.obtained_at.for_people(),
        ends: row.not_after.as_end(at),
        state: row.words(),
        fingerprint: row.fingerprint.short(),
        can_roll_back: row.can_roll_back,
    }
}
