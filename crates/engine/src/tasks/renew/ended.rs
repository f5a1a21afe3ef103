//! How an attempt ends: a version with its deployments, or a failure on record; each in one transaction.

use std::collections::BTreeSet;

use notafter_acme::client::order::Issued;
use notafter_cert::{Certificate, Fingerprint, Time, path, pem};
use notafter_inventory::ledger::charges_of_failure;
use notafter_inventory::model::{
    Actor, AttemptFailure, FailureClass, IssuerId, Lineage, LineageId, LineageSpec, Mode, Order, OrderId,
    Origin, Subject, Tried, Version, VersionState,
};
use notafter_inventory::plan::renew::{note_attempt, note_success};
use notafter_store::{Change, Lease};
use serde_json::json;

use super::drive::{self, Under, put};
use super::{Case, Step, challenges};
use crate::ca::MAX_CLOCK_SKEW;
use crate::context::Context;
use crate::draft::{Draft, Stored, amend};
use crate::operate::Fault;
use crate::operate::lifecycle::obstacle;
use crate::tasks::deploy;

/// Orders of one lineage that are looked through for open ones.
const RECENT: u32 = 10;

/// The new version is stored, the old one superseded, the order closed, a deployment opened for every place.
pub(super) async fn issued(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    mut under: Under,
    issued: &Issued,
) -> Result<Step, Fault> {
    let now = context.clock.now();
    let leaf = match usable(&issued.chain(), context.judge().anchors(), now) {
        Ok(Usable::Now(leaf)) => *leaf,
        Ok(Usable::From(until)) => {
            tracing::warn!(
                op = %under.order.id, lineage = %case.lineage.name, %until,
                "what the CA issued is not valid yet; waiting (is this machine's clock right?)"
            );
            drive::save(context, lease, &mut under).await?;
            return Ok(Step::Waits { until });
        }
        Err(failure) => return failed(context, lease, case, Some(under), failure).await,
    };
    take_back(context, &under, case).await;
    under.order = closed(under.order, "issued", context);
    let ended = put(&mut under)?;
    keep(context, lease, case, (under.order, ended), (leaf, issued.chain_pem.clone())).await
}

/// The same of what the private CA signed.
pub(super) async fn signed(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    order: Order,
    chain_pem: String,
) -> Result<Step, Fault> {
    let ders = pem::chain_from(chain_pem.as_bytes()).unwrap_or_default();
    let leaf = match usable(&ders, context.judge().anchors(), context.clock.now()) {
        Ok(Usable::Now(leaf)) => *leaf,
        // A clock that was set back meanwhile.
        Ok(Usable::From(until)) => return Ok(Step::Waits { until }),
        Err(failure) => return refused(context, lease, case, Some(order), failure).await,
    };
    let order = closed(order, "issued", context);
    let ended = vec![Change::PutOrder(order.clone())];
    keep(context, lease, case, (order, ended), (leaf, chain_pem)).await
}

/// Keeps what was issued, with the order that it ended.
async fn keep(
    context: &Context,
    lease: &Lease,
    case: &Case,
    (order, ended): (Order, Vec<Change>),
    (leaf, chain_pem): (Certificate, String),
) -> Result<Step, Fault> {
    let version = Version {
        id: context.new_id(),
        lineage_id: case.lineage.id,
        key_id: Some(order.key_id),
        fingerprint: leaf.fingerprint(),
        chain_pem,
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        obtained_at: context.clock.now(),
        origin: Origin::Order { order: order.id },
        state: VersionState::Current,
    };
    let step = loop {
        let Some((mut draft, spec)) = managed(context, case.lineage.id).await? else {
            return unwanted(context, lease, (&order, ended), Some(version)).await;
        };
        let (step, mut changes) = match taken(&mut draft.lineage, &order, &leaf) {
            true => (Step::Issued, adopt(context, &mut draft.lineage, version.clone()).await?),
            false => (Step::NotDue, vec![kept_apart(&version)]),
        };
        changes.extend(ended.iter().cloned());
        changes.extend(retire(context, &draft.lineage, (&version, spec.keep_versions)).await?);
        if draft.store(context, Some(lease), &Actor::Engine, changes).await? == Stored::Done {
            break step;
        }
    };
    tracing::info!(lineage = %case.lineage.name, until = %version.not_after, "issued");
    Ok(step)
}

/// The lineage as it is by now, if it is still ours to renew.
async fn managed(context: &Context, id: LineageId) -> Result<Option<(Draft, LineageSpec)>, Fault> {
    let draft = Draft::load(context, id).await?;
    Ok(draft.and_then(|draft| match draft.lineage.mode.clone() {
        Mode::Managed(spec) => Some((draft, spec)),
        Mode::WatchOnly(_) => None,
    }))
}

/// Whether what was issued is taken as the current version: not where a person went back to an earlier one meanwhile, nor
/// with a key that was blocked meanwhile. Other names that are wanted meanwhile do not speak against it: the plan orders
/// them next.
fn taken(lineage: &mut Lineage, order: &Order, leaf: &Certificate) -> bool {
    if lineage.renewal.order != Some(order.id) {
        return false;
    }
    lineage.renewal.order = None;
    let key = Fingerprint::from_bytes(leaf.key().spki_sha256).to_string();
    !lineage.renewal.blocked_keys.iter().any(|blocked| blocked.eq_ignore_ascii_case(&key))
}

/// As a version that a person may choose, and that nothing else happens with.
fn kept_apart(version: &Version) -> Change {
    Change::PutVersion(Version { state: VersionState::Superseded, ..version.clone() })
}

/// When a chain may be installed.
#[derive(Debug, PartialEq)]
enum Usable {
    /// Now: its leaf.
    Now(Box<Certificate>),
    /// Soon: the CA's clock is a little ahead of ours, and it does not date back.
    From(Time),
}

/// Whether a chain may be installed. The order flow has seen that key and names are the ones ordered; here the chain
/// itself must hold: what is not valid yet or whose signatures are wrong would take the service down. A root that is not
/// among the installation's anchors is not the CA's fault: endpoints may be judged by anchors of their own.
fn usable(ders: &[Vec<u8>], anchors: &path::Anchors, now: Time) -> Result<Usable, AttemptFailure> {
    let refused = |why: String| AttemptFailure {
        at: now,
        class: FailureClass::Ca,
        code: "acme.unusable-chain".to_owned(),
        message: format!("the CA issued a chain that cannot be used: {why}"),
        identifiers: Vec::new(),
        retry_after: None,
    };
    let chain = path::Chain::read(ders).map_err(|error| refused(error.to_string()))?;
    let judgement = path::judge(&chain, anchors, now);
    let begins = |problem: &path::Problem| judgement.path[problem.step].certificate.not_before();
    let fatal = judgement.problems.iter().find_map(|problem| match &problem.fault {
        path::Fault::Expired => Some("a certificate in it has expired"),
        path::Fault::NotYetValid if begins(problem).since(now) > MAX_CLOCK_SKEW => {
            Some("a certificate in it is not valid yet (is this machine's clock right?)")
        }
        path::Fault::BadSignature => Some("a signature in it is wrong"),
        path::Fault::Refused(_) => Some("it breaks a rule of RFC 5280 section 6"),
        path::Fault::NotYetValid
        | path::Fault::IssuerMissing
        | path::Fault::UntrustedRoot
        | path::Fault::SelfSigned
        | path::Fault::UnknownSignature => None,
    });
    if let Some(why) = fatal {
        return Err(refused(why.to_owned()));
    }
    let early = judgement.problems.iter().filter(|problem| problem.fault == path::Fault::NotYetValid);
    Ok(early.map(begins).max().map_or_else(|| Usable::Now(Box::new(chain.leaf().clone())), Usable::From))
}

/// Makes a version the current one, opens a deployment to every place, and supersedes what was current: what is to be
/// stored together with the lineage.
pub(crate) async fn adopt(
    context: &Context,
    lineage: &mut Lineage,
    version: Version,
) -> Result<Vec<Change>, Fault> {
    let old = match lineage.current {
        Some(id) => context.store.version(&context.scope, id).await?,
        None => None,
    };
    note_success(&mut lineage.renewal);
    lineage.current = Some(version.id);
    let mut changes = vec![
        Change::Event {
            kind: "notafter.version.issued.v1".to_owned(),
            subject: Subject::Lineage(lineage.id),
            data: json!({ "version": version.id, "fingerprint": version.fingerprint, "not_after": version.not_after }),
        },
        Change::PutVersion(version.clone()),
    ];
    changes.extend(old.map(superseded));
    changes.extend(deploy::open_everywhere(context, lineage.id, &version, false).await?);
    Ok(changes)
}

fn superseded(old: Version) -> Change {
    let state =
        if old.state == VersionState::Revoked { VersionState::Revoked } else { VersionState::Superseded };
    Change::PutVersion(Version { state, ..old })
}

/// Versions past the number that is kept besides the newest lose their keys; rows and certificates stay as history.
async fn retire(
    context: &Context,
    lineage: &Lineage,
    (newest, keep): (&Version, u32),
) -> Result<Vec<Change>, Fault> {
    let now = context.clock.now();
    let mut versions = context.store.versions_of(&context.scope, lineage.id).await?;
    versions.sort_by_key(|version| std::cmp::Reverse(version.obtained_at));
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let (mut old, mut kept) = (Vec::new(), vec![newest.key_id]);
    let (mut to_go_back_to, mut seen) = (0, BTreeSet::from([newest.fingerprint]));
    for (place, version) in versions.into_iter().enumerate() {
        // What cannot be gone back to (blocked, revoked, at its end, there already under another number) takes nobody's
        // place, and stays no longer for that.
        let is_there = seen.contains(&version.fingerprint);
        let helps = !is_there && matches!(obstacle(lineage, &version, now), Ok(None));
        if helps {
            seen.insert(version.fingerprint);
        }
        let before = match (helps, is_there) {
            (true, _) => to_go_back_to,
            (false, true) => keep,
            (false, false) => place,
        };
        to_go_back_to += usize::from(helps);
        match before >= keep && version.state == VersionState::Superseded {
            true => old.push(version),
            false => kept.push(version.key_id),
        }
    }
    let mut changes = Vec::new();
    for version in old {
        // A key that was reused lives on in a younger version.
        changes.extend(version.key_id.filter(|_| !kept.contains(&version.key_id)).map(Change::DestroyKey));
        changes.push(Change::PutVersion(Version { state: VersionState::Retired, ..version }));
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
    let Some(mut under) = under else {
        return record(context, lease, case, None, (case.issuer.id(), failure)).await;
    };
    take_back(context, &under, case).await;
    under.order = closed(under.order, &failure.message, context);
    let ended = put(&mut under)?;
    let issuer = under.order.issuer_id;
    record(context, lease, case, Some((under.order, ended)), (issuer, failure)).await
}

/// The private CA does not sign: on record, and the order closed where one was begun.
pub(super) async fn refused(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    order: Option<Order>,
    failure: AttemptFailure,
) -> Result<Step, Fault> {
    let ended = order.map(|order| {
        let order = closed(order, &failure.message, context);
        let put = vec![Change::PutOrder(order.clone())];
        (order, put)
    });
    record(context, lease, case, ended, (case.issuer.id(), failure)).await
}

/// The way to the CA failed while an order is alive: on record, the order stays.
pub(super) async fn stumbled(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    failure: (IssuerId, AttemptFailure),
) -> Result<Step, Fault> {
    record(context, lease, case, None, failure).await
}

/// With the order that it ended, if it ended one, and the issuer that it happened at: the lineage may name another by now.
async fn record(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    ended: Option<(Order, Vec<Change>)>,
    (issuer, failure): (IssuerId, AttemptFailure),
) -> Result<Step, Fault> {
    tracing::warn!(lineage = %case.lineage.name, code = %failure.code, error = %failure.message, "renewal failed");
    let mut changes = vec![Change::Event {
        kind: "notafter.renewal.failed.v1".to_owned(),
        subject: Subject::Lineage(case.lineage.id),
        data: json!({ "code": failure.code, "message": failure.message, "class": failure.class }),
    }];
    let charges = charges_of_failure(issuer, case.lineage.id, &failure);
    changes.extend(charges.into_iter().map(Change::PutCharge));
    changes.extend(ended.iter().flat_map(|(_, changes)| changes.clone()));
    let order = ended.as_ref().map(|(order, _)| order.id);
    let tried = Tried { spec: case.spec.clone(), terms: case.issuer.terms() };
    let recorded = amend(context, Some(lease), &Actor::Engine, case.lineage.id, |lineage| {
        lineage.renewal.order = lineage.renewal.order.filter(|open| Some(*open) != order);
        note_attempt(&mut lineage.renewal, failure.clone(), tried.clone());
        Some(changes.clone())
    });
    match (recorded.await?, ended) {
        (Some(recorded), _) => case.lineage.renewal = recorded.renewal,
        (None, Some((order, ended))) => return unwanted(context, lease, (&order, ended), None).await,
        (None, None) => {}
    }
    Ok(Step::Failed)
}

/// Closes an order that does not fit what is wanted any more.
pub(super) async fn abandon(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    id: OrderId,
    why: &str,
) -> Result<(), Fault> {
    let order = context.store.order(&context.scope, id).await?;
    if let Some(order) = &order {
        take_back_stored(context, order, Some(case)).await;
    }
    let changes: Vec<Change> = order
        .map(|order| Change::PutOrder(closed(order, &format!("abandoned: {why}"), context)))
        .into_iter()
        .collect();
    let abandoned = amend(context, Some(lease), &Actor::Engine, case.lineage.id, |lineage| {
        lineage.renewal.order = lineage.renewal.order.filter(|open| *open != id);
        Some(changes.clone())
    });
    if let Some(abandoned) = abandoned.await? {
        case.lineage.renewal = abandoned.renewal;
    }
    Ok(())
}

/// The lineage went while its order was under way: the order is closed and what was issued is on record. Its key stays
/// sealed until `notafter vault prune`, as every key of a lineage that was removed.
async fn unwanted(
    context: &Context,
    lease: &Lease,
    (order, mut changes): (&Order, Vec<Change>),
    version: Option<Version>,
) -> Result<Step, Fault> {
    tracing::info!(op = %order.id, "the lineage of this order is gone; nothing is done with its certificate");
    changes.extend(
        version.map(|version| Change::PutVersion(Version { state: VersionState::Retired, ..version })),
    );
    context.apply(Some(lease), &Actor::Engine, &changes).await?;
    Ok(Step::NotDue)
}

/// Orders that nobody waits for any more are closed: the lineage is gone, is renewed by somebody else, or went back to an
/// earlier version while they were under way.
pub(super) async fn close_orphans(
    context: &Context,
    lease: &Lease,
    lineage: LineageId,
    case: Option<&Case>,
) -> Result<(), Fault> {
    let orders = context.store.orders_of(&context.scope, lineage, RECENT).await?;
    let waited_for = case.and_then(|case| case.lineage.renewal.order);
    for order in orders.into_iter().filter(|order| order.closed_at.is_none() && Some(order.id) != waited_for)
    {
        take_back_stored(context, &order, case).await;
        let order = closed(order, "abandoned: nobody waits for it any more", context);
        let ended = vec![Change::PutOrder(order.clone())];
        unwanted(context, lease, (&order, ended), None).await?;
    }
    Ok(())
}

/// The answers to its challenges, from wherever they were given.
async fn take_back(context: &Context, under: &Under, case: &Case) {
    let http01 = under.order.http01.as_ref().unwrap_or(&case.spec.http01);
    challenges::clear(context, http01, &under.flow.challenges()).await;
}

/// The same of an order that is not driven any more: one whose state cannot be read is given up all the same.
async fn take_back_stored(context: &Context, order: &Order, case: Option<&Case>) {
    if order.signing.is_some() {
        return;
    }
    let http01 = order.http01.as_ref().or(case.map(|case| &case.spec.http01));
    match (http01, Case::flow(order)) {
        (Some(http01), Ok(flow)) => challenges::clear(context, http01, &flow.challenges()).await,
        (None, Ok(_)) => {}
        (_, Err(fault)) => {
            tracing::warn!(op = %order.id, error = %fault.what, "answers to challenges may be left behind");
        }
    }
}

fn closed(order: Order, how: &str, context: &Context) -> Order {
    Order { closed_at: Some(context.clock.now()), ended: Some(how.to_owned()), ..order }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;
    use notafter_lab::authority::{Authority, Validity};

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    /// A chain whose leaf is valid from `from` on, and the anchors that it leads to.
    fn chain(from: Span, to: Span) -> (Vec<Vec<u8>>, path::Anchors) {
        let long = Validity { from: NOW - Span::days(9), to: NOW + Span::days(900) };
        let authority = Authority::new("House CA", long).unwrap();
        let leaf = Validity { from: NOW + from, to: NOW + to };
        let identity = authority.issue(&["shop.example".parse().unwrap()], leaf).unwrap();
        (identity.chain, path::Anchors::from_pem("house", authority.root_pem().as_bytes()).unwrap())
    }

    /// What becomes of it: the instant from which it is good, or why it is not.
    fn judged((chain, anchors): (Vec<Vec<u8>>, path::Anchors)) -> Result<Time, String> {
        match usable(&chain, &anchors, NOW) {
            Ok(Usable::Now(_)) => Ok(NOW),
            Ok(Usable::From(until)) => Ok(until),
            Err(failure) => {
                assert_eq!((failure.code.as_str(), failure.class), ("acme.unusable-chain", FailureClass::Ca));
                Err(failure.message)
            }
        }
    }

    #[test]
    fn a_chain_is_good_now_or_within_the_hour_or_not_at_all() {
        let (day, minute) = (Span::days(1), Span::minutes(1));
        assert_eq!(judged(chain(-day, day)), Ok(NOW));
        assert_eq!(judged(chain(minute, day)), Ok(NOW + minute));
        assert_eq!(judged(chain(Span::hours(1), day)), Ok(NOW + Span::hours(1)));
        let late = judged(chain(Span::hours(1) + minute, day)).unwrap_err();
        assert!(late.contains("not valid yet (is this machine's clock right?)"), "{late}");
        let over = judged(chain(-day, -minute)).unwrap_err();
        assert!(over.contains("has expired"), "{over}");
        let (mut forged, anchors) = chain(minute, day);
        *forged[0].last_mut().unwrap() ^= 1;
        let forged = judged((forged, anchors)).unwrap_err();
        assert!(forged.ends_with("a signature in it is wrong"), "{forged}");
        let (elsewhere, _) = chain(-day, day);
        assert_eq!(
            judged((elsewhere, path::Anchors::from_ders("none", [[]; 0]))),
            Ok(NOW),
            "anchors may be the endpoint's own"
        );
    }
}
