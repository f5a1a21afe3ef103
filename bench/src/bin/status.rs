//! The status page of `notafter serve`, asked by wrk on the same machine: how many answers a second, while nothing else happens and
//! while the scheduler looks at endpoints as fast as it can.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use notafter_bench::installation::{Installation, Serving};
use notafter_bench::{Result, cpu, load, nginx_on, report};
use notafter_lab::port;

const ENDPOINTS: usize = 50_000;
const COMPONENTS: usize = 40;
const NAME: &str = "shop.example";
const CONNECTIONS: &str = "32";
const SECONDS: &str = "10";
const PATIENCE: Duration = Duration::from_secs(600);
const OVERDUE: &str = "notafter_tasks_overdue{task=\"scan\"}";

fn main() -> Result<()> {
    let endpoints = std::env::args().nth(1).map_or(Ok(ENDPOINTS), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let port = port::free()?;
    let _nginx = nginx_on(folder.path(), port, NAME)?;
    let more = format!("trust = {:?}\n", folder.path().join("root.pem"));
    let installation = Installation::new(folder.path(), &more)?;
    installation.apply(&inventory(endpoints, port)?)?;
    let serving = installation.serve()?;
    serving.ready()?;
    report(&format!(
        "{endpoints} endpoints of {COMPONENTS} components; wrk on one thread, {CONNECTIONS} connections"
    ));
    // It has seen none of them, and looks at all.
    ask(&serving, "while it looks")?;
    until_looked_at(&serving)?;
    ask(&serving, "while it does not")?;
    report(&format!("load average {:>10}", load()));
    Ok(())
}

fn inventory(endpoints: usize, port: u16) -> Result<String> {
    let mut text = String::new();
    for index in 0..endpoints {
        let (second, third, low) = (index / 62_500 + 1, index / 250 % 250, index % 250 + 1);
        let component = index % COMPONENTS;
        write!(
            text,
            "[[endpoint]]\ntarget = \"127.{second}.{third}.{low}:{port}\"\nsni = \"{NAME}\"\n\
             labels = {{ component = \"part {component}\" }}\n\n"
        )?;
    }
    Ok(text)
}

fn until_looked_at(serving: &Serving) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_secs(5));
        if serving.metric(OVERDUE)? == 0.0 {
            return Ok(());
        }
    }
    Err("the endpoints were not all looked at".into())
}

fn ask(serving: &Serving, when: &str) -> Result<()> {
    for page in ["/status", "/api/v2/summary.json"] {
        let overdue = serving.metric(OVERDUE)?;
        let (begun, used) = (Instant::now(), cpu(&serving.child)?);
        let url = format!("http://{}{page}", serving.listen);
        let output = Command::new("wrk")
            .args(["-t1", "-c", CONNECTIONS, "-d", SECONDS, "--latency", &url])
            .output()?;
        let took = begun.elapsed().as_secs_f64();
        let used = (cpu(&serving.child)? - used).as_secs_f64();
        let looked = overdue - serving.metric(OVERDUE)?;
        let told = String::from_utf8(output.stdout)?;
        if !output.status.success() || told.contains("Non-2xx") {
            return Err(format!("wrk {url}: {told}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let of = |word: &str| {
            let line = told.lines().find(|line| line.trim_start().starts_with(word));
            line.and_then(|line| line.split_whitespace().last()).unwrap_or("?").to_owned()
        };
        report(&format!(
            "{when:20} {page:22} {:>10}/s (goal: at least 2000)   p50 {:>8}   p99 {:>8}   {:6.0} looks/s   processor {:.2}",
            of("Requests/sec:"),
            of("50%"),
            of("99%"),
            looked / took,
            used / took
        ));
    }
    Ok(())
}
