//! Looks at a fleet whose endpoints fall due at an instant each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use notafter_cert::path::Anchors;
use notafter_cert::{Span, Time};
use notafter_engine::driver::Driver;
use notafter_engine::open;
use notafter_engine::settings::Settings;
use notafter_engine::tasks::scan;
use notafter_inventory::model::{Actor, Criticality, Endpoint};
use notafter_lab::fleet::Fleet;
use notafter_net::Clock;
use notafter_net::dns::Resolver;
use notafter_net::trust::Trust;
use notafter_store::Change;

/// One shard of the fleet: certificates of 160 hours, looked at every 100 minutes less up to a tenth.
const SIZE: usize = 1000;

#[tokio::test]
async fn endpoints_that_fall_due_within_seconds_share_a_transaction() {
    let start = Time::from_unix_seconds(1_790_000_000);
    let clock = Clock::staged(start);
    let folder = tempfile::tempdir().unwrap();
    let fleet = Arc::new(Fleet::new(clock.clone(), SIZE).unwrap());
    let settings = Settings {
        data: Some(folder.path().join("data")),
        key_encryption_key: Some(folder.path().join("kek")),
        ..Settings::default()
    };
    let trust = Trust::of(Anchors::from_pem("fleet", fleet.root_pem().as_bytes()).unwrap());
    let eye: Arc<dyn notafter_net::Eye> = Arc::clone(&fleet) as _;
    let resolver = Resolver::system(Span::seconds(1));
    let installation = open::open_with(&settings, clock, resolver, eye, &trust).await.unwrap();
    let context = &installation.context;
    let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    let mut changes = Vec::new();
    for target in fleet.targets() {
        let endpoint = Endpoint {
            id: context.new_id(),
            owner_id: owner.id,
            target,
            labels: BTreeMap::new(),
            criticality: Criticality::Normal,
            trust: None,
            written_by_admin: true,
        };
        let subject = scan::subject(endpoint.id);
        changes.push(Change::PutEndpoint(endpoint));
        changes.push(Change::Schedule { task: scan::KIND, subject, due_at: start });
    }
    context.apply(None, &Actor::Engine, &changes).await.unwrap();

    Driver::new(Arc::clone(context)).run_until(start + Span::minutes(101)).await.unwrap();

    let states = context.store.endpoint_states_after(&context.scope, None, 2 * SIZE as u32).await.unwrap();
    let instants: BTreeSet<Time> = states.iter().map(|state| state.looked_at).collect();
    assert_eq!(states.len(), SIZE);
    assert!(instants.first().is_some_and(|first| *first > start + Span::minutes(80)), "looked at twice");
    // Ten minutes of spread, five seconds of gathering: 120 transactions and not a thousand.
    assert!(instants.len() <= 121, "{}", instants.len());
    assert_eq!(context.store.findings_open(&context.scope).await.unwrap(), []);
}
