//! A million endpoints through 24 simulated hours of the real scheduler and the real store: time, memory, database.
//!
//! Only the network is simulated (`lab::fleet`): claims, judgement, plans and transactions are those of `serve`. The
//! first argument is another number of endpoints, the second another number of hours.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use notafter_bench::{Result, load, own_cpu, own_memory, report};
use notafter_cert::path::Anchors;
use notafter_cert::{Span, Time};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open::{self, Installation};
use notafter_engine::settings::Settings;
use notafter_engine::tasks::{self, scan};
use notafter_inventory::model::{Actor, Criticality, CriticalityBy, Endpoint, Subject};
use notafter_lab::fleet::Fleet;
use notafter_net::Clock;
use notafter_net::dns::Resolver;
use notafter_net::trust::Trust;
use notafter_store::Change;

const ENDPOINTS: usize = 1_000_000;
const HOURS: i64 = 24;
const START: Time = Time::from_unix_seconds(1_790_000_000);

/// Endpoints per transaction while they are registered.
const AT_ONCE: usize = 5_000;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let size = arguments.next().map_or(Ok(ENDPOINTS), |text| text.parse())?;
    let hours = arguments.next().map_or(Ok(HOURS), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let clock = Clock::staged(START);
    let fleet = Arc::new(Fleet::new(clock.clone(), size)?);
    let installation = stage(folder.path(), clock, &fleet).await?;
    let context = &installation.context;

    let begun = Instant::now();
    register(context, &fleet).await?;
    tasks::ensure(context).await.map_err(|fault| fault.what)?;
    report(&format!("registered         {size:10} endpoints in {}", spoken(begun.elapsed())));
    report(&format!("database           {:10.0} MB", megabytes(folder.path())?));

    let begun = Instant::now();
    let cpu = own_cpu()?;
    let driver = Driver::new(Arc::clone(context));
    for hour in 1..=hours {
        driver.run_until(START + Span::hours(hour)).await?;
        if hour == 1 || hour % 6 == 0 {
            report(&format!(
                "hour {hour:2}            {:>10}   database {:6.0} MB   memory {:5.0} MB   load {}",
                spoken(begun.elapsed()),
                megabytes(folder.path())?,
                own_memory() as f64 / 1e6,
                load()
            ));
        }
    }
    let took = begun.elapsed();
    // With nobody to tell, the installation has a finding about itself.
    let mut findings = context.store.findings_open(&context.scope).await?;
    findings.retain(|finding| matches!(finding.violation.subject, Subject::Endpoint(_)));
    report(&format!("{hours} simulated hours {:>10}   CPU {}", spoken(took), spoken(own_cpu()? - cpu)));
    report(&format!("memory at most     {:10.0} MB", own_memory() as f64 / 1e6));
    report(&format!("open findings      {:10}  (the fleet is healthy: none are right)", findings.len()));
    Ok(())
}

/// An installation with the fleet as its eyes.
async fn stage(folder: &Path, clock: Clock, fleet: &Arc<Fleet>) -> Result<Installation> {
    let settings = Settings {
        data: Some(folder.join("data")),
        key_encryption_key: Some(folder.join("key-encryption-key")),
        ..Settings::default()
    };
    let trust = Trust::of(Anchors::from_pem("fleet", fleet.root_pem().as_bytes())?);
    let resolver = Resolver::system(Span::seconds(1));
    let eye: Arc<dyn notafter_net::Eye> = Arc::clone(fleet) as _;
    let opened = open::open_with(&settings, clock, resolver, eye, &trust).await;
    Ok(opened.map_err(|fault| fault.what)?)
}

/// All of them due at once: the worst case for the scheduler.
async fn register(context: &Context, fleet: &Fleet) -> Result<()> {
    let owner = context.store.owner_named(&context.scope, "default").await?.ok_or("no default owner")?;
    let targets: Vec<_> = fleet.targets().collect();
    for some in targets.chunks(AT_ONCE) {
        let mut changes = Vec::with_capacity(2 * some.len());
        for target in some {
            let endpoint = Endpoint {
                id: context.new_id(),
                owner_id: owner.id,
                target: target.clone(),
                labels: std::collections::BTreeMap::new(),
                criticality: Criticality::Normal,
                criticality_by: CriticalityBy::default(),
                trust: None,
                written_by_admin: true,
            };
            let due = scan::subject(endpoint.id);
            changes.push(Change::PutEndpoint(endpoint));
            changes.push(Change::Schedule { task: scan::KIND, subject: due, due_at: START });
        }
        context.apply(None, &Actor::Engine, &changes).await?;
    }
    Ok(())
}

/// All files of the data directory: the database with its log of writes.
fn megabytes(folder: &Path) -> Result<f64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder.join("data"))? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes as f64 / 1e6)
}

fn spoken(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if seconds < 120.0 { format!("{seconds:.1} s") } else { format!("{:.1} min", seconds / 60.0) }
}
