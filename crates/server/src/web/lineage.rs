//! One lineage: when it is renewed and why, where it is installed and proved, its versions; renew, go back, revoke.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Redirect, Response};
use notafter_acme::client::revoke::Reason;
use notafter_cert::Time;
use notafter_engine::operate::lifecycle::{Ending, Outcome, Revoke};
use notafter_engine::operate::ping;
use notafter_engine::operate::status::{DeploymentRow, LineageStatus, VersionRow};
use notafter_inventory::model::{AddressProof, Ping, ProofState, Step, VersionId};
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
    said: Option<Said>,
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
    revocable: Option<RevocableView>,
}

/// What was done just now.
struct Said {
    class: &'static str,
    lines: Vec<String>,
}

/// The version that can be revoked.
struct RevocableView {
    id: VersionId,
    obtained: String,
    fingerprint: String,
    reasons: [Reason; 5],
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

/// What the form about revocation carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Revoking {
    version: VersionId,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    understood: Option<Yes>,
    #[serde(default)]
    with_certificate_key: Option<Yes>,
}

/// A box that is ticked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Yes {
    /// It is.
    Yes,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Path(lineage): Path<String>,
    Asked(Done { done }): Asked<Done>,
) -> Page {
    let said = done.as_deref().and_then(said);
    written(&shown(&visit, &lineage, said).await?)
}

async fn shown(visit: &Visit, lineage: &str, said: Option<Said>) -> Result<Lineage, Refusal> {
    let status: LineageStatus = operate(visit, "status.lineage", json!({ "lineage": lineage })).await?;
    let at = status.at;
    Ok(Lineage {
        frame: Frame::of(visit, "/lineages"),
        said,
        revocable: status.revocable().map(revocable),
        managed: status.is_managed(),
        id: status.id.to_string(),
        identifiers: status.identifiers.join(", "),
        owner: status.owner,
        labels: LabelView::all("/lineages", &status.labels),
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
    PingsView {
        expected: format!("Its job is to ping every {}, with {} of grace.", row.every, row.grace),
        recent: row.recent.iter().rev().map(Ping::for_people).collect(),
        url: row.url,
    }
}

fn said(done: &str) -> Option<Said> {
    let text = match done {
        "renewed" => "The renewal was carried out; below is how it stands.",
        "went-back" => "The earlier version is being installed; below is how it stands.",
        _ => return None,
    };
    Some(Said { class: "", lines: vec![text.to_owned()] })
}

/// What came of a revocation: what was revoked where, what went wrong since, and how it goes on.
fn revoked(outcome: Outcome) -> Said {
    let (class, ending) = match outcome.ending {
        Ending::Done => ("ok", "Another version took its place, and is proven everywhere."),
        Ending::Waiting => ("", "It goes on by itself; below is how it stands."),
        Ending::Failed => ("critical", "Nothing has taken its place yet; below is why, and how it goes on."),
    };
    let mut lines = outcome.remarks;
    lines.extend(outcome.failures.into_iter().map(|failure| failure.message));
    lines.push(ending.to_owned());
    Said { class, lines }
}

fn revocable(row: &VersionRow) -> RevocableView {
    RevocableView {
        id: row.id,
        obtained: row.obtained_at.for_people(),
        fingerprint: row.fingerprint.short(),
        reasons: Reason::ALL,
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

/// Revokes the version that the form was about, and says what came of it.
pub(crate) async fn revoke(
    Extension(visit): Extension<Visit>,
    Path(lineage): Path<String>,
    Filled(Revoking { version, reason, understood, with_certificate_key }): Filled<Revoking>,
) -> Result<Response, Refusal> {
    if reason.is_empty() {
        let what = "no reason was chosen, and nothing was revoked";
        return Err(Refusal::half_filled(what, "go back, and choose why it is revoked"));
    }
    if understood.is_none() {
        let what = "it was not confirmed, and nothing was revoked";
        return Err(Refusal::half_filled(what, "go back, read what it means, and tick the box that says so"));
    }
    let wish = Revoke {
        lineage: lineage.clone(),
        reason,
        with_certificate_key: with_certificate_key.is_some(),
        version: Some(version),
    };
    let outcome: Outcome = operate(&visit, "lifecycle.revoke", wish).await?;
    Ok(written(&shown(&visit, &lineage, Some(revoked(outcome))).await?)?.into_response())
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
