//! A PostgreSQL server of a test's own; the tests of other crates include this file.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

use crate::left_out::{Need, left_out};

/// A PostgreSQL server in a temporary directory, on a UNIX socket alone; stopped when dropped.
pub(crate) struct Server {
    dir: TempDir,
    child: Child,
}

/// Starting two at once only makes both slower.
static STARTING: Mutex<()> = Mutex::new(());

impl Server {
    pub(crate) fn start(test: &str) -> Option<Self> {
        let Some(bin) = binaries() else {
            left_out(&format!("{test} on PostgreSQL"), Need::Package("postgresql"));
            return None;
        };
        let _one = STARTING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let dir = tempfile::tempdir().unwrap();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid)).unwrap();
        }
        let data = dir.path().join("data");
        let done = command(&bin.join("initdb"), user)
            .args(["--auth=trust", "--username=notafter", "--no-sync", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(done.status.success(), "initdb: {}", String::from_utf8_lossy(&done.stderr));
        let mut child = command(&bin.join("postgres"), user)
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(dir.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_until_ready(child.stderr.take().unwrap());
        Some(Self { dir, child })
    }

    pub(crate) fn url(&self) -> String {
        let socket = self.dir.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://notafter@{socket}/postgres")
    }
}

/// Reads the server's log until it takes connections; a thread goes on reading, so that it never blocks.
fn wait_until_ready(log: impl Read + Send + 'static) {
    let mut lines = BufReader::new(log).lines();
    let mut seen = String::new();
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("PostgreSQL ended: {seen}")).unwrap();
        if line.contains("ready to accept connections") {
            break;
        }
        seen.push_str(&line);
    }
    std::thread::spawn(move || lines.for_each(drop));
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGQUIT: immediate shutdown, which also ends the server's own children.
        let pid = self.child.id().to_string();
        drop(Command::new("kill").args(["-QUIT", &pid]).status());
        drop(self.child.wait());
    }
}

fn binaries() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("postgres").exists())
        .collect();
    versions.sort();
    versions.pop()
}

/// PostgreSQL refuses to run as root: then it runs as `postgres`.
fn unprivileged() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd.lines().find(|line| line.starts_with("postgres:")).expect("the package makes the user");
    let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((fields.next().unwrap(), fields.next().unwrap()))
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
