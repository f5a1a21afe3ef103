//! The server on PostgreSQL: the same day as on SQLite, and a crash in it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::ours::Shop;
use crate::left_out::{Need, left_out};

/// A cluster in a temporary directory, on a UNIX socket alone; stopped when dropped.
struct Postgres {
    folder: TempDir,
    child: Child,
}

impl Postgres {
    fn start(test: &str) -> Option<Self> {
        let Some(programs) = newest() else {
            left_out(test, Need::Package("postgresql"));
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let program = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.current_dir("/").arg("-D").arg(folder.path().join("data")).stdin(Stdio::null());
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let made =
            program("initdb").args(["--auth=trust", "--username=notafter", "--no-sync"]).output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut child = program("postgres")
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off"])
            .env("LC_ALL", "C")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(log.any(|line| line.contains("ready to accept connections")), "PostgreSQL ended");
        // Nobody reads on: a full pipe would stop it.
        std::thread::spawn(move || log.for_each(drop));
        Some(Self { folder, child })
    }

    fn url(&self) -> String {
        let socket = self.folder.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://notafter@{socket}/postgres")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT ends it at once, with its children.
        drop(Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status());
        drop(self.child.wait());
    }
}

fn newest() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("postgres").exists()).max()
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package makes.
fn unprivileged() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:")).unwrap();
    let mut numbers = line.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((numbers.next().unwrap(), numbers.next().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_postgresql_issues_deploys_proves_and_survives_kill_9() {
    let test = "a_server_on_postgresql_issues_deploys_proves_and_survives_kill_9";
    let Some(postgres) = Postgres::start(test) else { return };
    let Some(shop) = Shop::new(test).await else { return };
    let duty = &shop.duty;
    duty.stage.set(&format!("database = {:?}", postgres.url()));
    let nginx = shop.nginx(1, None);
    duty.stage.resolve(nginx.port(), "127.0.0.1");
    let reload = nginx.reload_command();
    duty.begin(&shop.inventory(&nginx, &reload.each_ref().map(String::as_str)));
    let server = duty.serve();
    server.wait_for("/readyz", 200);
    let proven = |lineage: &Value, deployments: usize| {
        let rows = lineage["lineage"]["deployments"].as_array().unwrap();
        rows.len() == deployments && rows[0]["step"] == "proven"
    };
    let before = duty.until(&["status", "shop"], |lineage| proven(lineage, 1));
    assert_ne!(shop.on_disk(), shop.old);
    let inventory = duty.done(&["get"]);
    server.end("KILL");

    let server = duty.serve();
    server.wait_for("/readyz", 200);
    let after = duty.json(&["status", "shop"]);
    let kept = ["versions", "deployments", "failures", "orders"];
    for name in kept {
        assert_eq!(after["lineage"][name], before["lineage"][name], "{name}");
    }
    assert_eq!(duty.done(&["get"]), inventory);
    let first = shop.on_disk();
    assert!(duty.done(&["renew", "shop", "--force"]).contains("proven at every address"));
    assert_ne!(shop.on_disk(), first);
    let status = duty.json(&["status"]);
    assert_eq!(
        (&status["status"]["needs"], &status["status"]["server"]["state"]),
        (&json!([]), &json!("runs"))
    );
    assert_eq!(duty.unread(), [], "and not a word to anybody");
    let doctor = duty.json(&["doctor"]);
    let rows = doctor["rows"].as_array().unwrap();
    let database = rows.iter().find(|row| row["name"] == "database").unwrap();
    assert_eq!(database["verdict"], "ok", "{database}");
    assert!(!has_sqlite(&duty.stage.home("data")), "everything is in PostgreSQL");
}

fn has_sqlite(data: &Path) -> bool {
    let mut files = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name());
    files.any(|name| name.to_string_lossy().ends_with(".db"))
}
