//! Looks at a fleet whose endpoints fall due at an instant each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use notafter_cert::path::Anchors;
use notafter_cert::{Span, Time};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::findings::ALERT;
use notafter_engine::open::{self, Installation};
use notafter_engine::operate;
use notafter_engine::settings::Settings;
use notafter_engine::tasks::{self, scan};
use notafter_inventory::model::{Actor, Channel, Contact, Criticality, CriticalityBy, Endpoint, Owner};
use notafter_lab::fleet::Fleet;
use notafter_lab::http_sink::HttpSink;
use notafter_net::Clock;
use notafter_net::dns::Resolver;
use notafter_net::trust::Trust;
use notafter_store::{Change, Scope, TaskSubject};
use serde_json::json;
use tempfile::TempDir;

/// One shard of the fleet: certificates of 160 hours, looked at every 100 minutes less up to a tenth.
const SIZE: usize = 1000;

pub(crate) const START: Time = Time::from_unix_seconds(1_790_000_000);

pub(crate) fn settings(folder: &TempDir) -> Settings {
    Settings {
        data: Some(folder.path().join("data")),
        key_encryption_key: Some(folder.path().join("kek")),
        ..Settings::default()
    }
}

pub(crate) async fn open(folder: &TempDir, clock: &Clock, fleet: &Arc<Fleet>, trust: &Trust) -> Installation {
    let eye: Arc<dyn notafter_net::Eye> = Arc::clone(fleet) as _;
    let resolver = Resolver::system(Span::seconds(1));
    open::open_with(&settings(folder), clock.clone(), resolver, eye, trust).await.unwrap()
}

pub(crate) fn root_of(fleet: &Fleet) -> Trust {
    Trust::of(Anchors::from_pem("fleet", fleet.root_pem().as_bytes()).unwrap())
}

/// Every target of the fleet, due now.
pub(crate) async fn register(context: &Context, fleet: &Fleet) {
    let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    let mut changes = Vec::new();
    for target in fleet.targets() {
        let endpoint = Endpoint {
            id: context.new_id(),
            owner_id: owner.id,
            target,
            labels: BTreeMap::new(),
            criticality: Criticality::Normal,
            criticality_by: CriticalityBy::default(),
            trust: None,
            written_by_admin: true,
        };
        let subject = scan::subject(endpoint.id);
        changes.push(Change::PutEndpoint(endpoint));
        changes.push(Change::Schedule { task: scan::KIND, subject, due_at: context.clock.now() });
    }
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
}

#[tokio::test]
async fn endpoints_that_fall_due_within_seconds_share_a_transaction() {
    let (clock, folder) = (Clock::staged(START), tempfile::tempdir().unwrap());
    let fleet = Arc::new(Fleet::new(clock.clone(), SIZE).unwrap());
    let installation = open(&folder, &clock, &fleet, &root_of(&fleet)).await;
    let context = &installation.context;
    register(context, &fleet).await;

    Driver::new(Arc::clone(context)).run_until(START + Span::minutes(101)).await.unwrap();

    let states = context.store.endpoint_states_after(&context.scope, None, 2 * SIZE as u32).await.unwrap();
    let instants: BTreeSet<Time> = states.iter().map(|state| state.looked_at).collect();
    assert_eq!(states.len(), SIZE);
    assert!(instants.first().is_some_and(|first| *first > START + Span::minutes(80)), "looked at twice");
    // Ten minutes of spread, five seconds of gathering: 120 transactions and not a thousand.
    assert!(instants.len() <= 121, "{}", instants.len());
    assert_eq!(context.store.findings_open(&context.scope).await.unwrap(), []);
}

/// The default owner hears by this webhook from now on, and is due to be told now.
pub(crate) async fn tell_by(context: &Context, hook: &HttpSink) {
    let channel = Channel {
        id: context.new_id(),
        name: "hook".to_owned(),
        kind: "webhook".to_owned(),
        settings: serde_json::from_value(json!({ "url": format!("http://{}/", hook.address()) })).unwrap(),
    };
    let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    let subject = TaskSubject::of(owner.id);
    let contacts = vec![Contact { channel: "hook".to_owned(), to: None }.into()];
    let changes = [
        Change::PutChannel(channel),
        Change::PutOwner(Owner { contacts, ..owner }),
        Change::Schedule { task: ALERT, subject, due_at: context.clock.now() },
    ];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
}

/// A root was missing in the setting `trust`. It was added, and the server started anew: what had been found by the old
/// anchors stayed for hours, and was mailed two minutes after it had been mended.
#[tokio::test]
async fn what_was_found_by_other_anchors_is_judged_again_at_the_start_and_told_to_nobody() {
    let (clock, folder) = (Clock::staged(START), tempfile::tempdir().unwrap());
    let fleet = Arc::new(Fleet::new(clock.clone(), 3).unwrap());
    let hook = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let (ours, mozilla) = (root_of(&fleet), Trust::mozilla());
    let mut seen = Vec::new();
    for trust in [&mozilla, &ours, &ours, &mozilla] {
        let installation = open(&folder, &clock, &fleet, trust).await;
        let (context, begun) = (&installation.context, clock.now());
        if seen.is_empty() {
            register(context, &fleet).await;
        }
        tasks::ensure(context).await.unwrap();
        let told_from = context.store.next_due(ALERT).await.unwrap().map(|due| due.since(begun));
        let driver = Driver::new(Arc::clone(context));
        driver.run_until(begun + Span::seconds(10)).await.unwrap();
        let looked = context.store.endpoint_states_after(&context.scope, None, 9).await.unwrap();
        let looks = looked.iter().filter(|state| state.looked_at >= begun).count();
        let open = context.store.findings_open(&context.scope).await.unwrap();
        let distrusted = open.iter().filter(|finding| finding.violation.code.starts_with("chain.")).count();
        if seen.is_empty() {
            tell_by(context, &hook).await;
        } else {
            driver.run_until(begun + Span::minutes(5)).await.unwrap();
        }
        let about =
            hook.asked().iter().filter(|asked| asked.body.windows(6).any(|part| part == b"chain.")).count();
        seen.push((looks, distrusted, about > 0, told_from.filter(|_| seen.len() == 1)));
        context.store.close().await;
    }
    let held_back = Some(Span::minutes(1));
    let expected = [(3, 3, false, None), (3, 0, false, held_back), (0, 0, false, None), (3, 3, true, None)];
    assert_eq!(seen, expected);
}

/// A root was added to the file that the setting `trust` names: every hint led back to the same refusal until somebody started
/// the server anew.
#[tokio::test]
async fn anchors_that_are_mended_in_their_file_are_those_in_force() {
    let (clock, folder) = (Clock::staged(START), tempfile::tempdir().unwrap());
    let fleet = Arc::new(Fleet::new(clock.clone(), 2).unwrap());
    let other = Fleet::new(clock.clone(), 1).unwrap();
    let file = folder.path().join("house.pem");
    std::fs::write(&file, other.root_pem()).unwrap();
    let eye: Arc<dyn notafter_net::Eye> = Arc::clone(&fleet) as _;
    let settings = Settings { trust: file.display().to_string(), ..settings(&folder) };
    let resolver = Resolver::system(Span::seconds(1));
    let installation =
        open::open_with(&settings, clock.clone(), resolver, eye, &root_of(&other)).await.unwrap();
    let context = &installation.context;
    register(context, &fleet).await;
    tasks::ensure(context).await.unwrap();
    let driver = Driver::new(Arc::clone(context));
    let distrusted = async || {
        let open = context.store.findings_open(&context.scope).await.unwrap();
        open.iter().filter(|finding| finding.violation.code.starts_with("chain.")).count()
    };
    driver.run_until(clock.now() + Span::seconds(10)).await.unwrap();
    assert_eq!(distrusted().await, 2);
    std::fs::write(&file, other.root_pem() + &fleet.root_pem()).unwrap();
    assert_eq!(context.judge().anchors().len(), 2);
    tasks::ensure(context).await.unwrap();
    driver.run_until(clock.now() + Span::seconds(10)).await.unwrap();
    assert_eq!(distrusted().await, 0);
    // Half a file is none: what was good is in force until it is whole.
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----").unwrap();
    assert_eq!(context.judge().anchors().len(), 2);
}

/// Whoever is kept to an owner asks for looks at what is that owner's, and loses nobody else's.
#[tokio::test]
async fn everything_that_is_looked_at_is_what_the_caller_may_see() {
    let (clock, folder) = (Clock::staged(START), tempfile::tempdir().unwrap());
    let fleet = Arc::new(Fleet::new(clock.clone(), 4).unwrap());
    let installation = open(&folder, &clock, &fleet, &root_of(&fleet)).await;
    let context = &installation.context;
    register(context, &fleet).await;
    Driver::new(Arc::clone(context)).run_until(START + Span::minutes(1)).await.unwrap();
    let (store, scope) = (&context.store, &context.scope);
    let team = Owner {
        id: context.new_id(),
        name: "team".to_owned(),
        ..store.owners(scope).await.unwrap().remove(0)
    };
    let mine = store.endpoints(scope).await.unwrap().remove(0);
    let changes =
        [Change::PutOwner(team.clone()), Change::PutEndpoint(Endpoint { owner_id: team.id, ..mine.clone() })];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    clock.advance_to(START + Span::minutes(20));
    let look = async |context: &Context, endpoints: &[String]| {
        let arguments = json!({ "endpoints": endpoints });
        operate::call(context, &Actor::Engine, "endpoint.look", arguments).await.unwrap()
    };
    let fresh = async || {
        let states = store.endpoint_states_after(scope, None, 9).await.unwrap();
        states.iter().filter(|state| state.looked_at == clock.now()).count()
    };
    let kept = context.within(Scope::owner(team.id));
    assert_eq!(look(&kept, &[]).await["all"]["known"], 1);
    assert_eq!(fresh().await, 1);
    let seen = look(context, &[mine.id.to_string()]).await;
    assert_eq!((&seen["endpoints"][0]["needs"], fresh().await), (&json!([]), 1));
    assert_eq!(look(context, &[]).await["all"]["known"], 4);
    assert_eq!(fresh().await, 4);
}
