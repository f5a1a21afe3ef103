//! `notafter serve` with 1,000 and with 100,000 endpoints: the time until it is ready, and its memory when idle.
//!
//! The endpoints are loopback addresses of one nginx with a good certificate. Ready and idle are measured on a data
//! directory whose endpoints were all looked at once, as after any restart.

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use notafter_bench::installation::{Installation, Serving};
use notafter_bench::{Result, cpu, load, median, nginx_on, report, resident};
use notafter_lab::port;

const SIZES: [(usize, f64); 2] = [(1_000, 60.0), (100_000, 250.0)];
const NAME: &str = "shop.example";
const STARTS: usize = 5;

/// So long must it do nothing before it counts as idle.
const QUIET: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(900);

fn main() -> Result<()> {
    let only: Option<usize> = std::env::args().nth(1).map(|text| text.parse()).transpose()?;
    for (size, goal) in SIZES {
        if only.is_none_or(|only| only == size) {
            measure(size, goal)?;
        }
    }
    Ok(())
}

fn measure(size: usize, goal: f64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let port = port::free()?;
    let _nginx = nginx_on(folder.path(), port, NAME)?;
    let more = format!("trust = {:?}\n", folder.path().join("root.pem"));
    let installation = Installation::new(folder.path(), &more)?;
    let begun = Instant::now();
    installation.apply(&inventory(size, port)?)?;
    report(&format!("{size} endpoints: applied in {:.1} s", begun.elapsed().as_secs_f64()));
    let first = look_at_all(&installation, size, folder.path())?;
    report(&format!("memory while looking at all of them {first:8.1} MB"));
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let serving = installation.serve()?;
        times.push(serving.ready()?.as_secs_f64() * 1e3);
    }
    report(&format!("ready              {:8.0} ms (goal with 100,000: at most 300)", median(times)));
    let serving = installation.serve()?;
    serving.ready()?;
    let memory = idle(&serving)?;
    report(&format!("idle               {memory:8.1} MB (goal: at most {goal})"));
    report(&format!("load average       {:>8}", load()));
    Ok(())
}

fn inventory(size: usize, port: u16) -> Result<String> {
    let mut text = String::new();
    for index in 0..size {
        let index = u32::try_from(index)?;
        let address = Ipv4Addr::from(0x7f01_0000 + index / 250 * 256 + index % 250 + 1);
        write!(text, "[[endpoint]]\ntarget = \"{address}:{port}\"\nsni = \"{NAME}\"\n\n")?;
    }
    Ok(text)
}

/// The first look at every endpoint; tells the memory after it.
fn look_at_all(installation: &Installation, size: usize, folder: &Path) -> Result<f64> {
    let serving = installation.serve()?;
    serving.ready()?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        std::thread::sleep(QUIET);
        let overdue = serving.metric("notafter_tasks_overdue{task=\"scan\"}")?;
        if overdue == 0.0 {
            let looked = serving.metric("notafter_endpoints")?;
            let rate = size as f64 / begun.elapsed().as_secs_f64();
            report(&format!("looked at          {looked:8} endpoints, {rate:.0}/s"));
            return Ok(resident(&serving.child) as f64 / 1e6);
        }
    }
    Err(format!("the endpoints were not all looked at; see {}", folder.join("serve.log").display()).into())
}

/// Memory once the processor time stands still.
fn idle(serving: &Serving) -> Result<f64> {
    let begun = Instant::now();
    loop {
        let before = cpu(&serving.child)?;
        std::thread::sleep(QUIET);
        let used = cpu(&serving.child)? - before;
        if used < Duration::from_millis(100) || begun.elapsed() > Duration::from_secs(60) {
            return Ok(resident(&serving.child) as f64 / 1e6);
        }
    }
}
