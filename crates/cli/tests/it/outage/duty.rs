//! A server on duty, and the person whom it tells.
//!
//! The server's wall clock can be put forward (libfaketime), so that nobody has to wait for patience that is counted in
//! minutes: the pauses between proofs, the quarter of an hour before a recovery is believed. Its timers run on; whoever
//! puts the clock forward runs a command next, which wakes every loop.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use notafter_cert::Span;
use notafter_lab::smtp_sink::{self, Mail, SmtpSink};
use serde_json::{Value, json};

use crate::left_out::{Need, left_out};
use crate::machine::{Stage, has};
use crate::notafter::Ran;
use crate::serve::{PATIENCE, Serving};

/// Who is told.
pub(super) const ONCALL: &str = "oncall@shop.example";

/// Takes what a critical alert says on a second path, and tells nobody.
const SECOND_PATH: &str =
    "[[channel]]\nname = \"second\"\nkind = \"command\"\nprogram = \"/bin/true\"\nprove = \"never\"\n\n";

/// A machine, a server that looks after it, and the mailbox of its owner.
pub(super) struct Duty {
    pub(super) stage: Stage,
    mail: SmtpSink,
    read: Cell<usize>,
    library: PathBuf,
    ahead: Cell<Span>,
}

impl Duty {
    /// A machine with these (package, program) on it; `None` where something is missing, which was said then.
    pub(super) async fn new(test: &str, programs: &[(&str, &str)]) -> Option<Self> {
        let Some(library) = faketime() else {
            left_out(test, Need::Package("libfaketime"));
            return None;
        };
        if !has(test, programs) || !has(test, &[("curl", "/usr/bin/curl")]) {
            return None;
        }
        let stage = Stage::new(test).await?;
        let address = "127.0.0.1:0".parse().unwrap();
        let mail = SmtpSink::start(address, smtp_sink::Options::default()).await.unwrap();
        let duty = Self { stage, mail, read: Cell::new(0), library, ahead: Cell::new(Span::ZERO) };
        duty.pass(Span::ZERO);
        Some(duty)
    }

    /// Trusts what Pebble issues, and these roots.
    pub(super) fn trust(&self, more: &str) {
        let path = self.stage.home("roots.pem");
        fs::write(&path, self.stage.issuing_root() + more).unwrap();
        self.stage.set(&format!("trust = {path:?}"));
    }

    /// The server's clock shows so much more than before.
    pub(super) fn pass(&self, span: Span) {
        self.ahead.set(self.ahead.get() + span);
        let (new, path) = (self.stage.home("clock.new"), self.stage.home("clock"));
        fs::write(&new, format!("+{}\n", self.ahead.get().as_seconds())).unwrap();
        fs::rename(new, path).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.stage.command(arguments);
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.stage.home("clock"))
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
        command
    }

    /// What a person types.
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// As [`Duty::run`], and it goes well.
    pub(super) fn done(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    /// An inventory with the owner's mailbox in it; the way there is proved.
    pub(super) fn begin(&self, inventory: &str) {
        let port = self.mail.address().port();
        let people = format!(
            "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
             from = \"notafter@shop.example\"\n\n{SECOND_PATH}[[owner]]\nname = \"default\"\n\
             contacts = [{{ channel = \"mail\", to = \"{ONCALL}\" }}, {{ channel = \"second\" }}]\n\n"
        );
        let file = self.stage.home("inventory.toml");
        fs::write(&file, &people).unwrap();
        self.done(&["apply", file.to_str().unwrap(), "--yes"]);
        self.done(&["alert", "test"]);
        let [test] = self.mail.mails().try_into().unwrap();
        let body = test.body();
        let code = body.lines().find_map(|line| line.trim().strip_prefix("notafter alert confirm "));
        self.done(&["alert", "confirm", code.unwrap()]);
        self.read.set(1);
        fs::write(&file, people + inventory).unwrap();
        self.done(&["apply", file.to_str().unwrap(), "--yes"]);
    }

    /// Starts the server.
    pub(super) fn serve(&self) -> Serving {
        Serving::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }

    /// The next letter to the owner; the weekly digest is none.
    pub(super) async fn letter(&self) -> Letter {
        loop {
            let arriving = self.mail.wait_for(self.read.get() + 1);
            let Ok(mails) = tokio::time::timeout(PATIENCE, arriving).await else {
                panic!("no mail came; {}", self.run(&["status"]).out)
            };
            let letter = Letter::of(&mails[self.read.get()]);
            self.read.set(self.read.get() + 1);
            if !letter.subject.starts_with("DIGEST") {
                return letter;
            }
        }
    }

    /// Every letter that was not read yet.
    pub(super) fn unread(&self) -> Vec<Letter> {
        let mut letters: Vec<_> = self.mail.mails().iter().skip(self.read.get()).map(Letter::of).collect();
        letters.retain(|letter| !letter.subject.starts_with("DIGEST"));
        letters
    }

    /// A command's JSON.
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--format", "json"]].concat()).document()
    }

    /// Asks until the answer is this one: what the server does by itself shows in its answers.
    pub(super) fn until(&self, arguments: &[&str], holds: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.json(arguments);
            if holds(&answer) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{arguments:?} still answers {answer:#}");
        }
    }

    /// The outage is over: nothing holds any more, and after a quarter of an hour the owner is told, once.
    pub(super) async fn recovers(&self, wake: &[&str]) {
        self.until(&["alert", "list"], |listing| {
            let alerts = listing["result"]["alerts"].as_array().unwrap();
            !alerts.is_empty() && alerts.iter().all(|alert| alert["alert"]["quiet_since"] != json!(null))
        });
        assert_eq!(self.unread(), []);
        self.pass(Span::minutes(16));
        self.run(wake);
        let over = self.letter().await;
        assert!(over.subject.starts_with("RECOVERED shop"), "{over:#?}");
        assert_eq!(self.json(&["alert", "list"])["result"]["alerts"], json!([]));
        assert_eq!(self.unread(), []);
    }
}

/// What somebody reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) body: String,
}

impl Letter {
    fn of(mail: &Mail) -> Self {
        assert_eq!(mail.to, [ONCALL]);
        Self { subject: mail.header("Subject").unwrap(), body: mail.body() }
    }

    /// All of these stand in it.
    pub(super) fn says(&self, words: &[&str]) {
        for word in words {
            let said = self.body.contains(word) || self.subject.contains(word);
            assert!(said, "{word:?} is not in\n{}\n\n{}", self.subject, self.body);
        }
    }
}

/// What puts a program's clock forward.
pub(crate) fn faketime() -> Option<PathBuf> {
    let libraries = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    libraries.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).find(|library| library.exists())
}
