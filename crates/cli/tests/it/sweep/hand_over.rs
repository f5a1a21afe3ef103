//! `adopt --take-over` and `adopt --undo`, killed at every durable step: said again they are finished, and never do two
//! programs renew.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use notafter_cert::{Certificate, pem};
use notafter_keys::PrivateKey;

use super::stage::{can_trace, said};
use crate::adopt::certbot_has_a_second_version;
use crate::machine::{CERTBOT, CONF, NAME, Stage, has};
use crate::notafter::Ran;

/// Far more than one hand-over has of any step; a sweep that comes here does not end by itself.
const ENOUGH: u32 = 200;

/// A machine with an installation on it, and how both were at an instant.
struct Kept {
    stage: Stage,
    /// Of the machine and of the installation.
    copies: [(PathBuf, PathBuf); 2],
    /// certbot's settings before it was taken over.
    conf: Vec<u8>,
    /// What is served.
    newest: Vec<u8>,
    _folder: tempfile::TempDir,
}

/// What is to be killed, and what must hold after it was said again.
struct Swept<'a> {
    arguments: &'a [&'a str],
    /// What it says when everything was done before it was killed.
    done: &'a str,
    holds: fn(&Kept, &str),
}

const UNDO: Swept<'static> =
    Swept { arguments: &["adopt", "--undo", NAME], done: "was never taken over", holds: Kept::is_given_back };
const TAKE_OVER: Swept<'static> = Swept {
    arguments: &["adopt", "--take-over", NAME, "--yes", "--issuer-trust", "ca.pem"],
    done: "renews it already",
    holds: Kept::is_taken_over,
};

impl Kept {
    /// certbot renews it, and nothing of ours is there.
    async fn before(test: &str) -> Option<Self> {
        let stage = Stage::new(test).await?;
        stage.certbot_issues();
        stage.timer();
        Some(Self::of(stage))
    }

    /// certbot was taken over, and a certificate of ours lies in its place.
    async fn taken_over(test: &str) -> Option<Self> {
        let before = Self::before(test).await?;
        let stage = &before.stage;
        let trust = stage.ca();
        let taken = ["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()];
        for arguments in [&["--watch"][..], &taken] {
            let ran = stage.adopt(arguments);
            assert_eq!(ran.code, 0, "{}", ran.err);
        }
        // Nothing serves it here, so nothing can prove it.
        let renewed = stage.command(&["renew", NAME, "--force"]).output().unwrap();
        assert_eq!(renewed.status.code(), Some(3), "{}", said(&renewed));
        Some(Self { conf: before.conf, ..Self::of(before.stage) })
    }

    fn of(stage: Stage) -> Self {
        let conf = fs::read(stage.path(CONF)).unwrap_or_default();
        let newest = fs::read(live(&stage).join("fullchain.pem")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let copies =
            [(stage.path(""), folder.path().join("machine")), (stage.home(""), folder.path().join("home"))];
        for (from, to) in &copies {
            copy(from, to);
        }
        Self { stage, copies, conf, newest, _folder: folder }
    }

    /// Everything is as it was before the hand-over began.
    fn back(&self) {
        for (there, kept) in &self.copies {
            for entry in fs::read_dir(there).unwrap() {
                let path = entry.unwrap().path();
                let is_directory = !path.is_symlink() && path.is_dir();
                if is_directory { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
            }
            copy(kept, there);
        }
    }

    fn run(&self, swept: &Swept<'_>, before: &[&str]) -> Output {
        let plain = self.stage.command(swept.arguments);
        let line: Vec<&str> = before.iter().copied().chain([plain.get_program().to_str().unwrap()]).collect();
        let mut command = Command::new(line[0]);
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.args(&line[1..]).args(plain.get_args()).current_dir(self.stage.home(""));
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Whether notafter renews it.
    fn is_ours(&self) -> bool {
        let shown =
            Ran::from(self.stage.command(&["get", "lineage", NAME, "--format", "json"]).output().unwrap());
        shown.code == 0 && !shown.document()["inventory"]["lineage"][0]["issuer"].is_null()
    }

    /// One renewer at most; and what lies where a server reads is whole.
    fn is_sound(&self, when: &str) {
        let ours = self.is_ours();
        let theirs = fs::read(self.stage.path(CONF)).is_ok_and(|conf| conf == self.conf);
        assert!(!(ours && theirs), "{when}: both renew it");
        let directory = live(&self.stage);
        let key = PrivateKey::from_pem(&fs::read(directory.join("privkey.pem")).unwrap()).unwrap();
        let chain = pem::chain_from(&fs::read(directory.join("fullchain.pem")).unwrap()).unwrap();
        assert!(
            key.matches(&Certificate::parse(&chain[0]).unwrap()).is_ok(),
            "{when}: the pair does not fit"
        );
    }

    fn is_taken_over(&self, when: &str) {
        self.is_sound(when);
        assert!(self.is_ours() && !self.stage.path(CONF).exists(), "{when}");
        assert_eq!(fs::read(self.stage.path(&format!("{CONF}.notafter"))).unwrap(), self.conf, "{when}");
        let back = self.run(&UNDO, &["env"]);
        assert!(back.status.success(), "{when}: {}", said(&back));
        assert_eq!(fs::read(self.stage.path(CONF)).unwrap(), self.conf, "{when}: back to the byte");
    }

    fn is_given_back(&self, when: &str) {
        self.is_sound(when);
        assert_eq!(fs::read(self.stage.path(CONF)).unwrap(), self.conf, "{when}: to the byte");
        assert!(!self.stage.path(&format!("{CONF}.notafter")).exists(), "{when}: nothing lies aside");
        assert_eq!(fs::read(live(&self.stage).join("fullchain.pem")).unwrap(), self.newest, "{when}");
        for kind in ["cert", "chain", "fullchain", "privkey"] {
            let link = fs::read_link(live(&self.stage).join(format!("{kind}.pem"))).unwrap();
            assert_eq!(
                link,
                Path::new(&format!("../../archive/{NAME}/{kind}2.pem")),
                "{when}: certbot's next version"
            );
        }
        let mut left: Vec<_> =
            fs::read_dir(live(&self.stage)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["README", "cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"], "{when}");
    }

    /// Kills it at the first, second, ... of these calls until it ends by itself; gives how often.
    fn sweep(&self, swept: &Swept<'_>, calls: &str) -> u32 {
        for number in 1..ENOUGH {
            let when = format!("killed at {calls} number {number}");
            self.back();
            let (trace, inject) =
                (format!("trace={calls}"), format!("inject={calls}:signal=SIGKILL:when={number}"));
            let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
            let killed = self.run(swept, &strace);
            if killed.status.success() {
                (swept.holds)(self, "not killed");
                return number - 1;
            }
            assert_eq!(killed.status.signal(), Some(9), "{when}: {}", said(&killed));
            self.is_sound(&when);
            let again = self.run(swept, &["env"]);
            // It may have died after everything was done, before it could say so.
            let told = String::from_utf8_lossy(&again.stderr).into_owned();
            assert!(again.status.success() || told.contains(swept.done), "{when}: {}", said(&again));
            (swept.holds)(self, &when);
        }
        panic!("no end after {ENOUGH} calls of {calls}");
    }
}

fn live(stage: &Stage) -> PathBuf {
    stage.path("etc/letsencrypt/live").join(NAME)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
}

const SYNCS: &str = "fsync,fdatasync";
const CHANGES: &str = "?rename,?renameat,renameat2,?symlink,symlinkat,?link,linkat,?unlink,unlinkat";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_and_killed_anywhere_is_finished_when_said_again() {
    let test = "what_is_given_back_and_killed_anywhere_is_finished_when_said_again";
    if !has(test, &[CERTBOT]) || !can_trace(test) {
        return;
    }
    let Some(taken) = Kept::taken_over(test).await else { return };
    let syncs = taken.sweep(&UNDO, SYNCS);
    certbot_has_a_second_version(&taken.stage);
    assert!(syncs >= 8, "only {syncs} syncs by one thread");
    let changes = taken.sweep(&UNDO, CHANGES);
    assert!(changes >= 5, "only {changes} changes of a directory");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_over_and_killed_anywhere_is_finished_when_said_again() {
    let test = "what_is_taken_over_and_killed_anywhere_is_finished_when_said_again";
    if !has(test, &[CERTBOT]) || !can_trace(test) {
        return;
    }
    let Some(before) = Kept::before(test).await else { return };
    let watched = before.stage.adopt(&["--watch"]);
    assert_eq!(watched.code, 0, "{}", watched.err);
    let before = Kept::of(before.stage);
    let syncs = before.sweep(&TAKE_OVER, SYNCS);
    assert!(syncs >= 3, "only {syncs} syncs by one thread");
    let changes = before.sweep(&TAKE_OVER, CHANGES);
    assert!(changes >= 1, "only {changes} changes of a directory");
}
