//! Work that many lineages make, counted in questions and rows: no clock tells it.

use notafter_cert::{Certificate, Span, pem};
use notafter_engine::context::Context;
use notafter_engine::operate;
use notafter_engine::settle::settle;
use notafter_engine::tasks::renew::Case;
use notafter_inventory::model::{
    AcmeIssuer, Actor, Exemption, Lineage, LineageId, Mode, Order, Origin, Version, VersionState,
};
use notafter_lab::authority::{Authority, Validity};
use notafter_store::Change;
use serde_json::json;

use crate::stage::{Stage, acme};

/// Lineages that were renewed at Let's Encrypt within the week, beside those that there are.
async fn renewed_lineages(stage: &Stage, context: &Context, from: usize, to: usize) -> Vec<LineageId> {
    let now = context.clock.now();
    let whole = Validity { from: now - Span::days(1), to: now + Span::days(89) };
    let authority = Authority::new("scale", whole).unwrap();
    let identity = authority.issue(&["shop.example".parse().unwrap()], whole).unwrap();
    let der = pem::chain_from(identity.chain_pem().as_bytes()).unwrap();
    let leaf = Certificate::parse(&der[0]).unwrap();
    let known = acme(context, "lab").await;
    let first = context.store.lineage_named(&context.scope, "shop").await.unwrap().unwrap();
    assert!(known.directory.contains("letsencrypt") && stage.ca.certificates().is_empty());
    let (mut changes, mut ids) = (Vec::new(), Vec::new());
    for number in from..to {
        let Mode::Managed(mut spec) = first.mode.clone() else { panic!("it is managed") };
        spec.identifiers = vec![format!("www.shop{number}.example").parse().unwrap()];
        let id: LineageId = context.new_id();
        let order = Order {
            id: context.new_id(),
            lineage_id: id,
            issuer_id: known.id,
            key_id: context.new_id(),
            identifiers: spec.identifiers.clone(),
            csr: Vec::new(),
            flow: json!({}),
            signing: None,
            opened_at: now - Span::hours(2),
            closed_at: Some(now - Span::hours(2)),
            ended: Some("issued".to_owned()),
            exemption: Exemption { same_set: true, ..Exemption::default() },
            missed_chain: None,
            http01: None,
        };
        let version = Version {
            id: context.new_id(),
            lineage_id: id,
            key_id: None,
            fingerprint: leaf.fingerprint(),
            chain_pem: identity.chain_pem(),
            not_before: leaf.not_before(),
            not_after: leaf.not_after(),
            obtained_at: now - Span::hours(2),
            origin: Origin::Order { order: order.id },
            state: VersionState::Current,
        };
        let lineage = Lineage {
            id,
            name: format!("shop{number}"),
            mode: Mode::Managed(spec),
            current: Some(version.id),
            ..first.clone()
        };
        changes.extend([Change::PutLineage(lineage), Change::PutVersion(version), Change::PutOrder(order)]);
        ids.push(id);
    }
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    ids
}

/// Statements and rows of one piece of work.
async fn work<T>(context: &Context, piece: impl Future<Output = T>) -> (u64, u64) {
    let before = context.store.asked();
    piece.await;
    let after = context.store.asked();
    (after.0 - before.0, after.1 - before.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_with_a_limited_ca_is_read_once_for_all_lineages_and_never_whole_for_one() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    stage.lineage(context, &["shop.example"]).await;
    let lab = acme(context, "lab").await;
    let directory = "https://acme-v02.api.letsencrypt.org/directory".to_owned();
    context
        .apply(None, &Actor::Engine, &[Change::PutIssuer(AcmeIssuer { directory, ..lab }.into())])
        .await
        .unwrap();
    let (mut all, mut one) = (Vec::new(), Vec::new());
    for hundreds in 0..4 {
        let ids = renewed_lineages(&stage, context, hundreds * 100, hundreds * 100 + 100).await;
        let person = Actor::Person("ada".to_owned());
        let status = operate::call(context, &person, "status.all", json!({}));
        all.push(work(context, async { status.await.unwrap() }).await);
        one.push(work(context, async { Case::load(context, ids[7]).await.unwrap().unwrap() }).await);
    }
    assert!(all.iter().all(|(statements, _)| *statements == all[0].0), "{all:?}");
    let grown: Vec<u64> = all.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    assert!(
        grown.iter().all(|rows| *rows == grown[0]),
        "rows grow with the lineages, not with their square: {all:?}"
    );
    assert!(one.iter().all(|work| *work == one[0]), "a renewal's own work: {one:?}");
    assert!(one[0].0 <= 10, "{one:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_remembers_what_the_ca_exempts_it_from() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let force = json!({ "lineage": "shop", "force": true, "block_key": false });
    operate::call(context, &Actor::Person("ada".to_owned()), "lifecycle.renew", force).await.unwrap();
    let orders = context.store.orders_of(&context.scope, id, 10).await.unwrap();
    let told: Vec<Exemption> = orders.iter().map(|order| order.exemption).collect();
    let renewal = Exemption { same_set: true, in_window: false, replaces_accepted: true };
    assert_eq!(told, [renewal, Exemption::default()]);
}
