//! A thousand TLS endpoints in `notafter serve`, gatus and Uptime Kuma, side by side: the resident memory of each when idle,
//! and the time of the pages that show the endpoints.
//!
//! All three run at once, look at the same addresses, and are measured in turns once each has looked at all of them.
//!
//!     watchers [ENDPOINTS] [SECONDS between two looks of the two others] [MINUTES they go on before they are measured]

mod endpoints;
mod gatus;
mod notafter;
mod program;
mod uptime_kuma;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use notafter_bench::{Result, load, median, report};

use crate::endpoints::Endpoints;
use crate::gatus::Gatus;
use crate::notafter::Notafter;
use crate::program::{Page, resident};
use crate::uptime_kuma::UptimeKuma;

const ENDPOINTS: usize = 1_000;
/// Nobody looks a second time while this runs, unless told to.
const INTERVAL: u64 = 3_600;
/// After the last look, so that what a look took is given back.
const QUIET: Duration = Duration::from_secs(30);
const SAMPLES: usize = 30;
const ASKED: usize = 100;
/// The two others let some 0.7 s pass between the first looks at any two endpoints.
const PATIENCE: Duration = Duration::from_secs(2_400);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(Ok(ENDPOINTS), |text| text.parse())?;
    let interval = Duration::from_secs(arguments.next().map_or(Ok(INTERVAL), |text| text.parse())?);
    let minutes: u64 = arguments.next().map_or(Ok(0), |text| text.parse())?;
    let gatus = named("NOTAFTER_GATUS", "gatus")?;
    let uptime_kuma = named("NOTAFTER_UPTIME_KUMA", "Uptime Kuma")?;
    let folder = tempfile::tempdir()?;
    let endpoints = Endpoints::serve(folder.path(), count)?;
    let start_gatus = |path: PathBuf| Gatus::start(&path, &endpoints, folder.path(), interval);
    let gatus = gatus.map(start_gatus).transpose()?;
    let start_uptime_kuma = |path: PathBuf| UptimeKuma::start(&path, &endpoints, folder.path(), interval);
    let uptime_kuma = uptime_kuma.map(start_uptime_kuma).transpose()?;
    let notafter = Notafter::start(&endpoints, folder.path())?;
    let mut processes = vec![("notafter", notafter.process())];
    let mut pages = notafter.pages();
    if let Some(gatus) = &gatus {
        until("gatus", || Ok(gatus.looked_at()? >= count))?;
        processes.push(("gatus", gatus.program.process()));
        pages.extend(gatus.pages());
    }
    if let Some(uptime_kuma) = &uptime_kuma {
        until("Uptime Kuma", || Ok(uptime_kuma.looked_at()? >= count))?;
        processes.push(("Uptime Kuma", uptime_kuma.program.process()));
        pages.extend(uptime_kuma.pages());
    }
    std::thread::sleep(Duration::from_secs(60 * minutes));
    report(&format!("{count} endpoints, each looked at by all; load average {}", load()));

    tell_memory(&processes)?;
    tell_pages(&pages)?;
    if let Some(uptime_kuma) = &uptime_kuma {
        let dashboard = uptime_kuma.dashboard()?;
        let first = dashboard.first().copied().unwrap_or_default();
        tell("Uptime Kuma, dashboard by its socket", first, dashboard, None);
    }
    tell_memory(&processes)?;
    report(&format!("load average {}", load()));
    Ok(())
}

/// Where one of the others is; who is not named is left out.
fn named(variable: &str, what: &str) -> Result<Option<PathBuf>> {
    let Some(path) = std::env::var_os(variable).map(PathBuf::from) else {
        report(&format!("without {what}: {variable} does not say where it is (bench/README.md)"));
        return Ok(None);
    };
    if !path.exists() {
        return Err(format!("{variable}: there is no {}", path.display()).into());
    }
    Ok(Some(std::path::absolute(path)?))
}

fn until(who: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if done()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_secs(15));
    }
    Err(format!("{who} did not look at all endpoints, or not all look well to it").into())
}

/// What each holds while it does nothing, in the same seconds.
fn tell_memory(processes: &[(&str, u32)]) -> Result<()> {
    std::thread::sleep(QUIET);
    let mut samples = vec![Vec::new(); processes.len()];
    for _ in 0..SAMPLES {
        for (samples, (_, process)) in samples.iter_mut().zip(processes) {
            samples.push(resident(*process)?);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    for ((name, _), samples) in processes.iter().zip(samples) {
        report(&format!("{name:44} resident {:8.1} MB", median(samples) as f64 / 1e6));
    }
    Ok(())
}

/// Each page in turn, so that all meet the same load.
fn tell_pages(pages: &[Page]) -> Result<()> {
    let mut times = vec![Vec::new(); pages.len()];
    let mut sizes = vec![0; pages.len()];
    for _ in 0..ASKED {
        for ((page, times), size) in pages.iter().zip(&mut times).zip(&mut sizes) {
            let loaded = page.load()?;
            times.push(loaded.took);
            *size = loaded.size;
            // Nobody asks without a pause.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    for ((page, times), size) in pages.iter().zip(times).zip(sizes) {
        tell(page.name, times[0], times, Some(size));
    }
    Ok(())
}

fn tell(name: &str, first: Duration, mut times: Vec<Duration>, size: Option<usize>) {
    times.sort();
    let of = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    let size = size.map_or_else(String::new, |size| format!("   {:8.1} kB", size as f64 / 1e3));
    report(&format!(
        "{name:44} first {:8.1} ms   p50 {:7.1} ms   p95 {:7.1} ms{size}",
        first.as_secs_f64() * 1e3,
        of(50),
        of(95)
    ));
}
