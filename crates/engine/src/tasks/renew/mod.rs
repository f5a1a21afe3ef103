//! Renews a managed lineage: sees when it is due, orders, and hands the new version to the deployments.
//!
//! The decision is `inventory::plan::renew`; the protocol is `acme::client::order`; this task stores, sends, waits and
//! tells. A run may stop at any instruction: the next one finds the order in the store and goes on.

mod begin;
mod case;
mod challenges;
mod drive;
mod ended;
mod shed;
mod sign;
mod window;

use futures_util::FutureExt;
use notafter_acme::Failure;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, FailureClass, LineageId, Subject, VersionState, Violation};
use notafter_inventory::plan::renew::Renew;
use notafter_inventory::rule;
use notafter_store::{Lease, TaskSubject};

pub use case::{Case, Loaded, Source};
pub(crate) use ended::adopt;

use super::{Next, Task, Work, deploy};
use crate::context::Context;
use crate::draft::{Draft, Stored};
use crate::findings;
use crate::operate::Fault;

/// The task's name.
pub const KIND: &str = "renew";

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "renews lineages that notafter keeps alive",
    parallel: |settings| settings.renew_parallel,
    lease_for: Span::minutes(15),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// The task about this lineage.
#[must_use]
pub fn subject(lineage: LineageId) -> TaskSubject {
    TaskSubject::of(lineage)
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing was due.
    NotDue,
    /// The order waits: for the CA, or for its own backoff.
    Waits {
        /// Until when.
        until: Time,
    },
    /// A new version is stored, its deployments scheduled.
    Issued,
    /// The attempt failed and is on record.
    Failed,
}

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let Some(mut case) = Case::load(context, id).await? else { return left_behind(context, lease, id).await };
    ended::close_orphans(context, lease, id, Some(&case)).await?;
    let offers_windows = window::refresh(context, lease, &mut case).await?;
    let step = attempt(context, lease, &mut case).await?;
    let Some(case) = Case::load(context, id).await? else { return left_behind(context, lease, id).await };
    judge(context, lease, &case).await?;
    deploy_to_new_places(context, lease, &case).await?;
    let now = context.clock.now();
    let wake = match step {
        Step::Waits { until } => until,
        // What is due now and was just tried has its pause on record; a second apart at the least, whatever the plan says.
        _ => {
            let wake = case.plan(now).wake_at(offers_windows || step == Step::Issued);
            wake.max(now + Span::seconds(1))
        }
    };
    // What waits is judged anew when time alone makes it worse.
    Ok(Next::At(case.state(now).turning_point().map_or(wake, |turn| turn.min(wake))))
}

/// The lineage is gone, or somebody else renews it: what ran while that happened leaves nothing open.
async fn left_behind(context: &Context, lease: &Lease, id: LineageId) -> Result<Next, Fault> {
    ended::close_orphans(context, lease, id, None).await?;
    let subject = Subject::Lineage(id);
    let changes = findings::end_of(context, &subject, |code| !code.starts_with("automation.")).await?;
    if !changes.is_empty() {
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(Next::Done)
}

/// A place that was added later gets the current version, too.
async fn deploy_to_new_places(context: &Context, lease: &Lease, case: &Case) -> Result<(), Fault> {
    let Some(version) = case.version.as_ref().filter(|version| version.state == VersionState::Current) else {
        return Ok(());
    };
    loop {
        let changes = deploy::open(context, version, &case.places, false).await?;
        if changes.is_empty() {
            return Ok(());
        }
        // Whoever went back to another version meanwhile is not overtaken on the wire.
        let draft = Draft::load(context, case.lineage.id).await?;
        let Some(draft) = draft.filter(|draft| draft.lineage.current == Some(version.id)) else {
            return Ok(());
        };
        if draft.store(context, Some(lease), &Actor::Engine, changes).await? == Stored::Done {
            return Ok(());
        }
    }
}

/// Does what the plan says is due, if anything is.
async fn attempt(context: &Context, lease: &Lease, case: &mut Case) -> Result<Step, Fault> {
    let plan = case.plan(context.clock.now());
    if !plan.is_due(context.clock.now()) {
        return Ok(Step::NotDue);
    }
    tracing::info!(op = %case.lineage.id, lineage = %case.lineage.name, why = %plan.action.why, "renewal is due");
    match &plan.action.what {
        Renew::Resume { order } => match case.order().is_some_and(|order| order.signing.is_some()) {
            true => sign::resume(context, lease, case, *order).await,
            false => drive::resume(context, lease, case, *order).await,
        },
        Renew::Order { identifiers, abandon, replaces, new_key } => {
            let wish = begin::Wish {
                identifiers: identifiers.clone(),
                abandon: *abandon,
                replaces: replaces.is_some(),
                new_key: *new_key,
                why: plan.action.why.clone(),
            };
            begin::order(context, lease, case, wish).await
        }
    }
}

/// Lets every rule about lineages speak.
pub(crate) async fn judge(context: &Context, lease: &Lease, case: &Case) -> Result<(), Fault> {
    let violations = rule::judge_lineage(&case.state(context.clock.now()));
    let subject = Subject::Lineage(case.lineage.id);
    let judged = |earlier: &Violation| {
        rule::find(&earlier.code).is_some_and(|rule| matches!(rule.kind, rule::Kind::Lineage(_)))
    };
    let changes = findings::of_subject(context, case.lineage.owner_id, &subject, violations, &judged).await?;
    if !changes.is_empty() {
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(())
}

/// The protocol's classes and the model's are the same five.
pub(crate) fn class_of(failure: &Failure) -> FailureClass {
    use notafter_acme::problem::Class;
    match failure.class() {
        Class::Ours => FailureClass::Ours,
        Class::Domain => FailureClass::Domain,
        Class::Ca => FailureClass::Ca,
        Class::RateLimit => FailureClass::RateLimit,
        Class::Network => FailureClass::Network,
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Certificate, Time, pem};
    use notafter_inventory::model::{Lineage, Place, Version};
    use notafter_lab::authority::{Authority, Validity};
    use notafter_net::Clock;
    use notafter_store::Change;
    use serde_json::json;

    use super::*;
    use crate::open;
    use crate::settings::Settings;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn version(context: &Context, lineage: LineageId, state: VersionState) -> Version {
        let validity = Validity { from: NOW - Span::days(1), to: NOW + Span::days(89) };
        let authority = Authority::new("House CA", validity).unwrap();
        let identity = authority.issue(&["shop.example".parse().unwrap()], validity).unwrap();
        let leaf = Certificate::parse(&identity.chain[0]).unwrap();
        Version {
            id: context.new_id(),
            lineage_id: lineage,
            key_id: None,
            fingerprint: leaf.fingerprint(),
            chain_pem: pem::chain_to(&identity.chain),
            not_before: leaf.not_before(),
            not_after: leaf.not_after(),
            obtained_at: NOW,
            origin: notafter_inventory::model::Origin::Files {
                path: "/etc/ssl/shop.pem".to_owned(),
                insisted: false,
            },
            state,
        }
    }

    /// A lineage with two versions and a place that has none of them yet.
    async fn stage(context: &Context) -> (LineageId, [Version; 2], Place) {
        let id: LineageId = context.new_id();
        let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
        let versions =
            [VersionState::Superseded, VersionState::Current].map(|state| version(context, id, state));
        let lineage: Lineage = serde_json::from_value(json!({
            "id": id, "owner_id": owner.id, "name": "shop", "labels": {}, "current": versions[1].id,
            "renewal": notafter_inventory::model::Renewal::default(),
            "mode": {
                "mode": "managed", "identifiers": ["shop.example"], "issuer": "lab", "key": "ecdsa-p256",
                "reuse_key": false, "profile": null, "preferred_chain": null,
                "http01": { "solver": "webroot", "root": "/srv" }, "shedding": "wait", "keep_versions": 3,
            },
        }))
        .unwrap();
        let place = Place {
            id: context.new_id(),
            owner_id: owner.id,
            lineage_id: id,
            name: "web".to_owned(),
            deployer: "files".to_owned(),
            settings: json!({ "key": "/srv/key.pem", "full_chain": "/srv/chain.pem" }),
            endpoints: Vec::new(),
        };
        let issuer = json!({
            "id": notafter_inventory::model::IssuerId::new(NOW, context.random()), "name": "lab",
            "directory": "https://ca.example/directory", "contact": [], "trust": null, "external_account": null,
            "terms_agreed": true, "account_key": null, "account_url": null, "account_orders": null,
        });
        let mut changes = vec![Change::PutIssuer(serde_json::from_value(issuer).unwrap())];
        changes.extend([Change::PutLineage(lineage), Change::PutPlace(place.clone())]);
        changes.extend(versions.iter().cloned().map(Change::PutVersion));
        changes.push(Change::Schedule { task: KIND, subject: subject(id), due_at: NOW });
        context.apply(None, &Actor::Engine, &changes).await.unwrap();
        (id, versions, place)
    }

    /// A renewal that had read what was current deployed it after somebody had gone back to another version.
    #[tokio::test]
    async fn what_was_current_is_not_deployed_to_a_new_place_after_a_rollback() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(folder.path().join(name));
        let settings =
            Settings { data: path("data"), key_encryption_key: path("kek"), ..Settings::default() };
        let installation = open::open(&settings, Clock::staged(NOW)).await.unwrap();
        let context = &installation.context;
        let (id, [earlier, _], place) = stage(context).await;
        let lease = context.claim(&TASK, 1).await.unwrap().remove(0);
        let case = Case::load(context, id).await.unwrap().unwrap();
        let deployments =
            async || context.store.deployments_to(&context.scope, place.id, 9).await.unwrap().len();

        let mut draft = Draft::load(context, id).await.unwrap().unwrap();
        draft.lineage.current = Some(earlier.id);
        draft.store(context, None, &Actor::Engine, Vec::new()).await.unwrap();
        deploy_to_new_places(context, &lease, &case).await.unwrap();
        assert_eq!(deployments().await, 0);

        draft = Draft::load(context, id).await.unwrap().unwrap();
        draft.lineage.current = case.lineage.current;
        draft.store(context, None, &Actor::Engine, Vec::new()).await.unwrap();
        for _ in 0..2 {
            deploy_to_new_places(context, &lease, &case).await.unwrap();
            assert_eq!(deployments().await, 1, "once");
        }
    }
}
