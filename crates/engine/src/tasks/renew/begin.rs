//! Begins an order: self-check, key, CSR and journal first, then the CA (law 3). Where the private CA is to sign, there is nobody
//! to ask.

use std::pin::pin;

use futures_util::future::{Either, select};
use notafter_acme::challenge::Kind;
use notafter_acme::client::Call;
use notafter_acme::client::order::{Do, OrderFlow, Wish as Ordered};
use notafter_cert::{Identifier, Time};
use notafter_inventory::model::{
    AcmeIssuer, Actor, AttemptFailure, FailureClass, Issuer, KeyId, Order, OrderId, Subject,
};
use notafter_inventory::plan::renew::Shed;
use notafter_keys::{PrivateKey, csr};
use notafter_store::{Change, Holds, Lease};
use serde_json::json;

use super::{Case, Step, challenges, class_of, drive, ended, shed, sign};
use crate::ca::{self, Ca, NotReady};
use crate::context::Context;
use crate::draft::amend;
use crate::operate::Fault;

/// What the plan asks for.
pub(super) struct Wish {
    pub(super) identifiers: Vec<Identifier>,
    pub(super) abandon: Option<OrderId>,
    pub(super) replaces: bool,
    pub(super) new_key: bool,
    pub(super) why: String,
}

pub(super) async fn order(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    wish: Wish,
) -> Result<Step, Fault> {
    if let Some(abandoned) = wish.abandon {
        let elsewhere = case.order().is_some_and(|order| order.issuer_id != case.issuer.id());
        let why = if elsewhere { "another issuer is wanted" } else { "other identifiers are wanted" };
        ended::abandon(context, lease, case, abandoned, why).await?;
    }
    match case.issuer.clone() {
        Issuer::Acme(issuer) => ask(context, lease, case, issuer, wish).await,
        Issuer::Private(issuer) => sign::order(context, lease, case, issuer, wish).await,
    }
}

async fn ask(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    issuer: AcmeIssuer,
    wish: Wish,
) -> Result<Step, Fault> {
    // Reading the CA's directory asks for nothing: it is done beside the self-check, and not waited for where that fails.
    let meeting = pin!(ca::read_directory(context, &issuer));
    let (checked, meeting) = match select(pin!(self_check(context, lease, case, &wish)), meeting).await {
        Either::Left((checked, meeting)) => (checked, Either::Left(meeting)),
        Either::Right((met, checking)) => (checking.await, Either::Right(met)),
    };
    let identifiers = match checked {
        Ok(Some(identifiers)) => identifiers,
        Ok(None) => return Ok(Step::Failed),
        Err(fault) => return ended::failed(context, lease, case, None, of_us(&fault, context)).await,
    };
    let met = match meeting {
        Either::Left(meeting) => meeting.await,
        Either::Right(met) => met,
    };
    let ready = match met {
        Ok(_) => ca::ready(context, Some(lease), issuer.id).await,
        Err(why) => Err(why),
    };
    let ca = match ready {
        Ok(ca) => ca,
        Err(NotReady::Ca(failure)) => {
            return ended::failed(context, lease, case, None, of_ca(&failure, context)).await;
        }
        Err(NotReady::Ours(fault)) => {
            return ended::failed(context, lease, case, None, of_us(&fault, context)).await;
        }
    };
    case.issuer = ca.issuer.clone().into();
    match journal(context, lease, case, &ca, &wish, identifiers).await? {
        Begun::Order(under, first) => drive::on(context, lease, case, ca, *under, first).await,
        Begun::Refused(failure) => ended::failed(context, lease, case, None, failure).await,
        Begun::Overtaken => Ok(Step::NotDue),
    }
}

/// How an order begins.
enum Begun {
    /// It is on the disk, and that this first request is on its way.
    Order(Box<drive::Under>, Option<Call>),
    /// It cannot be ordered like this.
    Refused(AttemptFailure),
    /// Something else is wanted since this was planned: it is planned anew.
    Overtaken,
}

/// Asks every identifier as the CA will, before the CA is asked: what fails is named, waits, or is shed.
async fn self_check(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    wish: &Wish,
) -> Result<Option<Vec<Identifier>>, Fault> {
    let failing = challenges::rehearse(context, &case.spec, &case.spec.identifiers).await?;
    if failing.is_empty() && case.lineage.renewal.shed.is_empty() {
        return Ok(Some(wish.identifiers.clone()));
    }
    let names: Vec<Identifier> = failing.iter().map(|one| one.identifier.clone()).collect();
    match notafter_inventory::plan::renew::shed(&case.spec, &names) {
        Shed::Whole => {
            shed::leave_out(context, lease, case, Vec::new()).await?;
            Ok(Some(case.spec.identifiers.clone()))
        }
        Shed::Split { ahead, own } => {
            shed::leave_out(context, lease, case, own).await?;
            Ok(Some(ahead))
        }
        Shed::Wait { failing: waiting } => {
            let words: Vec<String> =
                failing.iter().map(|one| format!("{}: {}", one.identifier, one.why)).collect();
            let failure = AttemptFailure {
                at: context.clock.now(),
                class: FailureClass::Domain,
                code: "challenge.not-visible".to_owned(),
                message: format!("the self-check before the order failed: {}", words.join("; ")),
                identifiers: waiting,
                retry_after: None,
            };
            ended::failed(context, lease, case, None, failure).await?;
            Ok(None)
        }
    }
}

/// Key, CSR and order are on the disk when this returns, as waiting for the reply to newOrder; nothing was sent.
async fn journal(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    ca: &Ca,
    wish: &Wish,
    identifiers: Vec<Identifier>,
) -> Result<Begun, Fault> {
    let now = context.clock.now();
    let (key_id, key, changes) = key(context, case, wish).await?;
    let csr = csr(&key, &identifiers)?;
    let replaces = case.leaf().filter(|_| wish.replaces).and_then(|leaf| leaf.ari_id());
    let exemption = case.claims(&identifiers, replaces.is_some(), now);
    let ordered = Ordered {
        identifiers: identifiers.clone(),
        csr: csr.clone(),
        profile: case.spec.profile.clone(),
        replaces,
        preferred_chain: case.spec.preferred_chain.clone(),
        kinds: vec![Kind::Http01],
        other_orders: other_orders(context, case, &ca.issuer).await?,
    };
    let mut flow = match OrderFlow::begin(&ca.directory, ca.account.clone(), ordered, now) {
        Ok(flow) => flow,
        Err(failure) => return Ok(Begun::Refused(of_ca(&failure, context))),
    };
    let first = match flow.next(now) {
        Do::Send(call) => Some(call),
        _ => None,
    };
    let order = Order {
        id: context.new_id(),
        lineage_id: case.lineage.id,
        issuer_id: ca.issuer.id,
        key_id,
        identifiers,
        csr,
        flow: drive::written(&flow)?,
        opened_at: now,
        closed_at: None,
        ended: None,
        exemption,
        missed_chain: None,
        http01: Some(case.spec.http01.clone()),
        signing: None,
    };
    match put(context, lease, case, &order, (changes, wish)).await? {
        true => Ok(Begun::Order(Box::new(drive::Under { order, flow }), first)),
        false => Ok(Begun::Overtaken),
    }
}

/// Stores an order before anything of it is done, with the changes that belong to it; answers whether it is still wanted.
pub(super) async fn put(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    order: &Order,
    (mut changes, wish): (Vec<Change>, &Wish),
) -> Result<bool, Fault> {
    changes.push(Change::Event {
        kind: "notafter.renewal.planned.v1".to_owned(),
        subject: Subject::Lineage(case.lineage.id),
        data: json!({ "why": wish.why, "order": order.id }),
    });
    changes.push(Change::PutOrder(order.clone()));
    let planned = (&case.lineage.mode, case.lineage.current);
    let begun = amend(context, Some(lease), &Actor::Engine, case.lineage.id, |lineage| {
        lineage.renewal.order = Some(order.id);
        ((&lineage.mode, lineage.current) == planned).then(|| changes.clone())
    });
    let Some(begun) = begun.await? else { return Ok(false) };
    case.lineage.renewal = begun.renewal;
    Ok(true)
}

/// The key of the next certificate, with what stores it where it is a new one.
pub(super) async fn key(
    context: &Context,
    case: &Case,
    wish: &Wish,
) -> Result<(KeyId, PrivateKey, Vec<Change>), Fault> {
    let kept = case.version.as_ref().and_then(|version| version.key_id).filter(|_| !wish.new_key);
    match kept {
        Some(id) => Ok((id, context.open_key(id).await?, Vec::new())),
        None => make_key(context, case).await,
    }
}

async fn make_key(context: &Context, case: &Case) -> Result<(KeyId, PrivateKey, Vec<Change>), Fault> {
    let spec = case.spec.key;
    let key = if spec.is_made_at_once() {
        PrivateKey::generate(spec)?
    } else {
        // It takes long enough to stop every other task of this thread.
        let made = tokio::task::spawn_blocking(move || PrivateKey::generate(spec)).await;
        made.map_err(|error| {
            Fault::new("engine.panic", "making a key panicked", "report this").because(error.to_string())
        })??
    };
    let id = context.new_id();
    let sealed = context.keyring.read().await.seal_key(id.as_bytes(), &key)?;
    let put = Change::PutKey {
        id,
        holds: Holds::CertificateKey,
        kek_id: sealed.kek_id(),
        sealed: sealed.as_bytes().to_vec(),
    };
    Ok((id, key, vec![put]))
}

/// Orders of other lineages at this account are never taken for a lost one of ours.
async fn other_orders(context: &Context, case: &Case, issuer: &AcmeIssuer) -> Result<Vec<String>, Fault> {
    if issuer.account_orders.is_none() {
        return Ok(Vec::new());
    }
    let open = context.store.orders_open(&context.scope).await?;
    let urls = open
        .iter()
        .filter(|order| order.issuer_id == issuer.id && order.lineage_id != case.lineage.id)
        .filter_map(|order| Case::flow(order).ok()?.order_url().map(str::to_owned));
    Ok(urls.collect())
}

/// A CA's failure as the record keeps it.
pub(super) fn of_ca(failure: &notafter_acme::Failure, context: &Context) -> AttemptFailure {
    let link = failure.link.as_ref().map_or_else(String::new, |link| format!(" (see {link})"));
    AttemptFailure {
        at: context.clock.now(),
        class: class_of(failure),
        code: notafter_cert::Trouble::code(failure).to_owned(),
        message: format!("{failure}{link}"),
        identifiers: failure.identifiers.clone(),
        retry_after: failure.retry_after,
    }
}

/// A fault of this installation as the record keeps it.
pub(super) fn of_us(fault: &Fault, context: &Context) -> AttemptFailure {
    let why = fault.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    AttemptFailure {
        at: context.clock.now(),
        class: FailureClass::Ours,
        code: fault.code.clone(),
        message: format!("{}{why}", fault.what),
        identifiers: Vec::new(),
        retry_after: None::<Time>,
    }
}
