//! The pages of `notafter serve` with 100,000 endpoints, 500 of them amiss, and 10,000 lineages, first for one person alone,
//! then while twenty others watch live: the time of each page, as the 95th of a hundred who ask.
//!
//! Every second something happens, of which whoever watches is told, and those who watch load their page anew as its script does:
//! half a second to a second later, and two seconds after the last time at the earliest.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use notafter_bench::installation::{Installation, Serving};
use notafter_bench::{Result, cpu, load, nginx_on, report, resident};
use notafter_cert::{Certificate, Span, pem};
use notafter_engine::open;
use notafter_engine::settings::Settings;
use notafter_engine::tasks::renew;
use notafter_inventory::model::{Actor, Origin, Version, VersionState};
use notafter_lab::port;
use notafter_net::Clock;
use notafter_store::Change;

const ENDPOINTS: usize = 100_000;
const LINEAGES: usize = 10_000;
const WATCHERS: usize = 20;
const ASKED: usize = 200;
const NAME: &str = "shop.example";
/// So many of the endpoints are asked for another name, which their certificate does not have: a critical finding each.
const AMISS: usize = 500;
const OTHER: &str = "other.example";
const PAGES: [&str; 7] = [
    "/",
    "/endpoints",
    "/endpoints?q=127.1.7.",
    "/lineages",
    "/lineages?q=n77",
    "/lineages/n77.example",
    "/endpoints?label=tier%3Dgold",
];
/// As in the script of the pages.
const PAUSE: Duration = Duration::from_millis(500);
const SPREAD: Duration = Duration::from_millis(500);
const BETWEEN: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(900);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let endpoints = arguments.next().map_or(Ok(ENDPOINTS), |text| text.parse())?;
    let lineages = arguments.next().map_or(Ok(LINEAGES), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let port = port::free()?;
    let _nginx = nginx_on(folder.path(), port, NAME)?;
    let more = format!("trust = {:?}\n", folder.path().join("root.pem"));
    let installation = Installation::new(folder.path(), &more)?;
    installation.apply(&inventory(endpoints, lineages, port)?)?;
    tokio::runtime::Runtime::new()?.block_on(give_certificates(folder.path()))?;
    let serving = installation.serve()?;
    serving.ready()?;
    until_looked_at(&serving)?;
    let cookie = serving.come_in(&installation)?;
    report(&format!("{endpoints} endpoints, {lineages} lineages, nobody else"));
    measure(&serving, &cookie)?;
    report(&format!("{WATCHERS} people who watch"));

    let over = AtomicBool::new(false);
    std::thread::scope(|scope| -> Result<()> {
        let (over, cookie, serving) = (&over, &cookie[..], &serving);
        let watch =
            |number: usize| scope.spawn(move || watch(serving, cookie, PAGES[number % PAGES.len()], over));
        let watching: Vec<_> = (0..WATCHERS).map(watch).collect();
        scope.spawn(|| happen(&installation, over));
        let (begun, used) = (Instant::now(), cpu(&serving.child)?.as_secs_f64());
        let measured = measure(serving, cookie);
        let (took, used) = (begun.elapsed().as_secs_f64(), cpu(&serving.child)?.as_secs_f64() - used);
        over.store(true, Ordering::Relaxed);
        let loaded: usize = watching.into_iter().map(|one| one.join().unwrap_or_default()).sum();
        report(&format!("loaded by watchers {:10.1} pages/s", loaded as f64 / took));
        report(&format!("processor          {:10.2} of it", used / took));
        measured
    })?;
    report(&format!("memory             {:10.1} MB", resident(&serving.child) as f64 / 1e6));
    report(&format!("load average       {:>10}", load()));
    Ok(())
}

fn inventory(endpoints: usize, lineages: usize, port: u16) -> Result<String> {
    let mut text = "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:1/\"\n\n".to_owned();
    for index in 0..endpoints {
        let name = if index < AMISS { OTHER } else { NAME };
        let (index, low) = (index / 250, index % 250 + 1);
        let (second, third) = (index / 250 + 1, index % 250);
        let tier = if low == 1 { "gold" } else { "usual" };
        let target = format!("127.{second}.{third}.{low}:{port}");
        write!(
            text,
            "[[endpoint]]\ntarget = \"{target}\"\nlabels = {{ tier = \"{tier}\" }}\nsni = \"{name}\"\n\n"
        )?;
    }
    for index in 0..lineages {
        let name = format!("n{index}.example");
        write!(text, "[[lineage]]\nname = \"{name}\"\nidentifiers = [\"{name}\"]\nissuer = \"ca\"\n\n")?;
    }
    Ok(text)
}

/// Each lineage holds a certificate, and is not renewed while this runs.
async fn give_certificates(folder: &Path) -> Result<()> {
    let settings = Settings {
        data: Some(folder.join("data")),
        key_encryption_key: Some(folder.join("key-encryption-key")),
        ..Settings::default()
    };
    let installation = open::open(&settings, Clock::system()).await.map_err(|fault| fault.what)?;
    let context = Arc::clone(&installation.context);
    let chain_pem = std::fs::read_to_string(folder.join("leaf.pem"))?;
    let leaf = Certificate::parse(&pem::chain_from(chain_pem.as_bytes())?[0])?;
    let now = context.clock.now();
    for lineages in context.store.lineages(&context.scope).await?.chunks(500) {
        let mut changes = Vec::new();
        for (number, lineage) in (0_i64..).zip(lineages) {
            let version = Version {
                id: context.new_id(),
                lineage_id: lineage.id,
                fingerprint: leaf.fingerprint(),
                chain_pem: chain_pem.clone(),
                key_id: None,
                not_before: now - Span::days(10),
                not_after: now + Span::days(40 + number % 50),
                obtained_at: now,
                state: VersionState::Current,
                origin: Origin::Files { path: "leaf.pem".to_owned(), insisted: false },
            };
            let (before, mut after) = (lineage.progress(), lineage.progress());
            after.current = Some(version.id);
            changes.push(Change::PutVersion(version));
            changes.push(Change::Advance { lineage: lineage.id, before, after });
            let (subject, due_at) = (renew::subject(lineage.id), now + Span::hours(5));
            changes.push(Change::Schedule { task: renew::KIND, subject, due_at });
        }
        context.apply(None, &Actor::Engine, &changes).await?;
    }
    context.store.close().await;
    Ok(())
}

fn until_looked_at(serving: &Serving) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_secs(5));
        if serving.metric("notafter_tasks_overdue{task=\"scan\"}")? == 0.0 {
            return Ok(());
        }
    }
    Err("the endpoints were not all looked at".into())
}

/// Loads a page anew after the server told that something changed. Answers how often.
fn watch(serving: &Serving, cookie: &str, page: &str, over: &AtomicBool) -> usize {
    let mut loaded = 0;
    let mut watched = || -> Result<()> {
        let mut stream = TcpStream::connect(serving.listen)?;
        stream.set_read_timeout(Some(Duration::from_millis(50)))?;
        write!(stream, "GET /live HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n\r\n", serving.listen)?;
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        let (mut asked, mut due) = (Instant::now(), None);
        while !over.load(Ordering::Relaxed) {
            if due.is_some_and(|due| due <= Instant::now()) {
                (asked, due) = (Instant::now(), None);
                get(serving, page, cookie)?;
                loaded += 1;
            }
            match lines.read_line(&mut line) {
                Ok(0) => return Ok(()),
                Ok(_) if line.starts_with("event: changed") => {
                    due = due.or(Some((Instant::now() + PAUSE).max(asked + BETWEEN) + spread()));
                }
                // What was read so far is kept, and the rest of the line follows.
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            line.clear();
        }
        Ok(())
    };
    if let Err(error) = watched() {
        report(&format!("somebody who watched was left alone: {error}"));
    }
    loaded
}

/// A part of it, by chance.
fn spread() -> Duration {
    let mut byte = [0];
    SPREAD
        * u32::from(
            std::fs::File::open("/dev/urandom")
                .and_then(|mut file| file.read_exact(&mut byte))
                .map_or(0, |()| byte[0]),
        )
        / 256
}

/// Something that is told to everybody, once a second.
fn happen(installation: &Installation, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let silence = ["alert", "silence", "--code", "renewal.*", "--for", "1h", "--why", "bench"];
        if let Err(error) = installation.run(&silence) {
            report(&format!("nothing happens: {error}"));
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn get(serving: &Serving, page: &str, cookie: &str) -> Result<Duration> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(serving.listen)?;
    write!(
        stream,
        "GET {page} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n",
        serving.listen
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err(format!("{page}: {}", String::from_utf8_lossy(&answer[..answer.len().min(200)])).into());
    }
    Ok(begun.elapsed())
}

fn measure(serving: &Serving, cookie: &str) -> Result<()> {
    for page in PAGES {
        let mut times = Vec::new();
        for _ in 0..ASKED {
            times.push(get(serving, page, cookie)?.as_secs_f64() * 1e3);
            // Nobody asks without a pause.
            std::thread::sleep(Duration::from_millis(25));
        }
        times.sort_by(f64::total_cmp);
        let of = |share: usize| times[ASKED * share / 100];
        report(&format!(
            "{page:24} p50 {:7.1} ms   p95 {:7.1} ms (goal: at most 50)   worst {:7.1} ms",
            of(50),
            of(95),
            times[ASKED - 1]
        ));
    }
    Ok(())
}
