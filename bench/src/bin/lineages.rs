//! 200 lineages due at once in one `serve`, with Pebble on the same machine: certificates per second.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use notafter_bench::installation::{Installation, Serving};
use notafter_bench::{Result, cpu, load, report, resident};
use notafter_lab::pebble::{self, Options, Pebble};
use notafter_lab::port;

const LINEAGES: usize = 200;
/// The metric that a lineage has once its certificate is stored.
const STORED: &str = "notafter_lineage_not_after_timestamp_seconds{";
const PATIENCE: Duration = Duration::from_secs(180);

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let port = port::free()?;
    let program = pebble::installed().ok_or("pebble is needed: apt install pebble")?;
    let pebble = runtime.block_on(Pebble::start(folder.path(), &Options::new(program, port)))?;
    let root = folder.path().join("root.pem").display().to_string();
    std::fs::write(&root, pebble.root_pem())?;
    let names: Vec<String> = (0..=LINEAGES).map(|index| format!("n{index}.bench.example")).collect();
    let resolve: Vec<String> = names.iter().map(|name| format!("\"{name}:{port}:127.0.0.1\"")).collect();
    let more = format!("http01_port = {port}\nresolve = [{}]\n", resolve.join(", "));
    let installation = Installation::new(folder.path(), &more)?;
    // The first makes the account and the issuer.
    let listen = format!("0.0.0.0:{port}");
    installation.run(&[
        "issue",
        &names[0],
        "--listen",
        &listen,
        "--directory",
        &pebble.directory_url(),
        "--agree-terms",
        "--ca-trust",
        &root,
    ])?;
    let issuer = issuer_of(&installation)?;
    let mut inventory = String::new();
    for name in &names[1..] {
        write!(
            inventory,
            "[[lineage]]\nname = \"{name}\"\nidentifiers = [\"{name}\"]\nissuer = \"{issuer}\"\n\
             http01 = {{ solver = \"listener\", listen = \"{listen}\" }}\n\n"
        )?;
    }
    installation.apply(&inventory)?;
    let serving = installation.serve()?;
    let took = until_issued(&serving, &folder.path().join("pebble.log"))?;
    let rate = LINEAGES as f64 / took.as_secs_f64();
    report(&format!(
        "issued             {LINEAGES:8} in {:.1} s from the start of the server",
        took.as_secs_f64()
    ));
    report(&format!("rate               {rate:8.1} certificates/s (goal: at least 20)"));
    report(&format!(
        "CPU                {:8.1} s, {:.0} MB resident",
        cpu(&serving.child)?.as_secs_f64(),
        resident(&serving.child) as f64 / 1e6
    ));
    report(&format!("load average       {:>8}", load()));
    Ok(())
}

/// The name that `issue` gave the issuer.
fn issuer_of(installation: &Installation) -> Result<String> {
    let output = std::process::Command::new(installation.binary())
        .args(["--config", &installation.settings(), "get", "issuers"])
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let name = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    Ok(name.ok_or_else(|| format!("no issuer in {text:?}"))?.to_owned())
}

/// Pebble's log tells when the last one is issued, which costs the server nothing; then the server is asked.
fn until_issued(serving: &Serving, log: &Path) -> Result<Duration> {
    let begun = Instant::now();
    serving.ready()?;
    while begun.elapsed() < PATIENCE {
        // One more than the 200: the first.
        let issued = std::fs::read_to_string(log)?.matches("Issued certificate serial").count();
        let stored = || serving.get("/metrics").map(|text| text.matches(STORED).count());
        if issued > LINEAGES && stored()? > LINEAGES {
            return Ok(begun.elapsed());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err("not all of them are issued; see serve.log".into())
}
