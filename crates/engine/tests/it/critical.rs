//! An endpoint that is critical among many that are not: how often it is looked at, and how soon its failure is told.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use notafter_cert::{Span, Time};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open;
use notafter_engine::operate;
use notafter_engine::tasks::{scan, urgent};
use notafter_inventory::model::{Actor, Criticality, CriticalityBy, Endpoint};
use notafter_lab::fleet::Fleet;
use notafter_lab::http_sink::HttpSink;
use notafter_net::dns::Resolver;
use notafter_net::{Clock, Eye, Resolution, ResolveError};
use notafter_store::Change;
use notafter_tls::observation::{Failure, FailureKind, Observation, Outcome};
use notafter_tls::{Offer, Target};
use serde_json::json;

use crate::scan::{START, register, root_of, settings, tell_by};

/// What an address shows instead of what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// No certificate.
    Fails(FailureKind),
    /// So many samples fail; the next one is well.
    Loses(u32),
    /// The certificate of another name.
    Misserves,
}

/// A fleet of which the first endpoint can be made to fail.
struct Faulty {
    clock: Clock,
    fleet: Fleet,
    victim: Target,
    fault: Mutex<Option<Fault>>,
    /// Whether no name server answers.
    is_lost: AtomicBool,
    /// When the victim was looked at, and whether that failed.
    samples: Mutex<Vec<(Time, bool)>>,
}

impl Faulty {
    fn new(clock: &Clock, size: usize) -> Self {
        // Two certificates, so that there is another one to show.
        let fleet = Fleet::sharing(clock.clone(), size, size / 2).unwrap();
        let victim = fleet.targets().next().unwrap();
        let (fault, samples) = (Mutex::default(), Mutex::default());
        Self { clock: clock.clone(), fleet, victim, fault, is_lost: AtomicBool::new(false), samples }
    }

    fn set(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
    }

    /// The fault that the next sample shows.
    fn strikes(&self) -> Option<Fault> {
        let mut fault = self.fault.lock().unwrap();
        match *fault {
            Some(Fault::Loses(0)) => None,
            Some(Fault::Loses(left)) => fault.replace(Fault::Loses(left - 1)),
            other => other,
        }
    }

    /// When the victim was looked at since.
    fn looks(&self, since: Time) -> BTreeSet<Time> {
        self.samples.lock().unwrap().iter().map(|(at, _)| *at).filter(|at| *at > since).collect()
    }

    fn first_failure(&self, since: Time) -> Time {
        let samples = self.samples.lock().unwrap();
        samples.iter().find(|(at, failed)| *failed && *at > since).unwrap().0
    }
}

impl Eye for Faulty {
    fn resolve<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        if self.is_lost.load(Ordering::Relaxed) {
            let lost = ResolveError { host: target.host.to_string(), failures: Vec::new() };
            return Box::pin(ready(Err(lost)));
        }
        self.fleet.resolve(target)
    }

    fn look_for<'a>(
        &'a self,
        target: &'a Target,
        address: SocketAddr,
        offer: Offer,
    ) -> BoxFuture<'a, Observation> {
        if *target != self.victim {
            return self.fleet.look_for(target, address, offer);
        }
        let fault = self.strikes();
        self.samples.lock().unwrap().push((self.clock.now(), fault.is_some()));
        let kind = match fault {
            None => return self.fleet.look_for(target, address, offer),
            Some(Fault::Misserves) => {
                let other = self.fleet.targets().last().unwrap();
                let seen = self.fleet.look_for(&other, address, offer).now_or_never();
                return Box::pin(ready(seen.unwrap()));
            }
            Some(Fault::Fails(kind)) => kind,
            Some(Fault::Loses(_)) => FailureKind::Reset,
        };
        let outcome = Outcome::Failed(Failure { kind, detail: "staged".to_owned(), alert: None });
        let took = Span::millis(3);
        let vantage = "local".to_owned();
        Box::pin(ready(Observation { at: self.clock.now(), vantage, address, outcome, took }))
    }
}

/// The endpoints of the fleet, of which the first one matters so much from now on.
async fn matters(context: &Context, eye: &Faulty, level: Criticality) {
    let (store, scope) = (&context.store, &context.scope);
    let victim = store.endpoint_at(scope, &eye.victim).await.unwrap().unwrap();
    let subject = scan::subject(victim.id);
    let victim = Endpoint { criticality: level, criticality_by: CriticalityBy::Endpoint, ..victim };
    let due_at = context.clock.now();
    let changes = [Change::PutEndpoint(victim), Change::Schedule { task: scan::KIND, subject, due_at }];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
}

/// When the alerts that are open were told first, of those that were not told before.
async fn told(context: &Context, since: Time) -> Vec<Time> {
    let alerts = context.store.alerts_open(&context.scope).await.unwrap();
    let first = alerts.iter().filter_map(|alert| alert.told.first().map(|told| told.at));
    first.filter(|at| *at > since).collect()
}

#[tokio::test]
async fn a_failure_of_a_critical_endpoint_is_told_within_five_seconds_of_the_first_failed_sample() {
    let faults = [
        (Fault::Fails(FailureKind::Refused), Some(Span::seconds(1))),
        (Fault::Fails(FailureKind::Timeout), Some(Span::seconds(1))),
        (Fault::Misserves, Some(Span::ZERO)),
        // Both samples of one look, and a look later all is well.
        (Fault::Loses(2), None),
    ];
    for (fault, expected) in faults {
        let (clock, folder) = (Clock::staged(START), tempfile::tempdir().unwrap());
        let eye = Arc::new(Faulty::new(&clock, 200));
        let hook = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        let resolver = Resolver::system(Span::seconds(1));
        let trust = root_of(&eye.fleet);
        let installation =
            open::open_with(&settings(&folder), clock.clone(), resolver, Arc::clone(&eye) as _, &trust)
                .await
                .unwrap();
        let context = &installation.context;
        register(context, &eye.fleet).await;
        matters(context, &eye, Criticality::Critical).await;
        tell_by(context, &hook).await;
        let driver = Driver::new(Arc::clone(context));
        driver.run_until(START + Span::minutes(5)).await.unwrap();
        let looks: Vec<Time> = eye.looks(START - Span::seconds(1)).into_iter().collect();
        assert!(looks.len() >= 11, "{looks:?}");
        assert!(looks.windows(2).all(|pair| pair[1].since(pair[0]) <= Span::seconds(20)), "{looks:?}");
        let before = hook.asked().len();

        let begun = clock.now();
        eye.set(Some(fault));
        driver.run_until(begun + Span::minutes(1)).await.unwrap();
        let failed = eye.first_failure(begun);
        let told = told(context, begun).await;
        match expected {
            None => assert_eq!((told.as_slice(), hook.asked().len()), (&[][..], before), "{fault:?}"),
            Some(after) => {
                assert_eq!(told.iter().map(|at| at.since(failed)).collect::<Vec<_>>(), [after], "{fault:?}");
                assert!(told[0].since(begun) <= Span::seconds(35), "{fault:?}");
                assert_eq!(hook.asked().len(), before + 1, "{fault:?}");
            }
        }
        context.store.close().await;
    }
}

/// What an endpoint matters decides which loop looks at it, also when that changes; a person who asks is answered for both.
#[tokio::test]
async fn an_endpoint_is_looked_at_by_one_loop_alone_whatever_it_matters() {
    let (clock, folder) = (Clock::staged(START), tempfile::tempdir().unwrap());
    let eye = Arc::new(Faulty::new(&clock, 20));
    let resolver = Resolver::system(Span::seconds(1));
    let trust = root_of(&eye.fleet);
    let installation =
        open::open_with(&settings(&folder), clock.clone(), resolver, Arc::clone(&eye) as _, &trust)
            .await
            .unwrap();
    let context = &installation.context;
    register(context, &eye.fleet).await;
    let driver = Driver::new(Arc::clone(context));
    let victim = context.store.endpoint_at(&context.scope, &eye.victim).await.unwrap().unwrap();
    let planned = async |context: &Context| {
        let due = async |task| context.store.due(task, &scan::subject(victim.id)).await.unwrap().is_some();
        (due(scan::KIND).await, due(urgent::KIND).await)
    };
    let look = async |context: &Context, endpoints: &[String]| {
        let begun = context.clock.now();
        let arguments = json!({ "endpoints": endpoints });
        let looked = operate::call(context, &Actor::Engine, "endpoint.look", arguments).await.unwrap();
        assert_eq!(looked["waiting"], 0);
        eye.looks(begun - Span::micros(1)).len()
    };
    for (level, loops, within_a_minute) in [
        (Criticality::Normal, (true, false), 1),
        (Criticality::Critical, (false, true), 3),
        (Criticality::High, (true, false), 1),
    ] {
        let begun = clock.now();
        matters(context, &eye, level).await;
        driver.run_until(begun + Span::minutes(1)).await.unwrap();
        assert_eq!(planned(context).await, loops, "{level}");
        let looks = eye.looks(begun - Span::micros(1)).len();
        assert!(looks >= within_a_minute && looks <= within_a_minute + 1, "{level}: {looks}");
        clock.advance_to(clock.now() + Span::seconds(5));
        assert_eq!(look(context, &[victim.id.to_string()]).await, 1, "{level}, by name");
        clock.advance_to(clock.now() + Span::seconds(5));
        assert_eq!(look(context, &[]).await, 1, "{level}, with all others");
        assert_eq!(planned(context).await, loops, "{level}");
    }
}

/// One lost packet wakes nobody either where what failed before could not be looked at since.
#[tokio::test]
async fn a_failure_of_long_ago_is_not_confirmed_by_one_sample() {
    let (clock, folder) = (Clock::staged(START), tempfile::tempdir().unwrap());
    let eye = Arc::new(Faulty::new(&clock, 20));
    let hook = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let resolver = Resolver::system(Span::seconds(1));
    let trust = root_of(&eye.fleet);
    let installation =
        open::open_with(&settings(&folder), clock.clone(), resolver, Arc::clone(&eye) as _, &trust)
            .await
            .unwrap();
    let context = &installation.context;
    register(context, &eye.fleet).await;
    matters(context, &eye, Criticality::Critical).await;
    tell_by(context, &hook).await;
    let driver = Driver::new(Arc::clone(context));
    driver.run_until(START + Span::minutes(5)).await.unwrap();

    let begun = clock.now();
    eye.set(Some(Fault::Loses(2)));
    while eye.looks(begun).is_empty() {
        driver.run_until(clock.now() + Span::millis(500)).await.unwrap();
    }
    eye.is_lost.store(true, Ordering::Relaxed);
    driver.run_until(clock.now() + Span::minutes(5)).await.unwrap();
    eye.is_lost.store(false, Ordering::Relaxed);
    let back = clock.now();
    eye.set(Some(Fault::Loses(1)));
    driver.run_until(back + Span::minutes(2)).await.unwrap();

    let failed = eye.samples.lock().unwrap().iter().filter(|(at, failed)| *failed && *at > back).count();
    assert_eq!(failed, 1, "the fault struck");
    let said: Vec<String> =
        hook.asked().iter().map(|asked| String::from_utf8_lossy(&asked.body).into_owned()).collect();
    assert!(!said.iter().any(|said| said.contains("endpoint.reset")), "{said:?}");
}
