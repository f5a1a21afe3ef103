//! How an attempt ends: a version with its deployments, or a failure on record; each in one transaction.

use notafter_acme::client::order::Issued;
use notafter_cert::{Certificate, Identifier, path};
use notafter_inventory::ledger::charges_of_failure;
use notafter_inventory::model::{
    Actor, AttemptFailure, FailureClass, Lineage, Order, OrderId, Origin, Place, Subject, Version,
    VersionState,
};
use notafter_inventory::plan::renew::{note_failure, note_success};
use notafter_store::{Change, Lease, TaskSubject};
use serde_json::json;

use super::drive::{Under, put};
use super::{Case, KIND, Step, challenges};
use crate::context::Context;
use crate::operate::Fault;
use crate::tasks::deploy;

/// The new version is stored, the old one superseded, the order closed, a deployment opened for every place.
pub(super) async fn issued(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    mut under: Under,
    issued: &Issued,
) -> Result<Step, Fault> {
    let now = context.clock.now();
    let leaf = match usable(context, &issued.chain()) {
        Ok(leaf) => leaf,
        Err(failure) => return failed(context, lease, case, Some(under), failure).await,
    };
    challenges::clear(context, &case.spec, &under.flow.challenges()).await;
    let version = Version {
        id: context.new_id(),
        lineage_id: case.lineage.id,
        key_id: Some(under.order.key_id),
        fingerprint: leaf.fingerprint(),
        chain_pem: issued.chain_pem.clone(),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        obtained_at: now,
        origin: Origin::Order { order: under.order.id },
        state: VersionState::Current,
    };
    under.order.closed_at = Some(now);
    under.order.ended = Some("issued".to_owned());
    let mut changes = put(&mut under)?;
    changes.extend(adopt(context, &mut case.lineage, version.clone(), &case.places).await?);
    changes.extend(case.version.take().map(superseded));
    changes.extend(retire(context, &case.lineage, case.spec.keep_versions).await?);
    context.apply(Some(lease), &Actor::Engine, &changes).await?;
    tracing::info!(lineage = %case.lineage.name, until = %version.not_after, "issued");
    Ok(Step::Issued)
}

/// The leaf of a chain that may be installed. The order flow has seen that key and names are the ones ordered; here the
/// chain itself must hold now: what is not valid yet or whose signatures are wrong would take the service down. A root
/// that is not among the installation's anchors is not the CA's fault: endpoints may be judged by anchors of their own.
fn usable(context: &Context, ders: &[Vec<u8>]) -> Result<Certificate, AttemptFailure> {
    let refused = |why: String| AttemptFailure {
        at: context.clock.now(),
        class: FailureClass::Ca,
        code: "acme.unusable-chain".to_owned(),
        message: format!("the CA issued a chain that cannot be used: {why}"),
        identifiers: Vec::new(),
        retry_after: None,
    };
    let chain = path::Chain::read(ders).map_err(|error| refused(error.to_string()))?;
    let judgement = path::judge(&chain, context.judge.anchors(), context.clock.now());
    let fatal = judgement.problems.iter().find_map(|problem| match &problem.fault {
        path::Fault::Expired => Some("a certificate in it has expired"),
        path::Fault::NotYetValid => {
            Some("a certificate in it is not valid yet (is this machine's clock right?)")
        }
        path::Fault::BadSignature => Some("a signature in it is wrong"),
        path::Fault::Refused(_) => Some("it breaks a rule of RFC 5280 section 6"),
        path::Fault::IssuerMissing
        | path::Fault::UntrustedRoot
        | path::Fault::SelfSigned
        | path::Fault::UnknownSignature => None,
    });
    match fatal {
        Some(why) => Err(refused(why.to_owned())),
        None => Ok(chain.leaf().clone()),
    }
}

/// Makes a version the current one, and opens a deployment to every place.
async fn adopt(
    context: &Context,
    lineage: &mut Lineage,
    version: Version,
    places: &[Place],
) -> Result<Vec<Change>, Fault> {
    note_success(&mut lineage.renewal);
    lineage.current = Some(version.id);
    let mut changes = vec![
        Change::Event {
            kind: "notafter.version.issued.v1".to_owned(),
            subject: Subject::Lineage(lineage.id),
            data: json!({ "version": version.id, "fingerprint": version.fingerprint, "not_after": version.not_after }),
        },
        Change::PutVersion(version.clone()),
        Change::PutLineage(lineage.clone()),
    ];
    changes.extend(deploy::open(context, &version, places, false).await?);
    Ok(changes)
}

/// Makes a version that came from elsewhere the current one; what was current is superseded.
///
/// # Errors
/// The store failed.
pub async fn import_version(
    context: &Context,
    lineage: &mut Lineage,
    version: Version,
) -> Result<Vec<Change>, Fault> {
    let old = match lineage.current {
        Some(id) => context.store.version(&context.scope, id).await?,
        None => None,
    };
    let places = context.store.places_of(&context.scope, lineage.id).await?;
    let mut changes = adopt(context, lineage, version, &places).await?;
    changes.extend(old.map(superseded));
    Ok(changes)
}

fn superseded(old: Version) -> Change {
    let state =
        if old.state == VersionState::Revoked { VersionState::Revoked } else { VersionState::Superseded };
    Change::PutVersion(Version { state, ..old })
}

/// Versions past the number that is kept lose their keys; rows and certificates stay as history.
async fn retire(context: &Context, lineage: &Lineage, keep: u32) -> Result<Vec<Change>, Fault> {
    let mut versions = context.store.versions_of(&context.scope, lineage.id).await?;
    versions.sort_by_key(|version| std::cmp::Reverse(version.obtained_at));
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let kept: Vec<_> = versions.iter().take(keep).filter_map(|version| version.key_id).collect();
    let old = versions.iter().skip(keep).filter(|version| version.state == VersionState::Superseded);
    let mut changes = Vec::new();
    for version in old {
        changes.push(Change::PutVersion(Version { state: VersionState::Retired, ..version.clone() }));
        // A key that was reused lives on in a younger version.
        if let Some(key) = version.key_id.filter(|key| !kept.contains(key)) {
            changes.push(Change::DestroyKey(key));
        }
    }
    Ok(changes)
}

/// The attempt failed: on record, the order closed, the next try decided by the plan.
pub(super) async fn failed(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    under: Option<Under>,
    failure: AttemptFailure,
) -> Result<Step, Fault> {
    let mut changes = Vec::new();
    if let Some(mut under) = under {
        challenges::clear(context, &case.spec, &under.flow.challenges()).await;
        under.order = closed(under.order, &failure.message, context);
        changes.extend(put(&mut under)?);
        case.lineage.renewal.order = None;
    }
    record(context, lease, case, changes, failure).await
}

/// The way to the CA failed while an order is alive: on record, the order stays.
pub(super) async fn stumbled(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    failure: AttemptFailure,
) -> Result<Step, Fault> {
    record(context, lease, case, Vec::new(), failure).await
}

async fn record(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    mut changes: Vec<Change>,
    failure: AttemptFailure,
) -> Result<Step, Fault> {
    tracing::warn!(lineage = %case.lineage.name, code = %failure.code, error = %failure.message, "renewal failed");
    changes.push(Change::Event {
        kind: "notafter.renewal.failed.v1".to_owned(),
        subject: Subject::Lineage(case.lineage.id),
        data: json!({ "code": failure.code, "message": failure.message, "class": failure.class }),
    });
    let charges = charges_of_failure(case.issuer.id, case.lineage.id, &failure);
    changes.extend(charges.into_iter().map(Change::PutCharge));
    note_failure(&mut case.lineage.renewal, failure);
    changes.push(Change::PutLineage(case.lineage.clone()));
    context.apply(Some(lease), &Actor::Engine, &changes).await?;
    Ok(Step::Failed)
}

/// Closes an order that does not fit what is wanted any more.
pub(super) async fn abandon(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    id: OrderId,
) -> Result<(), Fault> {
    case.lineage.renewal.order = None;
    let mut changes = vec![Change::PutLineage(case.lineage.clone())];
    if let Some(order) = context.store.order(&context.scope, id).await? {
        changes.push(Change::PutOrder(closed(order, "abandoned: other identifiers are wanted", context)));
    }
    context.apply(Some(lease), &Actor::Engine, &changes).await?;
    Ok(())
}

/// Keeps what is left out of this lineage's certificate; it gets a lineage of its own that waits for it.
pub(super) async fn shed(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    own: Vec<Identifier>,
) -> Result<(), Fault> {
    case.lineage.renewal.shed.clone_from(&own);
    let mut changes = vec![Change::PutLineage(case.lineage.clone())];
    let name = format!("{}-shed", case.lineage.name);
    let known = context.store.lineage_named(&context.scope, &name).await?;
    match (known, own.is_empty()) {
        (None, true) => {}
        (Some(apart), true) => changes.push(Change::RemoveLineage(apart.id)),
        (known, false) => {
            let apart = case.apart(name, own, known.map_or_else(|| context.new_id(), |known| known.id));
            let subject = TaskSubject::of(apart.id);
            changes.push(Change::PutLineage(apart));
            changes.push(Change::Schedule { task: KIND, subject, due_at: context.clock.now() });
        }
    }
    context.apply(Some(lease), &Actor::Engine, &changes).await?;
    Ok(())
}

fn closed(order: Order, how: &str, context: &Context) -> Order {
    Order { closed_at: Some(context.clock.now()), ended: Some(how.to_owned()), ..order }
}
