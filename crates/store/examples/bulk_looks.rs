//! How fast the store takes observations, and how large it gets.
//!
//!     cargo run --release -p notafter-store --example bulk_looks -- [ENDPOINTS] [ROUNDS] [POSTGRES_URL]
//!
//! Puts the endpoints (default 1,000,000), then lets every one be claimed, looked at and rescheduled ROUNDS times
//! (default 4: a simulated day), in the order in which they are due, with one certificate in fifty changing per round.
//! Without a URL it runs on SQLite in a temporary directory below the present one.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Criticality, CriticalityBy, Endpoint, EndpointId, Labels, OwnerId};
use notafter_store::{Change, Location, Looked, Scope, Store, TaskSubject};
use notafter_tls::Resolution;
use notafter_tls::observation::{Observation, Outcome, Possession, Served, Staple};

const START: Time = Time::from_unix_seconds(1_795_000_000);
const ALL: Scope = Scope::EVERYTHING;
const BATCH: u32 = 1000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let endpoints: u32 = arguments.next().map_or(1_000_000, |text| text.parse().unwrap());
    let rounds: u32 = arguments.next().map_or(4, |text| text.parse().unwrap());
    let directory = PathBuf::from(format!("bulk-looks-{}", std::process::id()));
    let location = match arguments.next() {
        Some(url) => Location::Postgres(url),
        None => {
            std::fs::create_dir(&directory).unwrap();
            Location::File(directory.join("notafter.db"))
        }
    };
    let store = Store::open(&location, START).await.unwrap();
    put(&store, endpoints).await;
    size("endpoints put", &directory);
    for round in 0..rounds {
        let began = Instant::now();
        let rows = look(&store, round).await;
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "round {round}: {rows} looks in {seconds:.1} s, {:.0} per second",
            f64::from(rows) / seconds
        );
        size("  after it", &directory);
    }
    store.close().await;
    size("closed", &directory);
    let began = Instant::now();
    let store = Store::open(&location, START).await.unwrap();
    store.next_due("scan").await.unwrap();
    println!("opened again in {:.1} ms", began.elapsed().as_secs_f64() * 1000.0);
    store.close().await;
    drop(std::fs::remove_dir_all(directory));
}

async fn put(store: &Store, endpoints: u32) {
    let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
    let began = Instant::now();
    let numbers: Vec<u32> = (0..endpoints).collect();
    for numbers in numbers.chunks(10_000) {
        let mut changes = Vec::with_capacity(numbers.len() * 2);
        for number in numbers {
            let endpoint = endpoint(*number, owner);
            let due_at = START + Span::millis(i64::from(scattered(*number)) % 21_600_000);
            changes.push(Change::Schedule { task: "scan", subject: TaskSubject::of(endpoint.id), due_at });
            changes.push(Change::PutEndpoint(endpoint));
        }
        store.apply(&ALL, None, START, &Actor::Engine, &changes).await.unwrap();
    }
    println!("{endpoints} endpoints and tasks put in {:.1} s", began.elapsed().as_secs_f64());
}

async fn look(store: &Store, round: u32) -> u32 {
    let end = START + Span::hours(i64::from(round + 1) * 6);
    let mut rows = 0;
    loop {
        let leases = store.claim("scan", end, BATCH, "bench", Span::minutes(5)).await.unwrap();
        if leases.is_empty() {
            return rows;
        }
        let scans: Vec<Looked> = leases
            .into_iter()
            .map(|lease| {
                let endpoint_id: EndpointId = lease.subject.id().unwrap();
                let observation = observation(endpoint_id, end, round);
                Looked {
                    next_due: Some(end + Span::millis(i64::from(scattered(rows)) % 21_600_000 + 1)),
                    lease: Some(lease),
                    endpoint_id,
                    at: end,
                    resolution: Ok(Resolution::known(vec![observation.address])),
                    observations: vec![observation],
                    changes: Vec::new(),
                }
            })
            .collect();
        let stored = store.record_looks(&ALL, &scans).await.unwrap();
        assert!(stored.iter().all(|stored| *stored));
        rows += u32::try_from(scans.len()).unwrap();
    }
}

/// Neither the order of identities nor that of last time.
const fn scattered(number: u32) -> u32 {
    number.wrapping_mul(2_654_435_761) >> 1
}

fn endpoint(number: u32, owner_id: OwnerId) -> Endpoint {
    let mut random = [0; 10];
    random[6..].copy_from_slice(&number.to_be_bytes());
    Endpoint {
        id: EndpointId::new(START + Span::millis(i64::from(number / 100)), random),
        owner_id,
        target: format!("host{number}.service.example:443").parse().unwrap(),
        labels: Labels::new(),
        criticality: Criticality::Normal,
        criticality_by: CriticalityBy::default(),
        trust: None,
        written_by_admin: true,
    }
}

fn observation(id: EndpointId, at: Time, round: u32) -> Observation {
    let number = u32::from_be_bytes(id.as_bytes()[12..].try_into().unwrap());
    let version = if number % 50 == round % 50 { round } else { 0 };
    let mut leaf = vec![0x30; 900];
    leaf[..8].copy_from_slice(&[number.to_be_bytes(), version.to_be_bytes()].concat());
    Observation {
        at,
        vantage: "local".to_owned(),
        address: SocketAddr::from(([10, leaf[1], leaf[2], leaf[3]], 443)),
        outcome: Outcome::Served(Served {
            chain: Arc::from(vec![leaf, vec![0xca; 1100]]),
            version: 0x0304,
            suite: 0x1301,
            group: Some(0x001d),
            possession: Possession::Proven,
            incomplete: None,
            staple: Staple::Unknown,
        }),
        took: Span::millis(3),
    }
}

fn size(what: &str, directory: &std::path::Path) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let bytes: u64 = entries.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("{what}: {:.0} MB", bytes as f64 / 1e6);
}
