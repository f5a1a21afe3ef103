//! One issuance at one Pebble (no sleep, no rejected nonces), account ready, http-01: `notafter issue` against a bare
//! client that sends the same requests and stores nothing, against lego and certbot. Each is a process of its own,
//! timed from its start to its end; they take turns.

use std::path::Path;

use notafter_bench::bare::{self, Account};
use notafter_bench::installation::Installation;
use notafter_bench::{Cost, Result, cost, load, median, report};
use notafter_lab::pebble::{self, Options, Pebble};
use notafter_lab::port;

const ROUNDS: usize = 9;

/// lego and certbot take seconds, so that fewer rounds tell as much.
const SLOW_ROUNDS: usize = 5;

/// What every client is told.
struct Stage<'a> {
    folder: &'a Path,
    directory: String,
    root: String,
    port: u16,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let [mode, directory, root, key, url, name, port] = &arguments[..]
        && mode == "bare"
    {
        let account = Account { pkcs8: std::fs::read(key)?, url: url.clone() };
        let root_pem = std::fs::read_to_string(root)?;
        let issued = bare::issue(directory, &root_pem, &account, name, port.parse()?);
        let chain = runtime.block_on(issued)?;
        report(&chain);
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let port = port::free()?;
    let program = pebble::installed().ok_or("pebble is needed: apt install pebble")?;
    let pebble = runtime.block_on(Pebble::start(folder.path(), &Options::new(program, port)))?;
    let root = folder.path().join("root.pem").display().to_string();
    std::fs::write(&root, pebble.root_pem())?;
    let stage = Stage { folder: folder.path(), directory: pebble.directory_url(), root, port };
    let account = runtime.block_on(bare::register(&stage.directory, pebble.root_pem()))?;
    compare(&stage, &account)
}

fn compare(stage: &Stage<'_>, account: &Account) -> Result<()> {
    let key = stage.folder.join("bare.key").display().to_string();
    std::fs::write(&key, &account.pkcs8)?;
    let installation = install(stage)?;
    // The first makes the accounts.
    notafter(stage, &installation, 0)?;
    lego(stage, 0)?;
    certbot(stage, 0)?;
    let (mut bares, mut ours, mut legos, mut certbots) = (vec![], vec![], vec![], vec![]);
    for round in 1..=ROUNDS {
        bares.push(bare(stage, &key, &account.url, round)?);
        ours.push(notafter(stage, &installation, round)?);
        if round <= SLOW_ROUNDS {
            legos.push(lego(stage, round)?);
            certbots.push(certbot(stage, round)?);
        }
    }
    let (bare, ours, lego, certbot) =
        (line("bare", bares), line("notafter", ours), line("lego", legos), line("certbot", certbots));
    let ratio = |other: f64| ours.0 / other;
    report(&format!("notafter / bare    {:8.2}  (goal: at most 1.30)", ratio(bare.0)));
    report(&format!("notafter / lego    {:8.3}  (goal: at most 0.100)", ratio(lego.0)));
    report(&format!("notafter / certbot {:8.3}  (goal: at most 0.100)", ratio(certbot.0)));
    report(&format!("notafter's CPU     {:8.0} ms (goal: at most 40)", ours.1));
    report(&format!("load average       {:>8}", load()));
    Ok(())
}

/// Medians of wall and CPU, in milliseconds.
fn line(name: &str, costs: Vec<Cost>) -> (f64, f64) {
    let wall = median(costs.iter().map(|cost| cost.wall.as_secs_f64() * 1e3).collect());
    let cpu = median(costs.iter().map(|cost| cost.cpu.as_secs_f64() * 1e3).collect());
    report(&format!("{name:18} {wall:8.0} ms wall {cpu:8.0} ms CPU   (median of {})", costs.len()));
    (wall, cpu)
}

fn name(client: &str, round: usize) -> String {
    format!("{client}{round}.bench.example")
}

fn install(stage: &Stage<'_>) -> Result<Installation> {
    // What a resolver would answer; the CA has a name server of its own.
    let names: Vec<String> = (0..=ROUNDS)
        .map(|round| format!("\"{}:{}:127.0.0.1\"", name("notafter", round), stage.port))
        .collect();
    // Pebble's root for what it issues is another one on every start, and nobody's.
    let more = format!("http01_port = {}\nresolve = [{}]\n", stage.port, names.join(", "));
    Installation::new(stage.folder, &more)
}

fn bare(stage: &Stage<'_>, key: &str, url: &str, round: usize) -> Result<Cost> {
    let program = std::env::current_exe()?;
    let (name, port) = (name("bare", round), stage.port.to_string());
    let arguments = ["bare", &stage.directory, &stage.root, key, url, &name, &port];
    cost(&program, &arguments, &[], &stage.folder.join("bare.log"))
}

fn notafter(stage: &Stage<'_>, installation: &Installation, round: usize) -> Result<Cost> {
    let (name, settings) = (name("notafter", round), installation.settings());
    let listen = format!("0.0.0.0:{}", stage.port);
    let mut arguments = vec!["--config", &settings, "issue", &name, "--listen", &listen];
    if round == 0 {
        arguments.extend(["--directory", &stage.directory, "--agree-terms", "--ca-trust", &stage.root]);
    }
    cost(installation.binary(), &arguments, &[], &stage.folder.join("notafter.log"))
}

fn lego(stage: &Stage<'_>, round: usize) -> Result<Cost> {
    let (name, listen) = (name("lego", round), format!(":{}", stage.port));
    let path = stage.folder.join("lego").display().to_string();
    let arguments = [
        "--accept-tos",
        "--email",
        "bench@example.org",
        "--server",
        &stage.directory,
        "--path",
        &path,
        "--domains",
        &name,
        "--http",
        "--http.port",
        &listen,
        "run",
    ];
    let variables = [("LEGO_CA_CERTIFICATES", stage.root.as_str())];
    cost(Path::new("lego"), &arguments, &variables, &stage.folder.join("lego.log"))
}

fn certbot(stage: &Stage<'_>, round: usize) -> Result<Cost> {
    let (name, port) = (name("certbot", round), stage.port.to_string());
    let path = |name: &str| stage.folder.join("certbot").join(name).display().to_string();
    let (config, work, logs) = (path("config"), path("work"), path("logs"));
    let arguments = [
        "certonly",
        "--standalone",
        "--non-interactive",
        "--agree-tos",
        "--register-unsafely-without-email",
        "--server",
        &stage.directory,
        "--http-01-port",
        &port,
        "--domain",
        &name,
        "--config-dir",
        &config,
        "--work-dir",
        &work,
        "--logs-dir",
        &logs,
    ];
    let variables = [("REQUESTS_CA_BUNDLE", stage.root.as_str())];
    cost(Path::new("certbot"), &arguments, &variables, &stage.folder.join("certbot.log"))
}
