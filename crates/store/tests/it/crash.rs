//! A killed process and a full disk: what was acknowledged is there, and the rest is as if never begun.
//!
//! The parent runs this test binary again as a child, which applies one change after the other and says so on its
//! standard output only after `apply` has returned.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use notafter_cert::Trouble;
use notafter_inventory::model::LineageId;
use notafter_store::{Change, DataDir, Location, Scope, Store};

use crate::left_out::{Need, left_out};
use crate::sample::{self, ENGINE};
use crate::stage::NOW;

const ALL: Scope = Scope::EVERYTHING;
const DATA: &str = "NOTAFTER_STORE_CHILD";
/// How many changes the child applies before it ends by itself.
const COUNT: &str = "NOTAFTER_STORE_COUNT";

/// Not a test of its own: what the child runs. Ends with the first error, which it prints.
#[test]
fn child() {
    let Some(path) = std::env::var_os(DATA) else { return };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let data = DataDir::lock(path.as_ref()).unwrap();
        let store = Store::open(&Location::File(data.database()), NOW).await.unwrap();
        let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
        let count = std::env::var(COUNT).map_or(u32::MAX, |text| text.parse().unwrap());
        for number in 0..count {
            let mut lineage = sample::lineage(0, owner);
            let mut random = [0; 10];
            random[6..].copy_from_slice(&number.to_be_bytes());
            lineage.id = LineageId::new(NOW, random);
            lineage.name = format!("lineage {number} {}", "x".repeat(2000));
            let changes = [Change::PutLineage(lineage.clone())];
            match store.apply(&ALL, None, NOW, &sample::person(), &changes).await {
                Ok(()) => println!("acknowledged {}", lineage.id),
                Err(error) => {
                    // The connection must not be spoilt by what happened on it.
                    let again = store.apply(&ALL, None, NOW, &sample::person(), &changes).await.unwrap_err();
                    println!("failed {} {error}, then {}", error.code(), again.code());
                    return;
                }
            }
        }
    });
}

/// The child behind a command that runs it: `sh`, `strace`, or nothing.
fn start(data: &Path, before: &[&str], more: &[(&str, &str)]) -> Child {
    let binary = std::env::current_exe().unwrap();
    let mut line: Vec<&str> = before.to_vec();
    line.push(binary.to_str().unwrap());
    Command::new(line[0])
        .args(&line[1..])
        .args(["--exact", "crash::child", "--nocapture", "--test-threads=1"])
        .env(DATA, data)
        .envs(more.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Reads until enough is acknowledged or the child ends: the acknowledged identities, and its last words.
fn acknowledged(child: &mut Child, enough: usize) -> (BTreeSet<String>, String) {
    let (mut ids, mut last) = (BTreeSet::new(), String::new());
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some((_, id)) = line.split_once("acknowledged ") {
            ids.insert(id.to_owned());
        } else if line.contains("failed ") {
            last = line;
        }
        if ids.len() == enough {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    (ids, last)
}

/// Everything acknowledged is there, at most one more, and the database is sound.
async fn check(data: &Path, acknowledged: &BTreeSet<String>) -> Store {
    let held = DataDir::lock(data).unwrap();
    let store = Store::open(&Location::File(held.database()), NOW).await.unwrap();
    store.check(&ALL).await.unwrap();
    let found: BTreeSet<String> =
        store.lineages(&ALL).await.unwrap().iter().map(|lineage| lineage.id.to_string()).collect();
    let lost: Vec<_> = acknowledged.difference(&found).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert!(found.len() <= acknowledged.len() + 1, "{} of {}", found.len(), acknowledged.len());
    let events = store.events_after(&ALL, 0, u32::MAX).await.unwrap();
    assert_eq!(events.len(), found.len(), "a change and its entry in the log are one");
    store
}

async fn still_works(store: &Store) {
    let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
    store.apply(&ALL, None, NOW, &ENGINE, &[Change::PutLineage(sample::lineage(200, owner))]).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn sigkill_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut total = 0;
    for round in 1..=3 {
        let data = dir.path().join(round.to_string());
        let mut child = start(&data, &["env"], &[]);
        let (ids, _) = acknowledged(&mut child, round * 25);
        assert!(ids.len() >= round * 25);
        total += ids.len();
        still_works(&check(&data, &ids).await).await;
    }
    assert!(total >= 150);
}

#[tokio::test]
async fn a_full_disk_is_named_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let Some(small) = SmallDisk::mount(dir.path()) else { return };
    let data = dir.path().join("data");
    let mut child = start(&data, &["env"], &[]);
    let (ids, last) = acknowledged(&mut child, usize::MAX);
    assert!(last.contains("failed store.no-space no space left for the database"), "{last:?}");
    assert!(last.ends_with("then store.no-space"), "{last:?}");
    assert!(!ids.is_empty());
    small.enlarge();
    still_works(&check(&data, &ids).await).await;
}

/// The limit of a file's size is another way to run out of space, which needs no privilege.
#[tokio::test]
async fn a_file_that_may_not_grow_is_named_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 900; exec \"$0\" \"$@\""];
    let mut child = start(&data, &limited, &[]);
    let (ids, last) = acknowledged(&mut child, usize::MAX);
    assert!(last.contains("failed store.no-space") && last.ends_with("then store.no-space"), "{last:?}");
    assert!(!ids.is_empty());
    still_works(&check(&data, &ids).await).await;
}

/// SIGKILL alone does not show it, because the page cache survives: the order of the system calls does.
#[test]
fn each_acknowledgement_comes_after_a_sync() {
    let test = "each_acknowledgement_comes_after_a_sync";
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("calls");
    let traced = Command::new("strace").args(["-e", "trace=none", "true"]).stderr(Stdio::null()).status();
    if !traced.is_ok_and(|status| status.success()) {
        let installed = Path::new("/usr/bin/strace").exists();
        left_out(test, if installed { Need::Right("the right to trace") } else { Need::Package("strace") });
        return;
    }
    let trace = ["strace", "-f", "-o", log.to_str().unwrap(), "-e", "trace=fsync,fdatasync,write"];
    let mut child = start(&dir.path().join("data"), &trace, &[(COUNT, "20")]);
    let (ids, _) = acknowledged(&mut child, usize::MAX);
    let mut synced = false;
    let mut checked = 0;
    for line in std::fs::read_to_string(&log).unwrap().lines() {
        if line.contains("sync(") || line.contains("sync resumed") {
            synced |= line.contains("= 0");
        } else if line.contains("acknowledged ") && line.contains("write(1") {
            assert!(synced, "acknowledged before the sync: {line}");
            synced = false;
            checked += 1;
        }
    }
    assert!(checked >= 20.max(ids.len()), "{checked} acknowledgements seen in the trace");
}

/// A file system of one and a half megabytes, unmounted when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1536k", "notafter-test"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(at));
        }
        left_out("a_full_disk_is_named_and_loses_nothing", Need::Right("the right to mount"));
        None
    }

    fn enlarge(&self) {
        let done = Command::new("mount").args(["-o", "remount,size=16m"]).arg(self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.0).status());
    }
}
