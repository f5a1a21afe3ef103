//! From a fault at a critical endpoint to the status page and to the alert that goes out: a hundred endpoints of level `critical`,
//! each of which breaks once, at an instant of its own: from then on it resets connections, serves a certificate that has ended, or
//! never answers, in turns.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use notafter_bench::installation::{Installation, Serving};
use notafter_bench::{Result, load, report};
use notafter_cert::{Identifier, Span};
use notafter_lab::authority::{Authority, Identity, Validity};
use notafter_lab::http_sink::HttpSink;
use notafter_lab::tls_server::{Behaviour, Files, TlsServer};
use notafter_net::Clock;
use serde_json::Value;

const ENDPOINTS: usize = 100;
/// Between two faults; no multiple of the interval between two looks.
const APART: Duration = Duration::from_millis(1_370);
const PATIENCE: Duration = Duration::from_secs(120);
/// As the settings have it where they say nothing.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);
const BEAT: Duration = Duration::from_millis(20);

/// One endpoint, and when what of it was seen.
struct Endpoint {
    server: TlsServer,
    files: Files,
    /// What it serves once it is broken, where it goes on to serve.
    ended: Identity,
    broken: Option<Instant>,
    /// How long it takes until who asks it knows that it failed.
    fails_after: Duration,
    connections: u64,
    /// When a sample of it first failed.
    sampled: Option<Instant>,
    shown: Option<Instant>,
    told: Option<Instant>,
}

impl Endpoint {
    fn address(&self) -> SocketAddr {
        self.server.address()
    }

    fn is_done(&self) -> bool {
        self.shown.is_some() && self.told.is_some()
    }
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let now = Clock::system().now();
    let long = Validity { from: now - Span::days(400), to: now + Span::days(400) };
    let authority = Authority::new("told", long)?;
    let names = [Identifier::Ip("127.0.0.1".parse()?)];
    let good = Validity { from: now - Span::days(10), to: now + Span::days(80) };
    let over = Validity { from: now - Span::days(90), to: now - Span::hours(1) };
    let mut endpoints = Vec::new();
    for number in 0..ENDPOINTS {
        // Not one certificate at two endpoints: that would be one alert.
        let (pair, ended) = (authority.issue(&names, good)?, authority.issue(&names, over)?);
        endpoints.push(runtime.block_on(endpoint(folder.path(), number, (&pair, ended)))?);
    }
    let sink = runtime.block_on(HttpSink::start("127.0.0.1:0".parse()?, None))?;
    let root = folder.path().join("root.pem");
    std::fs::write(&root, authority.root_pem())?;
    let installation = Installation::new(folder.path(), &format!("trust = {root:?}\n"))?;
    installation.apply(&inventory(&endpoints, sink.address())?)?;
    let serving = installation.serve()?;
    serving.ready()?;
    until_all_well(&serving)?;
    report(&format!("{ENDPOINTS} critical endpoints, each broken once"));
    play(&mut endpoints, &serving, &sink)?;
    told(&endpoints);
    report(&format!("load average       {:>10}", load()));
    Ok(())
}

async fn endpoint(folder: &Path, number: usize, (pair, ended): (&Identity, Identity)) -> Result<Endpoint> {
    let path = |end: &str| folder.join(format!("{number}.{end}"));
    let files = Files { chain: path("chain.pem"), key: path("key.pem") };
    write_pair(&files, pair)?;
    let server = TlsServer::from_files("127.0.0.1:0".parse()?, files.clone()).await?;
    Ok(Endpoint {
        server,
        files,
        ended,
        broken: None,
        fails_after: Duration::ZERO,
        connections: 0,
        sampled: None,
        shown: None,
        told: None,
    })
}

fn write_pair(files: &Files, pair: &Identity) -> Result<()> {
    std::fs::write(&files.chain, pair.chain_pem())?;
    Ok(std::fs::write(&files.key, pair.key_pem())?)
}

fn inventory(endpoints: &[Endpoint], sink: SocketAddr) -> Result<String> {
    let mut text = format!(
        "[[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://{sink}/\"\n\n\
         [[owner]]\nname = \"default\"\ncontacts = [{{ channel = \"hook\" }}]\n\n"
    );
    for endpoint in endpoints {
        let address = endpoint.address();
        write!(
            text,
            "[[endpoint]]\ntarget = \"{address}\"\ncriticality = \"critical\"\nlabels = {{ component = \"c{}\" }}\n\n",
            address.port()
        )?;
    }
    Ok(text)
}

fn summary(serving: &Serving) -> Result<Value> {
    let answer = serving.ask("GET", "/api/v2/components.json", "")?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(serde_json::from_str(body)?)
}

fn until_all_well(serving: &Serving) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let components = summary(serving)?;
        let all = components["components"].as_array().map(Vec::as_slice).unwrap_or_default();
        if all.len() == ENDPOINTS && all.iter().all(|component| component["status"] == "operational") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Err("the endpoints were not all well at the beginning".into())
}

/// Breaks one after the other, and notes when what is seen.
fn play(endpoints: &mut [Endpoint], serving: &Serving, sink: &HttpSink) -> Result<()> {
    let begun = Instant::now();
    let (mut next, mut heard) = (0, 0);
    while endpoints.iter().any(|endpoint| !endpoint.is_done()) {
        if next < endpoints.len() && begun.elapsed() >= APART * u32::try_from(next)? {
            break_it(&mut endpoints[next], next)?;
            next += 1;
        }
        for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.sampled.is_none()) {
            let is_sampled =
                endpoint.broken.is_some() && endpoint.server.connections() > endpoint.connections;
            endpoint.sampled = is_sampled.then(|| Instant::now() + endpoint.fails_after);
        }
        note_shown(endpoints, &summary(serving)?);
        let asked = sink.asked();
        for message in &asked[heard..] {
            let text = String::from_utf8_lossy(&message.body);
            for endpoint in endpoints.iter_mut().filter(|one| one.broken.is_some() && one.told.is_none()) {
                endpoint.told = text.contains(&endpoint.address().to_string()).then(Instant::now);
            }
        }
        heard = asked.len();
        if begun.elapsed() > APART * u32::try_from(endpoints.len())? + PATIENCE {
            let silent = endpoints.iter().filter(|endpoint| !endpoint.is_done()).count();
            return Err(format!("{silent} faults were not shown and told within {PATIENCE:?}").into());
        }
        std::thread::sleep(BEAT);
    }
    Ok(())
}

fn break_it(endpoint: &mut Endpoint, number: usize) -> Result<()> {
    endpoint.connections = endpoint.server.connections();
    match number % 3 {
        0 => endpoint.server.behave(Behaviour::Reset),
        1 => {
            write_pair(&endpoint.files, &endpoint.ended)?;
            endpoint.server.reload()?;
        }
        _ => {
            endpoint.server.behave(Behaviour::Silent);
            endpoint.fails_after = LOOK_TIMEOUT;
        }
    }
    endpoint.broken = Some(Instant::now());
    Ok(())
}

fn note_shown(endpoints: &mut [Endpoint], summary: &Value) {
    for component in summary["components"].as_array().into_iter().flatten() {
        if component["status"] == "operational" {
            continue;
        }
        let name = component["name"].as_str().unwrap_or_default();
        let broken = endpoints.iter_mut().find(|one| name == format!("c{}", one.address().port()));
        if let Some(endpoint) = broken.filter(|one| one.broken.is_some() && one.shown.is_none()) {
            endpoint.shown = Some(Instant::now());
        }
    }
}

fn told(endpoints: &[Endpoint]) {
    type From = fn(&Endpoint) -> Option<Instant>;
    let rows: [(&str, From, From); 4] = [
        ("fault to status page", |one| one.broken, |one| one.shown),
        ("fault to alert", |one| one.broken, |one| one.told),
        ("sample to status page", |one| one.sampled, |one| one.shown),
        ("sample to alert", |one| one.sampled, |one| one.told),
    ];
    for (what, from, to) in rows {
        let took = |one: &Endpoint| Some(to(one)?.saturating_duration_since(from(one)?).as_secs_f64());
        let mut times: Vec<f64> = endpoints.iter().filter_map(took).collect();
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
        let shown = |share| at(share).map_or_else(|| "-".to_owned(), |time| format!("{time:.1}"));
        report(&format!("{what:<22} median {:>5} s, p99 {:>5} s", shown(50), shown(99)));
    }
}
