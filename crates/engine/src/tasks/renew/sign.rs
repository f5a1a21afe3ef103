//! Where the private CA issues, this task has it sign. Key, request, serial number and the entry in the log are stored first: what
//! a crash interrupts is signed again with the same number, and nothing is signed that the log does not tell of.

use notafter_cert::Identifier;
use notafter_inventory::model::{
    Actor, AttemptFailure, FailureClass, Order, OrderId, PrivateIssuer, Signing, Subject,
};
use notafter_inventory::plan::sign;
use notafter_keys::{PrivateKey, authority, csr};

use super::begin::{self, Wish};
use super::{Case, Step, ended, shed};
use crate::ca::private::{self, House};
use crate::context::Context;
use crate::operate::Fault;
use notafter_store::Lease;

pub(super) async fn order(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    issuer: PrivateIssuer,
    wish: Wish,
) -> Result<Step, Fault> {
    // What an earlier issuer's self-check left out is asked of nobody now.
    if !case.lineage.renewal.shed.is_empty() {
        shed::leave_out(context, lease, case, Vec::new()).await?;
    }
    let identifiers = case.spec.identifiers.clone();
    if let Some(failure) = not_permitted(context, &issuer, &identifiers) {
        return ended::refused(context, lease, case, None, failure).await;
    }
    let house = match private::ready(context, Some(lease), &Actor::Engine, issuer.id).await {
        Ok(house) => house,
        Err(fault) => return failed(context, lease, case, None, fault).await,
    };
    case.issuer = house.issuer.clone().into();
    let Some(validity) = sign::leaf(&house.issuer.practice, &house.authority, context.clock.now()) else {
        let failure = root_ended(context, &house);
        return ended::refused(context, lease, case, None, failure).await;
    };
    let signing = Signing { serial: authority::serial(context.random()), validity };
    let (order, key) = match journal(context, lease, case, (&house, signing), (&wish, identifiers)).await {
        Ok(Some(begun)) => begun,
        Ok(None) => return Ok(Step::NotDue),
        Err(fault) => return failed(context, lease, case, None, fault).await,
    };
    finish(context, lease, case, &house, (order, &key)).await
}

/// Goes on with what was to be signed when a run was interrupted.
pub(super) async fn resume(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    id: OrderId,
) -> Result<Step, Fault> {
    let Some(order) = case.order().filter(|order| order.id == id).cloned() else { return Ok(Step::NotDue) };
    let now = context.clock.now();
    // The dates were chosen when it was begun; what was left lying for long is thought out anew.
    let is_old = order.signing.as_ref().is_none_or(|Signing { validity, .. }| {
        let lasts = validity.not_after.since(validity.not_before);
        now.since(order.opened_at) > lasts.share(1, 10)
    });
    if is_old {
        ended::abandon(context, lease, case, id, "it was not signed in time").await?;
        return Ok(Step::NotDue);
    }
    let ready = async {
        let house = private::ready(context, Some(lease), &Actor::Engine, order.issuer_id).await?;
        Ok::<_, Fault>((house, context.open_key(order.key_id).await?))
    };
    match ready.await {
        Ok((house, key)) => finish(context, lease, case, &house, (order, &key)).await,
        Err(fault) => failed(context, lease, case, Some(order), fault).await,
    }
}

/// Key, request and order are on the disk when this returns; nothing was signed. `None` where it is not wanted any more.
async fn journal(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    (house, signing): (&House, Signing),
    (wish, identifiers): (&Wish, Vec<Identifier>),
) -> Result<Option<(Order, PrivateKey)>, Fault> {
    let (key_id, key, mut changes) = begin::key(context, case, wish).await?;
    changes.push(private::told(house, &identifiers, Subject::Lineage(case.lineage.id), &signing));
    let order = Order {
        id: context.new_id(),
        lineage_id: case.lineage.id,
        issuer_id: house.issuer.id,
        key_id,
        csr: csr(&key, &identifiers)?,
        identifiers,
        flow: serde_json::Value::Null,
        opened_at: context.clock.now(),
        closed_at: None,
        ended: None,
        exemption: Default::default(),
        missed_chain: None,
        http01: None,
        signing: Some(signing),
    };
    let is_wanted = begin::put(context, lease, case, &order, (changes, wish)).await?;
    Ok(is_wanted.then_some((order, key)))
}

async fn finish(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    house: &House,
    (order, key): (Order, &PrivateKey),
) -> Result<Step, Fault> {
    let Some(signing) = &order.signing else { return Ok(Step::NotDue) };
    match house.sign(key, &order.identifiers, signing) {
        Ok(chain_pem) => ended::signed(context, lease, case, order, chain_pem).await,
        Err(fault) => failed(context, lease, case, Some(order), fault).await,
    }
}

/// On record, and the order is over; what may go well when it is tried again ends none: the task is run again.
async fn failed(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    order: Option<Order>,
    fault: Fault,
) -> Result<Step, Fault> {
    if fault.retry {
        return Err(fault);
    }
    ended::refused(context, lease, case, order, begin::of_us(&fault, context)).await
}

/// Files are refused that ask for this; what was written before the CA was, or past a file, is refused here.
fn not_permitted(
    context: &Context,
    issuer: &PrivateIssuer,
    identifiers: &[Identifier],
) -> Option<AttemptFailure> {
    let outside = sign::outside(&issuer.practice.permitted, identifiers);
    if outside.is_empty() {
        return None;
    }
    let names: Vec<String> = outside.iter().map(ToString::to_string).collect();
    Some(AttemptFailure {
        at: context.clock.now(),
        class: FailureClass::Ours,
        code: "issuer.not-permitted".to_owned(),
        message: format!("{} may not sign {}", issuer.name, names.join(", ")),
        identifiers: outside.into_iter().cloned().collect(),
        retry_after: None,
    })
}

fn root_ended(context: &Context, house: &House) -> AttemptFailure {
    let (name, root) = (&house.issuer.name, &house.authority.root);
    let now = context.clock.now();
    AttemptFailure {
        at: now,
        class: FailureClass::Ours,
        code: "issuer.root-ended".to_owned(),
        message: format!("{name} can sign nothing more: its root {}", root.not_after.as_end(now)),
        identifiers: Vec::new(),
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;
    use notafter_inventory::model::LineageId;
    use notafter_net::Clock;
    use notafter_store::StoreError;
    use serde_json::json;

    use super::*;
    use crate::open;
    use crate::operate;
    use crate::settings::Settings;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    /// A lineage of the private CA, which nothing was signed for yet.
    async fn stage(context: &Context) -> LineageId {
        let text = "[[issuer]]\nname = \"house\"\nkind = \"private\"\npermitted = [\"internal.example\"]\n\
                    [[lineage]]\nname = \"wiki\"\nidentifiers = [\"wiki.internal.example\"]\nissuer = \"house\"\n";
        let args = json!({ "file": { "text": text, "prune": "everything" }, "secrets": {} });
        operate::call(context, &Actor::Engine, "inventory.apply", args).await.unwrap();
        context.store.lineage_named(&context.scope, "wiki").await.unwrap().unwrap().id
    }

    /// An order was over because the vault was rotated, or the disk was full, in that moment: its key and its serial number, which
    /// the log had told of, were thrown away, and a failure was on record that nobody could do anything about.
    #[tokio::test]
    async fn what_may_go_well_when_it_is_tried_again_ends_no_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(folder.path().join(name));
        let settings =
            Settings { data: path("data"), key_encryption_key: path("kek"), ..Settings::default() };
        let installation = open::open(&settings, Clock::staged(NOW)).await.unwrap();
        let context = &installation.context;
        let id = stage(context).await;
        let lease = context.claim(&super::super::TASK, 1).await.unwrap().remove(0);
        let mut case = Case::load(context, id).await.unwrap().unwrap();
        let identifiers = case.spec.identifiers.clone();
        let issuer = case.issuer.private().unwrap().id;
        let house = private::ready(context, Some(&lease), &Actor::Engine, issuer).await.unwrap();
        let validity = sign::leaf(&house.issuer.practice, &house.authority, NOW).unwrap();
        let signing = Signing { serial: authority::serial(context.random()), validity };
        let wish = Wish {
            identifiers: identifiers.clone(),
            abandon: None,
            replaces: false,
            new_key: false,
            why: "it is new".to_owned(),
        };
        let begun = journal(context, &lease, &mut case, (&house, signing), (&wish, identifiers)).await;
        let (order, _) = begun.unwrap().unwrap();

        let mut case = Case::load(context, id).await.unwrap().unwrap();
        let fault = Fault::from(StoreError::Resealed);
        let code = fault.code.clone();
        let told = failed(context, &lease, &mut case, Some(order.clone()), fault).await.map(drop);
        assert_eq!(told.unwrap_err().code, code);
        let stored = context.store.order(&context.scope, order.id).await.unwrap().unwrap();
        assert_eq!((stored.closed_at, stored.ended), (None, None));
        resume(context, &lease, &mut case, order.id).await.map(drop).unwrap();
        let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
        let version = context.store.version(&context.scope, lineage.current.unwrap()).await.unwrap().unwrap();
        assert_eq!((version.key_id, lineage.renewal.failures), (Some(order.key_id), Vec::new()));
    }
}
