//! What a run-book knows of a case.

use std::sync::Arc;

use notafter_cert::{Certificate, Fingerprint, Span};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::operate::run_book;
use notafter_engine::tasks;
use notafter_inventory::model::*;
use notafter_lab::fleet::Fleet;
use notafter_net::Clock;
use notafter_net::trust::Trust;
use notafter_store::Change;
use notafter_tls::observation::Outcome;
use serde_json::json;

use crate::scan::{START, open, register, root_of};

/// The command of the run-book that binds curl to a key, and why that key is known.
async fn pin(context: &Context, finding: &Finding) -> Option<String> {
    let book = run_book::of(context, finding).await.unwrap();
    let first = book.meanwhile.into_iter().next()?;
    Some(format!("{} $ {}", first.text, first.command?))
}

/// A watch-only lineage whose chain is this one, installed at the endpoint.
fn lineage(context: &Context, endpoint: &Endpoint, chain: &[Vec<u8>]) -> (Lineage, Vec<Change>) {
    let id = context.new_id();
    let lineage = Lineage {
        id,
        owner_id: endpoint.owner_id,
        name: "fleet".to_owned(),
        labels: Labels::new(),
        mode: serde_json::from_value(json!({
            "mode": "watch-only", "renewer": "unknown", "identifiers": [], "chain_file": "/fleet.pem",
        }))
        .unwrap(),
        current: None,
        renewal: Renewal::default(),
        rehearsed: None,
    };
    let place = Place {
        id: context.new_id(),
        owner_id: endpoint.owner_id,
        lineage_id: id,
        name: "web".to_owned(),
        deployer: "files".to_owned(),
        settings: json!({}),
        endpoints: vec![endpoint.target.clone()],
    };
    let leaf = Certificate::parse(&chain[0]).unwrap();
    let version = Version {
        id: context.new_id(),
        lineage_id: id,
        fingerprint: leaf.fingerprint(),
        chain_pem: notafter_cert::pem::chain_to(chain),
        key_id: None,
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        obtained_at: context.clock.now(),
        state: VersionState::Current,
        origin: Origin::Files { path: "/fleet.pem".to_owned(), insisted: false },
    };
    let changes =
        vec![Change::PutLineage(lineage.clone()), Change::PutPlace(place), Change::PutVersion(version)];
    (lineage, changes)
}

#[tokio::test]
async fn a_key_is_known_by_how_long_it_was_served_or_by_its_lineage_and_no_more_once_it_is_blocked() {
    let (clock, folder) = (Clock::staged(START), tempfile::tempdir().unwrap());
    let fleet = Arc::new(Fleet::new(clock.clone(), 1).unwrap());
    let installation = open(&folder, &clock, &fleet, &root_of(&fleet)).await;
    register(&installation.context, &fleet).await;
    tasks::ensure(&installation.context).await.unwrap();
    Driver::new(Arc::clone(&installation.context)).run_until(START + Span::minutes(1)).await.unwrap();
    installation.context.store.close().await;
    drop(installation);

    // The same certificate is served on, and judged by other anchors.
    clock.advance_to(START + Span::minutes(30));
    let installation = open(&folder, &clock, &fleet, &Trust::mozilla()).await;
    let context = &installation.context;
    tasks::ensure(context).await.unwrap();
    Driver::new(Arc::clone(context)).run_until(clock.now() + Span::seconds(10)).await.unwrap();
    let (store, scope) = (&context.store, &context.scope);
    let open = store.findings_open(scope).await.unwrap();
    let finding = open.iter().find(|finding| finding.violation.code == "chain.untrusted-root").unwrap();
    let by_time = pin(context, finding).await.unwrap();
    assert!(
        by_time.contains("served there since") && by_time.contains("--pinnedpubkey 'sha256//"),
        "{by_time}"
    );
    let first = Finding { opened_at: START, ..finding.clone() };
    assert_eq!(pin(context, &first).await, None, "it was bad when it was first seen");

    let endpoint = store.endpoints(scope).await.unwrap().remove(0);
    let state = store.endpoint_state(scope, endpoint.id).await.unwrap().unwrap();
    let Outcome::Served(seen) = &state.looks[0].observation.outcome else { panic!("{state:?}") };
    let (lineage, changes) = lineage(context, &endpoint, &seen.chain);
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    assert!(pin(context, &first).await.unwrap().contains("it is the key of lineage fleet"));

    let key = Certificate::parse(&seen.chain[0]).unwrap().key().spki_sha256;
    let before = lineage.progress();
    let mut blocked = lineage;
    blocked.renewal.blocked_keys.push(Fingerprint::from_bytes(key).to_string());
    let advance = Change::Advance { lineage: blocked.id, before, after: blocked.progress() };
    context.apply(None, &Actor::Engine, &[advance]).await.unwrap();
    assert_eq!(pin(context, &first).await, None, "others may have it");
}
