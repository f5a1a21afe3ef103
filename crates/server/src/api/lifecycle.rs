//! What is done with a lineage by hand: renew, deploy, go back, revoke. The answer waits for what came of it, five minutes
//! at most; what is left goes on in the server.

use notafter_engine::operate::lifecycle::{
    self as engine, Attempt, DeploymentSummary, LeftOut, NotTried, Outcome, RollBack, VersionSummary,
};
use notafter_inventory::model::LineageId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::One;
use super::call::{Call, call};
use super::lineages::At;
use super::request::{Asked, Json, Nothing};
use super::view::{Instant, Proof, Step, words};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static RENEW: Call = call!("renew-lineage", "Renews a lineage, if it is due", renew, [CONFLICT]);
pub(crate) static DEPLOY: Call =
    call!("deploy-lineage", "Installs the present version again, at every place", deploy, [CONFLICT]);
pub(crate) static ROLL_BACK: Call =
    call!("roll-back-lineage", "Goes back to an earlier version", roll_back, [CONFLICT]);
pub(crate) static REVOKE: Call = call!(
    "revoke-lineage",
    "Revokes the present version at its CA, and renews",
    revoke,
    [CONFLICT, UNPROCESSABLE_ENTITY]
);

/// A renewal.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RenewWish {
    /// Also where it is not due.
    #[serde(default)]
    force: bool,
    /// Never use the present key again.
    #[serde(default)]
    block_key: bool,
}

/// A way back.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RollBackWish {
    /// The version (`vr_...`); the one before the present one where it is left out.
    to: Option<String>,
}

/// A revocation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RevokeWish {
    /// Why (RFC 5280 section 5.3.1).
    reason: Reason,
    /// Prove the right to revoke by the certificate's own key instead of the account.
    #[serde(default)]
    with_certificate_key: bool,
}

/// Why a certificate is revoked.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Reason {
    /// No reason is given.
    Unspecified,
    /// Somebody else has the key, or may have it.
    KeyCompromise,
    /// The names in it are somebody else's.
    AffiliationChanged,
    /// Another certificate takes its place.
    Superseded,
    /// It is not used any more.
    CessationOfOperation,
}

/// What came of it.
#[derive(Serialize, JsonSchema)]
struct CameOf {
    /// The lineage's name.
    lineage: String,
    /// How it ended.
    ending: Ending,
    /// Whether the present version came from this call.
    renewed: bool,
    /// The present version.
    version: Option<PresentVersion>,
    /// The latest deployment to each place.
    deployments: Vec<LatestDeployment>,
    /// Attempts that failed meanwhile.
    failures: Vec<FailedMeanwhile>,
    /// What happened on the way that a person should know.
    remarks: Vec<String>,
    /// What is left out of its certificate, where something is.
    left_out: Option<NamesLeftOut>,
    /// Why nothing was ordered, where a renewal was asked for.
    not_tried: Option<NothingOrdered>,
    /// When the next renewal is, and why.
    next: Vec<String>,
}

words! {
    /// How it ended.
    Ending = engine::Ending {
        /// Everything is as it should be.
        Done,
        /// It goes on by itself.
        Waiting,
        /// It failed; the old pair is served, and the next try is planned.
        Failed,
    }
}

words! {
    /// Why nothing was ordered.
    NotTriedFor = engine::NotTriedFor {
        /// Nothing is due.
        NotDue,
        /// It is due, and waits after an earlier failure, or for a limit of the CA.
        Held,
    }
}

/// The present version.
#[derive(Serialize, JsonSchema)]
struct PresentVersion {
    /// Identity.
    id: String,
    /// SHA-256 of its certificate.
    fingerprint: String,
    /// Its first instant.
    not_before: Instant,
    /// Its last instant.
    not_after: Instant,
    /// Whether it is revoked.
    revoked: bool,
}

/// The latest deployment to a place.
#[derive(Serialize, JsonSchema)]
struct LatestDeployment {
    /// The place's name.
    place: String,
    /// How far it is.
    step: Step,
    /// What each address serves.
    proofs: Vec<Proof>,
    /// The last thing that was done.
    last: Option<String>,
    /// Whether that worked.
    ok: bool,
    /// Whether it was installed by this call.
    installed: bool,
    /// Whether there is an endpoint that could prove it.
    provable: bool,
    /// What is missing for it to be proven.
    hint: Option<String>,
}

/// An attempt that failed.
#[derive(Serialize, JsonSchema)]
struct FailedMeanwhile {
    /// When.
    at: Instant,
    /// The catalogue's code.
    code: String,
    /// What happened.
    message: String,
    /// What to do.
    hint: String,
}

/// Identifiers that wait for a certificate of their own.
#[derive(Serialize, JsonSchema)]
struct NamesLeftOut {
    /// Which.
    identifiers: Vec<String>,
    /// The lineage in which they wait.
    lineage: Option<String>,
    /// What to do.
    hint: String,
}

/// Why nothing was ordered.
#[derive(Serialize, JsonSchema)]
struct NothingOrdered {
    /// The kind of reason.
    reason: NotTriedFor,
    /// Until when.
    until: Instant,
    /// What orders all the same.
    hint: String,
}

type Acted = Result<One<CameOf>, Refusal>;

async fn renew(visit: Visit, asked: Asked<At, Nothing, Json<RenewWish>>) -> Acted {
    let lineage = named(&visit, asked.path.lineage).await?;
    let Json(RenewWish { force, block_key }) = asked.body;
    let wish = engine::Renew { lineage: Some(lineage), force, block_key };
    let outcomes: Vec<Outcome> = operate(&visit, "lifecycle.renew", wish).await?;
    let outcome = outcomes.into_iter().next().ok_or_else(|| Refusal::absent("such lineage"))?;
    Ok(One(outcome.into()))
}

async fn deploy(visit: Visit, asked: Asked<At, Nothing, Json<Nothing>>) -> Acted {
    let lineage = named(&visit, asked.path.lineage).await?;
    acted(&visit, "lifecycle.deploy", engine::Named { lineage }).await
}

async fn roll_back(visit: Visit, asked: Asked<At, Nothing, Json<RollBackWish>>) -> Acted {
    let lineage = named(&visit, asked.path.lineage).await?;
    let Json(RollBackWish { to }) = asked.body;
    acted(&visit, "lifecycle.rollback", RollBack { lineage, to }).await
}

async fn revoke(visit: Visit, asked: Asked<At, Nothing, Json<RevokeWish>>) -> Acted {
    let lineage = named(&visit, asked.path.lineage).await?;
    let Json(RevokeWish { reason, with_certificate_key }) = asked.body;
    let wish = serde_json::json!({
        "lineage": lineage,
        "reason": reason,
        "with_certificate_key": with_certificate_key,
    });
    acted(&visit, "lifecycle.revoke", wish).await
}

async fn acted(visit: &Visit, operation: &'static str, wish: impl Serialize) -> Acted {
    let outcome: Outcome = operate(visit, operation, wish).await?;
    Ok(One(outcome.into()))
}

/// The name, also where it was asked for by its identity.
async fn named(visit: &Visit, asked: String) -> Result<String, Refusal> {
    let Ok(id) = asked.parse::<LineageId>() else { return Ok(asked) };
    let lineage = visit.context.store.lineage(&visit.context.scope, id).await?;
    lineage.map(|lineage| lineage.name).ok_or_else(|| Refusal::absent("such lineage"))
}

impl From<Outcome> for CameOf {
    fn from(outcome: Outcome) -> Self {
        Self {
            lineage: outcome.lineage,
            ending: outcome.ending.into(),
            renewed: outcome.renewed,
            version: outcome.version.map(PresentVersion::from),
            deployments: outcome.deployments.into_iter().map(LatestDeployment::from).collect(),
            failures: outcome.failures.into_iter().map(FailedMeanwhile::from).collect(),
            remarks: outcome.remarks,
            left_out: outcome.left_out.map(NamesLeftOut::from),
            not_tried: outcome.not_tried.map(NothingOrdered::from),
            next: outcome.next,
        }
    }
}

impl From<VersionSummary> for PresentVersion {
    fn from(VersionSummary { id, fingerprint, not_before, not_after, revoked, .. }: VersionSummary) -> Self {
        Self {
            id: id.to_string(),
            fingerprint: fingerprint.to_string(),
            not_before: not_before.into(),
            not_after: not_after.into(),
            revoked,
        }
    }
}

impl From<DeploymentSummary> for LatestDeployment {
    fn from(summary: DeploymentSummary) -> Self {
        Self {
            place: summary.place,
            step: summary.step.into(),
            proofs: summary.proofs.iter().map(Proof::from).collect(),
            last: summary.last,
            ok: summary.ok,
            installed: summary.installed,
            provable: summary.provable,
            hint: summary.hint,
        }
    }
}

impl From<Attempt> for FailedMeanwhile {
    fn from(Attempt { at, code, message, hint }: Attempt) -> Self {
        Self { at: at.into(), code, message, hint }
    }
}

impl From<LeftOut> for NamesLeftOut {
    fn from(LeftOut { identifiers, lineage, hint }: LeftOut) -> Self {
        let identifiers = identifiers.iter().map(ToString::to_string).collect();
        Self { identifiers, lineage, hint }
    }
}

impl From<NotTried> for NothingOrdered {
    fn from(NotTried { reason, until, hint }: NotTried) -> Self {
        Self { reason: reason.into(), until: until.into(), hint }
    }
}
