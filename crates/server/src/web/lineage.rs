//! One lineage: when it is renewed and why, where it is installed and proved, its versions; renew, go back, revoke.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_acme::client::revoke::Reason;
use notafter_cert::{Span, Time};
use notafter_engine::operate::lifecycle::{Revoke, Since};
use notafter_engine::operate::ping;
use notafter_engine::operate::status::{
    DeploymentRow, Issuance, LineageStatus, ServedRow, VersionRow, WatchedFiles,
};
use notafter_inventory::model::{AddressProof, EndpointId, Ping, ProofState, Step, VersionId};
use notafter_inventory::plan::renew::{FailedCause, known_below};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{Asked, Filled};
use super::outcome::{self, Said};
use super::part::LabelView;
use super::{Frame, NeedView, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// What was asked for so long ago is not told of any more, whoever loads the page.
const REMEMBERED: Span = Span::hours(1);

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
    issuance: Option<String>,
    /// When it is renewed next, and why then.
    next: Option<String>,
    failures: Vec<FailureView>,
    /// Everything else that this rests on.
    more: Vec<String>,
    pings: Option<PingsView>,
    deployments: Vec<DeploymentView>,
    earlier: Vec<EarlierView>,
    watched: Option<WatchedView>,
    versions: Vec<VersionView>,
    revocable: Option<RevocableView>,
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

/// What attempts failed for.
struct FailureView {
    what: String,
    when: String,
    hint: String,
}

/// What somebody else keeps fresh, and where it is served.
struct WatchedView {
    file: String,
    holds: String,
    served: Vec<ServedView>,
}

struct ServedView {
    class: &'static str,
    id: EndpointId,
    name: String,
    serves: String,
}

/// A deployment that another one took over from.
struct EarlierView {
    what: String,
    proofs: Vec<String>,
}

struct DeploymentView {
    class: &'static str,
    place: String,
    /// The certificate, where its version is still known.
    fingerprint: Option<String>,
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
    /// When that was asked for: microseconds since 1970.
    since: Option<i64>,
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
    Asked(done): Asked<Done>,
) -> Page {
    let said = said(&visit, &lineage, done).await?;
    written(&shown(&visit, &lineage, said).await?)
}

async fn shown(visit: &Visit, lineage: &str, said: Option<Said>) -> Result<Lineage, Refusal> {
    let status: LineageStatus = operate(visit, "status.lineage", json!({ "lineage": lineage })).await?;
    let at = status.at;
    let mut renewal = status.renewal.iter().cloned();
    let mut needs = status.needs.clone();
    for need in &mut needs {
        if let Some(hint) = known_below(&need.code, &status.failed) {
            need.hint = hint;
        }
    }
    Ok(Lineage {
        frame: Frame::of(visit, "/lineages"),
        said,
        revocable: status.revocable().map(revocable),
        managed: status.is_managed(),
        id: status.id.to_string(),
        identifiers: status.identifiers.join(", "),
        labels: LabelView::all("/lineages", &status.labels),
        needs: needs.into_iter().map(NeedView::here).collect(),
        issuance: status.issuance.as_ref().map(Issuance::words),
        next: renewal.next(),
        more: renewal.collect(),
        failures: status.failed.iter().map(failure).collect(),
        pings: ping::of(&visit.context, status.id).await?.map(pings),
        deployments: present(&status).map(|row| deployment(&status, row)).collect(),
        earlier: earlier(&status).map(|row| replaced(&status, row)).collect(),
        versions: status.versions.iter().map(|row| version(row, at)).collect(),
        owner: status.owner,
        renewer: status.renewer,
        watched: status.watched.map(watched),
        name: status.name,
    })
}

fn present(status: &LineageStatus) -> impl Iterator<Item = &DeploymentRow> {
    status.deployments.iter().filter(|row| !row.is_earlier)
}

fn earlier(status: &LineageStatus) -> impl Iterator<Item = &DeploymentRow> {
    status.deployments.iter().filter(|row| row.is_earlier)
}

fn failure(cause: &FailedCause) -> FailureView {
    FailureView { what: cause.message.clone(), when: cause.when(), hint: cause.hint.clone() }
}

fn watched(files: WatchedFiles) -> WatchedView {
    let known = files.fingerprint;
    let served = files.served.into_iter().map(|ServedRow { id, name, leaves }| {
        let (class, serves) = match (leaves.as_slice(), known) {
            ([], _) => ("unknown", "no certificate was seen there yet".to_owned()),
            ([one], Some(known)) if *one == known => ("ok", format!("serves it ({})", one.short())),
            (several, _) => {
                let short: Vec<String> = several.iter().map(notafter_cert::Fingerprint::short).collect();
                ("warning", format!("serves {}", short.join(", ")))
            }
        };
        ServedView { class, id, name, serves }
    });
    WatchedView {
        file: files.chain_file,
        holds: match known {
            Some(leaf) => format!("holds certificate {}", leaf.short()),
            None => "was not read yet".to_owned(),
        },
        served: served.collect(),
    }
}

fn pings(row: ping::Row) -> PingsView {
    PingsView {
        expected: format!("Its job is to ping every {}, with {} of grace.", row.every, row.grace),
        recent: row.recent.iter().rev().map(Ping::for_people).collect(),
        url: row.url,
    }
}

/// What came of what was asked for a moment ago; nothing where that is long over, or nothing was.
async fn said(visit: &Visit, lineage: &str, done: Done) -> Result<Option<Said>, Refusal> {
    let (Done { done: Some(what), since: Some(since) }, now) = (done, visit.context.clock.now()) else {
        return Ok(None);
    };
    let since = Time::from_micros(since);
    if now.since(since) > REMEMBERED || since > now {
        return Ok(None);
    }
    let words = match what.as_str() {
        "renewed" => outcome::renewed,
        "went-back" => outcome::went_back,
        "revoked" => outcome::revoked,
        _ => return Ok(None),
    };
    let wish = Since { lineage: lineage.to_owned(), since };
    Ok(Some(words(operate(visit, "lifecycle.outcome", wish).await?)))
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
    let since = visit.context.clock.now();
    let args = json!({ "lineage": lineage, "force": true, "block_key": false });
    let _: Value = operate(&visit, "lifecycle.renew", args).await?;
    Ok(back(&lineage, "renewed", since))
}

/// Installs an earlier version again.
pub(crate) async fn roll_back(
    Extension(visit): Extension<Visit>,
    Path(lineage): Path<String>,
    Filled(To { to }): Filled<To>,
) -> Result<Redirect, Refusal> {
    let since = visit.context.clock.now();
    let _: Value = operate(&visit, "lifecycle.rollback", json!({ "lineage": lineage, "to": to })).await?;
    Ok(back(&lineage, "went-back", since))
}

/// Revokes the version that the form was about.
pub(crate) async fn revoke(
    Extension(visit): Extension<Visit>,
    Path(lineage): Path<String>,
    Filled(Revoking { version, reason, understood, with_certificate_key }): Filled<Revoking>,
) -> Result<Redirect, Refusal> {
    let since = visit.context.clock.now();
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
    let _: Value = operate(&visit, "lifecycle.revoke", wish).await?;
    Ok(back(&lineage, "revoked", since))
}

fn back(lineage: &str, done: &str, since: Time) -> Redirect {
    let name = askama::filters::urlencode(lineage).map_or_else(|_| String::new(), |name| name.to_string());
    Redirect::to(&format!("/lineages/{name}?done={done}&since={}", since.as_micros()))
}

/// Short, where its version is still known.
fn fingerprint(status: &LineageStatus, row: &DeploymentRow) -> Option<String> {
    let version = status.versions.iter().find(|version| version.id == row.version)?;
    Some(version.fingerprint.short())
}

fn replaced(status: &LineageStatus, row: &DeploymentRow) -> EarlierView {
    let which = fingerprint(status, row)
        .map_or_else(|| "a version that is gone".to_owned(), |short| format!("certificate {short}"));
    EarlierView {
        what: format!("{}, {which}: {}", row.place, row.standing().past()),
        proofs: row.proofs.iter().map(AddressProof::past).collect(),
    }
}

fn deployment(status: &LineageStatus, row: &DeploymentRow) -> DeploymentView {
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
        fingerprint: fingerprint(status, row),
        state: row.standing().words(status.at),
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
        ends: row.not_after.with_distance(at),
        state: row.words(),
        fingerprint: row.fingerprint.short(),
        can_roll_back: row.can_roll_back,
    }
}
