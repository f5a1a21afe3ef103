//! No space at any write: a clear message, nothing lost, and everything goes on once there is space again.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use notafter_lab::http_sink::HttpSink;

use rustix::process::{Pid, Signal, kill_process};

use super::stage::{Stage, WATCH, can_trace, said};
use crate::left_out::{Need, left_out};

/// From this call of each of these kinds on, there is no space any more.
fn full<'a>(log: &'a str, inject: &'a str) -> [&'a str; 7] {
    ["strace", "-fqqy", "-o", log, "-e", "trace=pwrite64,ftruncate,fallocate,fsync,fdatasync", inject]
}

fn inject(calls: &str, from: usize) -> String {
    format!("--inject={calls}:error=ENOSPC:when={from}+")
}

/// The three lines: what, why, what to do.
fn is_told(output: &Output, when: &str) {
    assert_eq!(output.status.code(), Some(2), "{when}: {}", said(output));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.starts_with("error: no space left") && told.contains("\n hint: free some space"),
        "{when}: {told}"
    );
}

/// Fills the disk under `issue` at every `stride`-th of these calls until one run completes; how many were tried.
async fn sweep(calls: &str, stride: usize) -> usize {
    for (tried, from) in (1..).step_by(stride).enumerate() {
        let when = format!("no space from {calls} number {from}");
        let stage = Stage::set().await;
        let prober = stage.probe();
        let log = stage.path("calls");
        let failed = stage.issue(&full(log.to_str().unwrap(), &inject(calls, from)));
        if failed.status.success() {
            return tried;
        }
        is_told_by_issue(&failed, &log, &when);
        stage.pair_on_disk_fits(&when).await;
        goes_on(&stage, &when);
        stage.is_whole(&when).await;
        stage.was_served_throughout(prober, &when).await;
    }
    unreachable!("numbers do not end")
}

/// Said again it goes on; where the failure is on record, a person need not wait for its pause to pass.
fn goes_on(stage: &Stage, when: &str) {
    let mut again = stage.issue(&["env"]);
    for line in [["deploy", "shop"].as_slice(), &["renew", "shop", "--force"]] {
        if !again.status.success() {
            again = stage.run(&["env"], line);
        }
    }
    assert!(again.status.success(), "{when}: {}", said(&again));
}

/// What a run said, in one line.
fn words(output: &Output) -> String {
    said(output).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The database, the key-encryption key, or a file of the deployment had no space.
fn is_told_by_issue(output: &Output, log: &Path, when: &str) {
    let told = words(output);
    assert_eq!(output.status.code(), Some(2), "{when}: {told}");
    let failed = failed_calls(log);
    let failing = failed.iter().any(|call| keeps_the_reason(call))
        && told.contains("the disk failed under the database");
    let full = told.contains("free some space") || told.contains("[store.no-space]");
    assert!(failing || told.contains("no space left") && full, "{when}: {failed:#?}: {told}");
}

/// The calls that failed, as strace shows them. It counts for each thread by itself, so that others go on for a while; and
/// a call that another thread's came between stands in two lines.
fn failed_calls(log: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let failed = lines.iter().enumerate().filter(|(_, line)| line.contains("(INJECTED)"));
    let whole = failed.map(|(at, line)| {
        let thread = line.split_whitespace().next().unwrap();
        let begins = |line: &&&str| line.starts_with(thread) && line.contains("<unfinished");
        let begun = lines[..at].iter().rev().find(begins).filter(|_| line.contains(" resumed>"));
        format!("{}{line}", begun.copied().unwrap_or_default())
    });
    whole.collect()
}

/// SQLite does not say why a sync of its files or their directory failed, or its index in shared memory could not grow, and
/// what is injected into its thread is not there for the one that asks the disk.
fn keeps_the_reason(call: &str) -> bool {
    let synced = call.contains("sync(") && (call.contains("/notafter.db") || call.contains("/data>"));
    synced || call.contains("/notafter.db-shm>")
}

/// A sample: one in so many writes, as there are hundreds of them and each takes a CA, a server and two runs. The syncs
/// below, by which SQLite makes writes count, are swept one by one.
const WRITES: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_space_at_writes_throughout_a_run_is_told_and_loses_nothing() {
    if !can_trace("a_database_without_space_at_writes_throughout_a_run_is_told_and_loses_nothing") {
        return;
    }
    let writes = sweep("pwrite64", WRITES).await;
    assert!(writes >= 25, "only {writes} tries");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_sync_without_space_is_told_and_loses_nothing() {
    if !can_trace("any_sync_without_space_is_told_and_loses_nothing") {
        return;
    }
    let syncs = sweep("fsync,fdatasync", 1).await;
    assert!(syncs >= 10, "only {syncs} syncs by one thread");
}

/// A file system of its own for the pair, with room for so many files.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, files: usize) -> Option<Self> {
        let options = format!("size=256k,nr_inodes={files}");
        let line = ["-t", "tmpfs", "-o", &options, "notafter-test"];
        let mounted = Command::new("mount").args(line).arg(at).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    fn enlarge(&self) {
        let options = "remount,size=256k,nr_inodes=100";
        assert!(Command::new("mount").args(["-o", options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_without_space_at_any_file_keeps_the_old_pair() {
    let mut failed = 0;
    // The root and the two files of the old pair are there already.
    for files in 3.. {
        let when = format!("room for {files} files");
        let mut disk = None;
        let stage = Stage::with_destination(|live| disk = SmallDisk::mount(live, files)).await;
        let Some(disk) = disk else {
            left_out(
                "a_destination_without_space_at_any_file_keeps_the_old_pair",
                Need::Right("the right to mount"),
            );
            return;
        };
        let prober = stage.probe();
        let issued = stage.issue(&["env"]);
        if issued.status.success() {
            break;
        }
        failed += 1;
        let told = words(&issued);
        assert_eq!(issued.status.code(), Some(2), "{when}: {told}");
        assert!(told.contains("what was served before is still served"), "{when}: {told}");
        assert!(told.contains("no space left"), "{when}: {told}");
        stage.pair_on_disk_fits(&when).await;
        assert!(stage.serves_old().await, "{when}");
        disk.enlarge();
        let again = stage.run(&["env"], &["deploy", "shop"]);
        assert!(again.status.success(), "{when}: {}", said(&again));
        stage.is_whole(&when).await;
        stage.was_served_throughout(prober, &when).await;
    }
    assert!(failed >= 6, "only {failed} tries");
}

/// A server whose store takes no writes says so in its log, with the code, and pings nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_space_is_told_by_its_log_and_by_the_missing_ping() {
    if !can_trace("a_server_without_space_is_told_by_its_log_and_by_the_missing_ping") {
        return;
    }
    let (mut refused, mut silent) = (0, 0);
    for from in 1.. {
        let stage = Stage::set().await;
        let sink = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        assert!(stage.run(&["env"], &["apply", "/dev/null", "--yes"]).status.success());
        let (log, inject) = (stage.path("calls"), inject("pwrite64", from));
        let before = full(log.to_str().unwrap(), &inject);
        let mut command = stage.command(&before, &["serve", "--listen", "127.0.0.1:0"]);
        command.env("NOTAFTER_DEAD_MAN_URL", format!("http://{}/ping", sink.address()));
        let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(server.stderr.take().unwrap());
        let (told, heard) = tokio::sync::oneshot::channel();
        let reader = std::thread::spawn(move || {
            let full = lines.lines().map_while(Result::ok).find(|line| line.contains("no space left"));
            drop(told.send(full));
        });
        let line = tokio::select! {
            line = heard => line.unwrap(),
            _ = sink.wait_for(1) => None,
        };
        // One that refused to start is gone already; strace ends with the server.
        if line.as_deref().is_none_or(|line| !line.starts_with("error: ")) {
            let lock = std::fs::read_to_string(stage.path("data/lock")).unwrap();
            let pid = lock.lines().next().unwrap().parse().unwrap();
            kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
        }
        server.wait().unwrap();
        reader.join().unwrap();
        // A ping that went out before the space ended is none too many: from here on every server has one.
        let Some(line) = line.filter(|_| sink.asked().is_empty()) else { break };
        if line.starts_with("error: no space left") {
            refused += 1;
        } else {
            assert!(line.contains("code=store.no-space"), "{line}");
            silent += 1;
        }
    }
    assert!(refused >= 1 && silent >= 1, "{refused} refused to start, {silent} were silent");
}

/// A message is stored before it is sent and its receipt after; with no space for either, nobody believes in the path.
#[tokio::test(flavor = "multi_thread")]
async fn telling_somebody_without_space_is_told_and_can_be_repeated() {
    if !can_trace("telling_somebody_without_space_is_told_and_can_be_repeated") {
        return;
    }
    let stage = Stage::set().await;
    let sink = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let file = stage.path("inventory.toml");
    std::fs::write(&file, WATCH.replace("SINK", &sink.address().to_string())).unwrap();
    let applied = stage.run(&["env"], &["apply", file.to_str().unwrap(), "--yes"]);
    assert!(applied.status.success(), "{}", said(&applied));
    let log = stage.path("calls");
    let mut failed = 0;
    for from in 1.. {
        let inject = inject("pwrite64", from);
        let before = full(log.to_str().unwrap(), &inject);
        let tested = stage.run(&before, &["alert", "test"]);
        if tested.status.success() {
            break;
        }
        failed += 1;
        is_told(&tested, &format!("no space from write {from}"));
    }
    assert!(failed >= 2, "only {failed} tries");
    let again = stage.run(&["env"], &["alert", "test"]);
    assert!(again.status.success(), "{}", said(&again));
}

/// Every so many writes: the sweep above this one takes each of a server's.
const STRIDE: usize = 7;

/// A server that finds something to tell and no space to keep what it tells: the next one tells it. What went out before is
/// sent again under the same identity at most. (Where a run could still put back its task, the next server waits out that
/// task's pause of a minute.)
#[tokio::test(flavor = "multi_thread")]
async fn an_alert_without_space_is_told_once_there_is_space() {
    if !can_trace("an_alert_without_space_is_told_once_there_is_space") {
        return;
    }
    let (mut interrupted, mut told_before) = (0, 0);
    for from in (1..).step_by(STRIDE) {
        let when = format!("no space from write {from}");
        let stage = Stage::set().await;
        let sink = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        let file = stage.path("inventory.toml");
        let endpoint = format!("\n[[endpoint]]\ntarget = \"{}\"\n", stage.endpoint());
        std::fs::write(&file, WATCH.replace("SINK", &sink.address().to_string()) + &endpoint).unwrap();
        let applied = stage.run(&["env"], &["apply", file.to_str().unwrap(), "--yes"]);
        assert!(applied.status.success(), "{}", said(&applied));

        let (log, inject) = (stage.path("calls"), inject("pwrite64", from));
        let before = full(log.to_str().unwrap(), &inject);
        let line = serve_until(&stage, &before, sink.wait_for(ALERTS)).await;
        if line.is_none() {
            break;
        }
        interrupted += 1;
        told_before += usize::from(!sink.asked().is_empty());
        assert_eq!(serve_until(&stage, &["env"], told(&sink)).await, None, "{when}");
        let mut keys: Vec<String> = Vec::new();
        for asked in sink.asked() {
            let key = asked.header("idempotency-key").unwrap().to_owned();
            keys.extend((!keys.contains(&key)).then_some(key));
        }
        assert_eq!(keys.len(), ALERTS, "{when}: {:#?}", sink.asked());
    }
    assert!(interrupted >= 3 && told_before >= 1, "{interrupted} interrupted, {told_before} after a message");
}

/// That the certificate is about to end, and that no path is proved.
const ALERTS: usize = 2;

/// Waits for both alerts, however often each is sent.
async fn told(sink: &HttpSink) {
    for count in 1.. {
        let asked = sink.wait_for(count).await;
        let keys: BTreeSet<_> = asked.iter().map(|asked| asked.header("idempotency-key")).collect();
        if keys.len() == ALERTS {
            return;
        }
    }
}

/// Runs a server until it serves and this happens, or until it says that there is no space; answers what it says.
async fn serve_until<T>(stage: &Stage, before: &[&str], happens: impl Future<Output = T>) -> Option<String> {
    let mut command = stage.command(before, &["serve", "--listen", "127.0.0.1:0"]);
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(server.stderr.take().unwrap());
    let (serves, serving) = tokio::sync::oneshot::channel();
    let (says, heard) = tokio::sync::oneshot::channel();
    let reader = std::thread::spawn(move || {
        let mut lines = lines.lines().map_while(Result::ok);
        let first = lines.find(|line| line.contains("message=serving") || line.contains("no space left"));
        let full = first.filter(|line| line.contains("no space left"));
        serves.send(()).unwrap();
        drop(says.send(full.or_else(|| lines.find(|line| line.contains("no space left")))));
    });
    serving.await.unwrap();
    let line = tokio::select! {
        biased;
        line = heard => line.unwrap(),
        _ = happens => None,
    };
    // One that refused to start is gone already; strace ends with the server.
    if line.as_deref().is_none_or(|line| !line.starts_with("error: ")) {
        let lock = std::fs::read_to_string(stage.path("data/lock")).unwrap();
        let pid = lock.lines().next().unwrap().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    }
    server.wait().unwrap();
    reader.join().unwrap();
    line
}
